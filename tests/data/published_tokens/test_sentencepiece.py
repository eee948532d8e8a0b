"""The cut is the best of all cuts, texts are made plain as the file and the family say, other models are refused."""

import json
import math
import unicodedata
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.data.published_tokens import folders
from tests.data.published_tokens.folders import COMMON, CONTROL, NORMAL, UNKNOWN, charsmap, field, model, write

from headwork.base.errors import HeadworkError
from headwork.data.published_tokens import load_published
from headwork.data.published_tokens.charsmap import check_charsmap
from headwork.data.published_tokens.files import read_bytes
from headwork.data.published_tokens.protobuf import parse
from headwork.data.tokenizers import TextTokenizer

MARKS = [("<unk>", 0.0, UNKNOWN), ("<s>", 0.0, CONTROL), ("</s>", 0.0, CONTROL)]


def best(text: str, scores: Mapping[str, float]) -> float:
    """The score of the best cut, by all pieces that end at each place; an unknown letter is 10 below the lowest."""
    unknown = min(scores.values()) - 10
    found = [0.0]
    for end in range(1, len(text) + 1):
        cuts = [found[start] + scores[text[start:end]] for start in range(end) if text[start:end] in scores]
        if text[end - 1] not in scores:
            cuts.append(found[end - 1] + unknown)
        found.append(max(cuts))
    return found[-1]


def score_of(tokens: list[tuple[str, str]], scores: Mapping[str, float]) -> float:
    """Of (token, its text); one unknown token may stand for several letters."""
    unknown = min(scores.values()) - 10
    return sum(len(text) * unknown if token == "<unk>" else scores[token] for token, text in tokens)


def cut(tokenizer: TextTokenizer, text: str) -> list[tuple[str, str]]:
    (found,) = tokenizer.encode([text])
    first, last = len(tokenizer.before), len(found.ids) - len(tokenizer.after)
    places = found.offsets[first:last]
    return [
        (token, text[start:end])
        for token, (start, end) in zip(tokenizer.tokens(found.ids[first:last]), places, strict=True)
    ]


def words(folder: Path, content: bytes, told: Mapping[str, object] | None = None) -> TextTokenizer:
    return load_published(
        write(folder, {"spiece.model": content, "tokenizer_config.json": json.dumps(told or {}).encode()})
    )


def tokens(tokenizer: TextTokenizer, text: str) -> list[str]:
    return [token for token, _ in cut(tokenizer, text)]


SCORES = st.floats(-16, -0.5, width=16)


@given(
    st.dictionaries(st.text("abc▁", min_size=1, max_size=4), SCORES, max_size=12),
    st.lists(st.text("abc", min_size=1, max_size=8), min_size=1, max_size=3).map(" ".join),
)
def test_the_cut_is_the_best_of_all(tmp_path_factory: pytest.TempPathFactory, pieces: dict, text: str) -> None:
    scores = {"▁": -3.0, **pieces}
    content = model([*MARKS, *((piece, score, NORMAL) for piece, score in scores.items())])
    tokenizer = words(tmp_path_factory.mktemp("model"), content)
    written = "▁" + text.replace(" ", "▁")
    spelt, place = [], 0
    for token, span in cut(tokenizer, text):
        end = place + len(span if token == "<unk>" else token)
        spelt.append((token, written[place:end]))
        place = end
    assert "".join(part for _, part in spelt) == written
    assert math.isclose(score_of(spelt, scores), best(written, scores), rel_tol=1e-9)


def test_the_cut_of_a_published_model(real_data: Path, tmp_path: Path) -> None:
    """Its pieces over the book that it was fitted on: no line has a better cut."""
    folder = real_data / "fixtures/sentencepiece"
    content = (folder / "test_model.model").read_bytes()
    tokenizer = words(tmp_path, content)
    scores = {
        piece.raw(1).decode(): piece.real(2, 0.0) for piece in parse(content).messages(1) if piece.integer(3, 1) == 1
    }
    lines = (folder / "botchan.txt").read_text(encoding="utf-8").splitlines()[::20]
    for line in lines:
        plain = unicodedata.normalize("NFKC", line)
        written = "▁" + "▁".join(plain.split(" ")) if (plain := " ".join(plain.split())) else ""
        found = tokens(tokenizer, line)
        if "<unk>" not in found:
            assert "".join(found) == written
            assert math.isclose(sum(scores[piece] for piece in found), best(written, scores), rel_tol=1e-9)
    assert len(lines) > 200


def test_a_text_that_begins_with_a_blank_of_its_own(tmp_path: Path) -> None:
    """▁ is a letter like any other, so that one more goes before it; at the end it goes, as blanks do."""
    tokenizer = words(tmp_path, folders.sentencepiece()["spiece.model"])
    assert tokens(tokenizer, "▁he") == ["▁", "▁he"]
    assert tokens(tokenizer, "he▁ ") == ["▁he"]
    assert tokens(tokenizer, "he \r he") == ["▁he", "▁", "<unk>", "▁he"]
    assert tokens(tokenizer, "▁") == []


def test_what_the_file_says_of_blanks(tmp_path: Path) -> None:
    def read(rules: bytes) -> TextTokenizer:
        return words(tmp_path, model([*MARKS, *COMMON], rules=rules))

    assert tokens(read(field(3, 0)), "he he") == ["he", "▁he"]
    assert tokens(read(field(4, 0)), " he  he ") == ["▁", "▁he", "▁", "▁he", "▁"]
    with pytest.raises(HeadworkError, match="blanks are no pieces"):
        read(field(5, 0))


def test_letters_are_made_plain_by_the_table(tmp_path: Path) -> None:
    tokenizer = words(tmp_path, folders.sentencepiece()["spiece.model"])
    assert cut(tokenizer, "ﬁ\u3000a\ta") == [
        ("▁", "ﬁ"),
        ("f", "ﬁ"),
        ("i", "ﬁ"),
        ("▁", "\u3000"),
        ("a", "a"),
        ("▁", "\t"),
        ("a", "a"),
    ]


def test_special_pieces_are_text(tmp_path: Path) -> None:
    """Cut as the original cuts: the best way that does not use the special piece, unknown neighbours as one."""
    tokenizer = words(tmp_path, folders.sentencepiece()["spiece.model"])
    assert cut(tokenizer, "a <s> a") == [
        ("▁", "a"),
        ("a", "a"),
        ("▁<", " <"),
        ("s", "s"),
        ("<unk>", ">"),
        ("▁", " "),
        ("a", "a"),
    ]
    assert tokens(tokenizer, "ö</s>") == ["▁", "<unk>", "<", "<unk>", "s", "<unk>"]


def test_special_pieces_are_cut_beside_a_known_letter(tmp_path: Path) -> None:
    """Of "</s>" here only s is known: what is unknown before it stays one token, as in any other word."""
    tokenizer = words(tmp_path, model([*MARKS, ("▁", -1.0, NORMAL), ("s", -1.0, NORMAL)]))
    assert cut(tokenizer, "s </s>") == [
        ("▁", "s"), ("s", "s"), ("▁", " "), ("<unk>", "</"), ("s", "s"), ("<unk>", ">"),
    ]  # fmt: skip


def test_albert(tmp_path: Path) -> None:
    """Small letters and no accents unless told otherwise; straight quotes; symbols and commas by themselves."""
    content = folders.albert()["spiece.model"]
    assert tokens(words(tmp_path, content), "HÉ  ``a'' 11,(a).") == [
        "▁he", "▁", '"', "a", '"', "▁", "1", "1", ",", "(", "a", ")", ".",
    ]  # fmt: skip
    assert tokens(words(tmp_path, content, {"do_lower_case": False}), "HÉ") == ["▁", "<unk>"]
    assert tokens(words(tmp_path, content, {"keep_accents": True}), "Hé") == ["▁", "<unk>"]
    assert tokens(words(tmp_path, content, {"do_lower_case": True}), "Hé") == ["▁he"]


def test_xlnet(tmp_path: Path) -> None:
    content = folders.xlnet()["spiece.model"]
    assert tokens(words(tmp_path, content), "hé ``1,''") == ["▁he", "▁", '"', "1", ",", '"']
    assert tokens(words(tmp_path, content), "HE") == ["▁", "<unk>"]
    assert tokens(words(tmp_path, content, {"do_lower_case": True}), "HE") == ["▁he"]
    assert tokens(words(tmp_path, content), "he\n\the") == ["▁he", "▁he"]
    assert "<eop>" not in tokens(words(tmp_path, content), "a<eop>")


def test_other_models_keep_accents_quotes_and_numbers(tmp_path: Path) -> None:
    tokenizer = words(tmp_path, folders.sentencepiece()["spiece.model"], {"do_lower_case": True})
    assert tokens(tokenizer, "HE") == ["▁", "<unk>"]
    assert tokens(tokenizer, "1,") == ["▁", "1,"]


def test_the_numbers_of_fairseq(tmp_path: Path) -> None:
    found = load_published(write(tmp_path, folders.xlm_roberta()))
    assert found.tokens(range(6)) == ["<s>", "<pad>", "</s>", "<unk>", "▁", "▁he"]
    assert found.tokens([found.vocabulary - 1]) == ["<mask>"]
    assert found.encode(["heö"])[0].ids == [0, 5, 3, 2]
    for other in ("camembert", "mbart"):
        (tmp_path / "config.json").write_text(json.dumps({"model_type": other}))
        with pytest.raises(HeadworkError, match=f"'{other}', which numbers its pieces in its own way"):
            load_published(tmp_path)
    (tmp_path / "config.json").unlink()
    (tmp_path / "sentencepiece.bpe.model").write_bytes(model([*MARKS[::-1], *COMMON]))
    with pytest.raises(HeadworkError, match="its first pieces are not <unk>, <s> and </s>"):
        load_published(tmp_path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (model([*MARKS, *COMMON], trainer=field(3, 2)), "not a unigram model"),
        (model([*MARKS, *COMMON], trainer=field(24, 1)), "blanks stand behind words"),
        (model(COMMON), "not one piece that stands for what is unknown"),
        (model([*MARKS, *MARKS]), "not one piece that stands for what is unknown"),
        (model([*MARKS, ("<0x00>", 0.0, 6)]), "of kind 6"),
        (model([*MARKS, ("x", 0.0, 5)]), "of kind 5"),
        (model([*MARKS, ("x", math.nan, NORMAL)]), "has the score nan"),
        (model([*MARKS, ("x", -math.inf, NORMAL)]), "has the score -inf"),
        (model([*MARKS, ("x", -1.0, NORMAL), ("x", -2.0, NORMAL)]), "no token has the id 3"),
        (model([*MARKS, ("", -1.0, NORMAL)]), "is empty"),
        (b"", "not one piece"),
        (field(1, 5), "wire type 0, expected 2"),
        (field(1, field(1, 7)), "wire type 0, expected 2"),
        (field(1, field(1, "x") + field(2, 7)), "wire type 0, expected 5"),
        (field(1, field(1, b"\xff")), "utf-8"),
        (b"\x0a\xff\xff\xff\xff\x7f", "cut off: field 1 says 34,359,738,367 bytes, 0 are there"),
        (b"\x0b", "wire type 3, which none has"),
        (b"\x80" * 11, "more than ten bytes"),
        (b"\x80", "cut off inside a number"),
    ],
)
def test_other_and_damaged_models_are_refused(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(HeadworkError, match=r"spiece\.model: ") as raised:
        words(tmp_path, content)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


@given(
    st.lists(
        st.tuples(
            st.integers(1, 1 << 28),
            st.integers(0, (1 << 64) - 1) | st.binary(max_size=300) | st.floats(width=32, allow_nan=False),
        ),
        max_size=8,
    )
)
def test_messages_are_read_as_they_were_written(written: list[tuple[int, int | bytes | float]]) -> None:
    message = parse(b"".join(field(number, value) for number, value in written))
    for number, value in {number: value for number, value in written}.items():
        if isinstance(value, float):
            assert message.real(number, -1.0) == value
        elif isinstance(value, int):
            assert message.integer(number, -1) == value
        else:
            assert message.raw(number) == value
    assert parse(b"").raw(1) == b""
    assert (parse(b"").integer(1, 5), parse(b"").real(1, 0.5)) == (5, 0.5)


@given(st.binary(max_size=80))
def test_any_bytes_are_a_message_or_a_value_error(content: bytes) -> None:
    try:
        message = parse(content)
    except ValueError:
        return
    values = [value for found in message.fields.values() for _, value in found]
    assert sum(len(value) for value in values if isinstance(value, bytes)) <= len(content)


def test_tables_of_characters(real_data: Path) -> None:
    """Sound ones pass; each kind of damage is seen before the library walks through the table."""
    published = parse(read_bytes(real_data / "fixtures/sentencepiece/test_model.model")).message(3).raw(2)
    check_charsmap(published)
    good = charsmap({"ﬁ": "fi", "é": "ö"})
    check_charsmap(good)

    def changed(unit: int, value: int) -> bytes:
        return good[: 4 + 4 * unit] + value.to_bytes(4, "little") + good[8 + 4 * unit :]

    units = int.from_bytes(good[:4], "little") // 4
    leaf = next(u for u in range(units) if good[4 + 4 * u + 3] & 0x80)
    for bad in (
        b"", good[:3], good[:500], (1 << 31).to_bytes(4, "little") + good[4:], good + b"\xff",
        changed(0, 0x7FFFFF << 8), changed(0, 0x3FFFFF << 10), changed(leaf, 1 << 31 | 1_000),
        changed(leaf, 1 << 31 | (len(b"fi\0") + 1)),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=r"table of characters|utf-8"):
            check_charsmap(bad)
