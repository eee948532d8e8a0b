"""Every kind of folder: framed by what its vocabulary has, texts stay texts, offsets point at what tokens stand for."""

import functools
import json
import tempfile
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.data.published_tokens import folders
from tests.data.published_tokens.folders import KINDS, ODD, SPECIAL_NAMES, write

from headwork.base.errors import HeadworkError
from headwork.data.published_tokens import load_published
from headwork.data.tokenizers import TextTokenizer
from headwork.tasks.reading import TextReader

FRAMES = {
    "wordpiece": (["[CLS]"], ["[SEP]"]),
    "gpt2": ([], []),
    "roberta": (["<s>"], ["</s>"]),
    "clip": (["<|startoftext|>"], ["<|endoftext|>"]),
    "clip-two-files": (["<|startoftext|>"], ["<|endoftext|>"]),
    "sentencepiece": (["<s>"], ["</s>"]),
    "albert": (["[CLS]"], ["[SEP]"]),
    "xlnet": ([], ["<sep>", "<cls>"]),
    "xlm-roberta": (["<s>"], ["</s>"]),
    "library": (["<s>"], ["</s>"]),
}
TEXTS = st.text(max_size=30) | st.lists(st.sampled_from([*ODD, *SPECIAL_NAMES, " "]), max_size=4).map("".join)


@functools.cache
def tokenizer(kind: str) -> TextTokenizer:
    with tempfile.TemporaryDirectory() as folder:
        return load_published(write(Path(folder), KINDS[kind]()))


def inside(kind: str, text: str) -> tuple[list[int], list[tuple[int, int]]]:
    """The tokens of the text itself and what they stand for, the frame taken off."""
    (found,) = tokenizer(kind).encode([text])
    assert len(found.ids) == len(found.offsets)
    first, end = len(tokenizer(kind).before), len(found.ids) - len(tokenizer(kind).after)
    return found.ids[first:end], found.offsets[first:end]


def tokens(kind: str, text: str) -> list[str]:
    return tokenizer(kind).tokens(inside(kind, text)[0])


@pytest.mark.parametrize("kind", KINDS)
def test_a_text_is_framed_by_what_the_vocabulary_has(kind: str) -> None:
    before, after = FRAMES[kind]
    (found,) = tokenizer(kind).encode([""])
    assert tokenizer(kind).tokens(found.ids) == [*before, *after]
    assert found.offsets == [(0, 0)] * len(found.ids)
    assert tokenizer(kind).tokens(tokenizer(kind).before) == before


@pytest.mark.parametrize("kind", KINDS)
def test_a_text_that_is_cut_keeps_its_end(kind: str) -> None:
    _, after = FRAMES[kind]
    (row,) = TextReader(tokenizer(kind), 6, False).read(["low hello lower, low hello lower"]).ids
    (whole,) = tokenizer(kind).encode(["low hello lower, low hello lower"])
    assert len(row) == 6
    assert tokenizer(kind).tokens(row[6 - len(after) :]) == after
    assert row[: 6 - len(after)] == whole.ids[: 6 - len(after)]


@pytest.mark.parametrize("kind", KINDS)
@given(text=TEXTS)
def test_no_text_becomes_a_special_token(kind: str, text: str) -> None:
    """Unknown letters become the unknown token, but never the letters of its name."""
    for token, (start, end) in zip(tokens(kind, text), inside(kind, text)[1], strict=True):
        if token in SPECIAL_NAMES:
            assert token in ("[UNK]", "<unk>")
            assert token not in text[start:end]


@pytest.mark.parametrize("kind", KINDS)
def test_the_names_of_special_tokens_are_text(kind: str) -> None:
    """Written alone, within words, and in letters that are made plain into them."""
    for name in SPECIAL_NAMES:
        for text in (name, f"a {name} he", f"he{name}a", name.replace("<", "＜"), name * 3, name.lower()):
            found, offsets = inside(kind, text)
            marks = zip(tokenizer(kind).tokens(found), offsets, strict=True)
            assert all(
                token != name or (token[1:4].lower() == "unk" and end - start < 5) for token, (start, end) in marks
            )
            assert len(found) > 1 or len(text) < 3, (kind, text)


@pytest.mark.parametrize("kind", KINDS)
@given(text=TEXTS)
def test_offsets_are_in_the_text_and_in_order(kind: str, text: str) -> None:
    _, offsets = inside(kind, text)
    assert all(0 <= start <= end <= len(text) for start, end in offsets)
    assert [start for start, _ in offsets] == sorted(start for start, _ in offsets)


@pytest.mark.parametrize("kind", ["gpt2", "roberta"])
@given(text=TEXTS)
def test_pairs_of_bytes_give_any_text_back(kind: str, text: str) -> None:
    found, offsets = inside(kind, text)
    assert tokenizer(kind).decode(found) == text
    for number, (start, end) in zip(found, offsets, strict=True):
        written = tokenizer(kind).decode([number])
        if "\ufffd" not in written:  # a token may be a part of a letter
            assert text[start:end] == written


WRITTEN = st.lists(st.sampled_from([*"abdehlorstw,.[] ", "hello", "LOW", "é", "Ô", "日", "ﬁ"]), max_size=20).map(
    "".join
)


@given(text=WRITTEN)
def test_offsets_of_pieces_of_words(text: str) -> None:
    for token, (start, end) in zip(tokens("wordpiece", text), inside("wordpiece", text)[1], strict=True):
        plain = unicodedata.normalize("NFD", text[start:end].lower())
        if token != "[UNK]":
            assert token.removeprefix("##") == "".join(c for c in plain if unicodedata.category(c) != "Mn")


@given(text=WRITTEN)
def test_offsets_of_clip(text: str) -> None:
    for token, (start, end) in zip(tokens("clip", text), inside("clip", text)[1], strict=True):
        if token.isascii():
            assert token.removesuffix("</w>") == text[start:end].lower()


@given(text=WRITTEN)
def test_offsets_of_sentencepiece(text: str) -> None:
    """A token stands for its letters, and for the blanks before them; the first ▁ may stand for nothing."""
    for token, (start, end) in zip(tokens("sentencepiece", text), inside("sentencepiece", text)[1], strict=True):
        if token not in ("<unk>", "▁"):
            assert token.removeprefix("▁") == text[start:end].replace("ﬁ", "fi").lstrip(" ") or "ﬁ" in text[start:end]


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_decoded(kind: str) -> None:
    (found,) = tokenizer(kind).encode(["low hello"])
    assert tokenizer(kind).decode(found.ids) == "low hello"


@pytest.mark.parametrize("kind", KINDS)
def test_a_saved_tokenizer_is_the_same(kind: str, tmp_path: Path) -> None:
    """By headwork's own reader, and as a published file."""
    tokenizer(kind).save(tmp_path / "tokenizer.json")
    texts = [*ODD, *SPECIAL_NAMES]
    for loaded in (TextTokenizer.load(tmp_path / "tokenizer.json"), load_published(tmp_path)):
        assert loaded.encode(texts) == tokenizer(kind).encode(texts)
        assert loaded.vocabulary == tokenizer(kind).vocabulary


def test_clip_in_one_file_and_in_two() -> None:
    for text in [*ODD, "Low hello's  HE"]:
        assert inside("clip", text) == inside("clip-two-files", text)


def test_clip_makes_texts_plain() -> None:
    assert tokens("clip", "HELLO’s &amp;lt;") == ["hello</w>", "'s</w>", "<</w>"]


def test_the_order_in_which_files_are_looked_for(tmp_path: Path) -> None:
    """Each file that is put beside those that come after it is read in their place."""
    seen = []
    for kind in ("xlnet", "clip", "gpt2", "roberta", "wordpiece", "library"):
        seen.append(load_published(write(tmp_path, KINDS[kind]())).vocabulary)
    assert seen == [tokenizer(kind).vocabulary for kind in ("xlnet", "clip", "gpt2", "roberta", "wordpiece", "library")]
    assert len(set(seen)) == len(seen)


@pytest.mark.row("BE01")
@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (None, ["H", "low"]),
        ({"do_lower_case": None}, ["H", "low"]),
        ({"do_lower_case": False}, ["H", "low"]),
        ({"do_lower_case": True}, ["h", "low"]),
    ],
)
def test_capitals_of_pieces_of_words(tmp_path: Path, told: dict | None, expected: list[str]) -> None:
    """A vocabulary that has capitals keeps them, unless the folder says otherwise."""
    content = folders.words()["vocab.txt"] + b"H\nhe\nHe\n"
    write(
        tmp_path,
        {"vocab.txt": content, **({} if told is None else {"tokenizer_config.json": json.dumps(told).encode()})},
    )
    found = load_published(tmp_path)
    assert found.tokens(found.encode(["H low"])[0].ids)[1:-1] == expected


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({}, ["a", "日", "low"]),
        ({"strip_accents": False}, ["[UNK]", "日", "low"]),
        ({"tokenize_chinese_chars": False}, ["a", "日", "##l", "##o", "##w"]),
        ({"do_lower_case": False}, ["[UNK]", "日", "low"]),
        ({"do_lower_case": False, "strip_accents": True}, ["a", "日", "low"]),
    ],
)
def test_accents_and_chinese_of_pieces_of_words(tmp_path: Path, told: dict, expected: list[str]) -> None:
    write(tmp_path, {**folders.words(), "tokenizer_config.json": json.dumps(told).encode()})
    found = load_published(tmp_path)
    assert found.tokens(found.encode(["ä 日low"])[0].ids)[1:-1] == expected


def test_a_blank_before_the_first_word(tmp_path: Path) -> None:
    assert tokens("roberta", "low") == ["low"]
    found = load_published(
        write(tmp_path, {**folders.roberta(), "tokenizer_config.json": b'{"add_prefix_space":true}'})
    )
    assert found.tokens(found.encode(["low"])[0].ids) == ["<s>", "Ġlow", "</s>"]


def test_a_frame_of_one_and_one_only(tmp_path: Path) -> None:
    assert tokenizer("roberta").frame == (0, 2)
    for kind in ("gpt2", "xlnet"):
        with pytest.raises(HeadworkError, match="does not open and close texts"):
            assert tokenizer(kind).frame
