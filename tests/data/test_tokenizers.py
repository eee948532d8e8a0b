"""Token ids are those of BERT, offsets give the text back, fitting is deterministic, and no text is a special token."""

import functools
import itertools
import json
import os
import subprocess
import sys
import unicodedata
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwork.base.about import CLOSE, OPEN, marked
from headwork.base.errors import HeadworkError
from headwork.data.published_tokens import load_published
from headwork.data.tokenizers import TextTokenizer, fit_bpe, fit_wordpiece, fit_words

HARD = [
    "Hello world", "  leading and trailing  ", "don't", "naïve CAFÉ résumé", "İstanbul ŞİŞLİ Straße ﬁne",
    "日本語のテキスト。漢字", "שָׁלוֹם עולם", "Привет, мир!", "한국어 텍스트", "emoji 😀👩\u200d👧 ok", "", "  \n ",
    "1,234.5e-6", "tabs\tand\r\nlines\x00\ufffd\u200b\u00ad\x07end", "a" * 99, "b" * 100, "c" * 101,
    "e\u0301 o\u0308", "[MASK] is [SEP] not [CLS] special [PAD] [UNK] [unused1]", "x_y-z/w@q.com $5.00 100%",
    "«quoted» „text“ ‚so‘ …",
    "\u3000full\u2028width", "\U0002f800\U00020000", "\ue000private\U000f0001use", "a\u0300\u0301\u0302b",
]  # fmt: skip


class Reference:
    """WordPiece as BERT published it, written out plainly: clean, split, lower, strip accents, longest match first."""

    def __init__(self, vocabulary: dict[str, int]):
        self.vocabulary = vocabulary

    def ids(self, text: str) -> list[int]:
        clean = "".join(
            " " if self.is_space(c) else c
            for c in text
            if c not in "\0\ufffd" and (self.is_space(c) or unicodedata.category(c)[0] != "C")
        )
        spaced = "".join(f" {c} " if self.is_cjk(ord(c)) else c for c in clean)
        plain = "".join(c for c in unicodedata.normalize("NFD", spaced.lower()) if unicodedata.category(c) != "Mn")
        words = "".join(f" {c} " if self.is_punctuation(c) else c for c in plain).split(" ")
        return [token for word in words if word.strip() for token in self.pieces(word.strip())]

    def pieces(self, word: str) -> list[int]:
        if len(word) > 100:
            return [self.vocabulary["[UNK]"]]
        found, start = [], 0
        while start < len(word):
            ends = [end for end in range(len(word), start, -1) if self.written(word, start, end) in self.vocabulary]
            if not ends:
                return [self.vocabulary["[UNK]"]]
            found.append(self.vocabulary[self.written(word, start, ends[0])])
            start = ends[0]
        return found

    @staticmethod
    def written(word: str, start: int, end: int) -> str:
        return ("##" if start else "") + word[start:end]

    @staticmethod
    def is_space(c: str) -> bool:
        return c in "\t\n\r" or unicodedata.category(c) == "Zs" or c in "\u2028\u2029"

    @staticmethod
    def is_punctuation(c: str) -> bool:
        return (c.isascii() and c.isprintable() and not c.isalnum() and c != " ") or unicodedata.category(c)[0] == "P"

    @staticmethod
    def is_cjk(code: int) -> bool:
        ranges = [
            (0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F), (0x2B740, 0x2B81F),
            (0x2B820, 0x2CEAF), (0xF900, 0xFAFF), (0x2F800, 0x2FA1F),
        ]  # fmt: skip
        return any(first <= code <= last for first, last in ranges)


def vocabulary_of(tokenizer: TextTokenizer) -> dict[str, int]:
    return {token: place for place, token in enumerate(tokenizer.tokens(range(tokenizer.vocabulary)))}


@pytest.fixture(scope="session")
def words(stdlib_texts: list[str]) -> TextTokenizer:
    return fit_words(stdlib_texts)


@pytest.fixture(scope="session")
def pieces(stdlib_texts: list[str]) -> TextTokenizer:
    return fit_wordpiece(stdlib_texts + HARD * 3, size=2_000)


@pytest.fixture(scope="session")
def bert(minilm_folder: Path) -> TextTokenizer:
    return load_published(minilm_folder)


@pytest.mark.row("BE01")
def test_ids_are_those_of_the_reference(bert: TextTokenizer, pieces: TextTokenizer, stdlib_texts: list[str]) -> None:
    lines = HARD + [line for text in stdlib_texts for line in text.splitlines()][:3_000]
    for tokenizer in (bert, pieces):
        vocabulary = vocabulary_of(tokenizer)
        reference = Reference(vocabulary)
        for line, found in zip(lines, tokenizer.encode(lines), strict=True):
            assert found.ids == [vocabulary["[CLS]"], *reference.ids(line), vocabulary["[SEP]"]], line


def test_no_text_becomes_a_special_token(words: TextTokenizer, pieces: TextTokenizer, bert: TextTokenizer) -> None:
    text = "[CLS] [SEP] [MASK] [PAD] a[SEP]b [sep]"
    for tokenizer in (words, pieces, bert):
        (found,) = tokenizer.encode([text])
        inside = found.ids[1:-1] if tokenizer.after else found.ids
        assert not {"[CLS]", "[SEP]", "[MASK]", "[PAD]"} & set(tokenizer.tokens(inside))


@given(st.text(max_size=40))
def test_offsets_are_in_the_text_and_in_order(words: TextTokenizer, pieces: TextTokenizer, text: str) -> None:
    for tokenizer in (words, pieces):
        (found,) = tokenizer.encode([text])
        inside = found.offsets[1:-1] if tokenizer.after else found.offsets
        assert len(found.ids) == len(found.offsets)
        assert all(0 <= start <= end <= len(text) for start, end in inside)
        assert inside == sorted(inside)


def test_offsets_give_the_words_back(words: TextTokenizer, bert: TextTokenizer) -> None:
    text = "Ünïcode 😀 Return the VALUE, don't"
    (found,) = words.encode([text])
    assert [text[start:end] for start, end in found.offsets] == [
        "Ünïcode",
        "😀",
        "Return",
        "the",
        "VALUE",
        ",",
        "don",
        "'",
        "t",
    ]
    (found,) = bert.encode([text])
    assert found.offsets[0] == found.offsets[-1] == (0, 0)
    assert "".join(text[start:end] for start, end in found.offsets) == text.replace(" ", "")


def test_special_ids(words: TextTokenizer, pieces: TextTokenizer) -> None:
    assert words.tokens([0, 1]) == ["[PAD]", "[UNK]"]
    assert pieces.tokens([0, 1, 2, 3]) == ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    assert (words.before, words.after) == ((), ())
    assert (pieces.before, pieces.after) == ((2,), (3,))
    assert words.encode(["", " \n "])[0].ids == words.encode([" "])[0].ids == []
    assert pieces.encode([""])[0].ids == [2, 3]


def test_words_are_the_most_frequent_ones() -> None:
    texts = ["b b b a a c c d", "B, a"]
    assert vocabulary_of(fit_words(texts)) == {"[PAD]": 0, "[UNK]": 1, "b": 2, "a": 3, "c": 4}
    assert vocabulary_of(fit_words(texts, size=4)) == {"[PAD]": 0, "[UNK]": 1, "b": 2, "a": 3}
    assert vocabulary_of(fit_words(texts, minimum=4)) == {"[PAD]": 0, "[UNK]": 1, "b": 2}
    assert fit_words(texts).encode(["B, z"])[0].ids == [2, 1, 1]


def by_counting(texts: list[str], size: int) -> list[str]:
    """The pieces that joining the most frequent pair over and over gives, by counting anew each time."""
    counts = Counter(word for text in texts for word in text.split())
    split = {word: [word[0], *(f"##{letter}" for letter in word[1:])] for word in counts}
    found = sorted({piece for piece_list in split.values() for piece in piece_list}, key=lambda p: (p[:2] == "##", p))
    while len(found) < size:
        pairs = Counter()
        for word, parts in split.items():
            for pair in itertools.pairwise(parts):
                pairs[pair] += counts[word]
        best = min(pairs, key=lambda pair: (-pairs[pair], found.index(pair[0]), found.index(pair[1])), default=None)
        if best is None or pairs[best] < 2:
            break
        joined = best[0] + best[1].removeprefix("##")
        found.append(joined)
        for parts in split.values():
            for place in range(len(parts) - 1):
                if tuple(parts[place : place + 2]) == best:
                    parts[place : place + 2] = [joined, ""]
            parts[:] = [part for part in parts if part]
    return found


@given(st.lists(st.lists(st.text("abc", min_size=1, max_size=6), max_size=6).map(" ".join), min_size=1, max_size=8))
def test_pieces_are_those_found_by_counting(texts: list[str]) -> None:
    found = fit_wordpiece(texts, size=40)
    assert found.tokens(range(4, found.vocabulary)) == by_counting(texts, 36)


def test_fitting_does_not_depend_on_the_process_or_the_order(stdlib_texts: list[str]) -> None:
    code = (
        "from pathlib import Path\n"
        "from headwork.data.stdlib import docstrings\n"
        "from headwork.data.tokenizers import fit_wordpiece\n"
        "fit_wordpiece(docstrings().columns['text'][::-1], size=1_000).save(Path('/dev/stdout'))\n"
    )
    expected = vocabulary_of(fit_wordpiece(stdlib_texts, size=1_000))
    for parallel in ("true", "false"):
        environment = {**os.environ, "TOKENIZERS_PARALLELISM": parallel}
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
        assert json.loads(done.stdout)["model"]["vocab"] == expected


def test_a_saved_tokenizer_is_the_same(
    words: TextTokenizer, pieces: TextTokenizer, bert: TextTokenizer, tmp_path: Path
) -> None:
    for tokenizer in (words, pieces, bert):
        tokenizer.save(tmp_path / "tokenizer.json")
        loaded = TextTokenizer.load(tmp_path / "tokenizer.json")
        assert loaded.encode(HARD) == tokenizer.encode(HARD)
        assert (loaded.vocabulary, loaded.before, loaded.after) == (
            tokenizer.vocabulary,
            tokenizer.before,
            tokenizer.after,
        )


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b'{"model": {"type": "WordPiece"}}', b"\xff", b"\x80\x04}."])
def test_a_damaged_tokenizer_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "tokenizer.json").write_bytes(content)
    with pytest.raises(HeadworkError, match="no tokenizer can be read"):
        TextTokenizer.load(tmp_path / "tokenizer.json")


@pytest.mark.row("TR08")
@given(text=st.text(max_size=60))
def test_byte_pairs_give_any_text_back(text: str) -> None:
    tokenizer = _byte_pairs()
    (encoded,) = tokenizer.encode([text])
    first, last = tokenizer.frame
    assert (encoded.ids[0], encoded.ids[-1]) == (first, last)
    assert tokenizer.decode(encoded.ids) == text


@functools.cache
def _byte_pairs():
    return fit_bpe(["the lowest of the low", "a newer, wider Straße", "[SEP] is text"] * 5, size=300)


@pytest.mark.row("TR08")
def test_byte_pairs_join_what_stands_together_most_often() -> None:
    """The example of Sennrich et al. 2016: in low, lowest, newer, wider the pair e r is the most frequent."""
    words = ["low"] * 5 + ["lowest"] * 2 + ["newer"] * 6 + ["wider"] * 3
    tokens = fit_bpe([" ".join(words)], size=4 + 256 + 3).encode([" newer"])[0].ids
    assert "er" in fit_bpe([" ".join(words)], size=4 + 256 + 3).tokens(tokens)[-2]


def test_special_words_in_a_text_stay_text() -> None:
    tokenizer = _byte_pairs()
    (encoded,) = tokenizer.encode(["[SEP] [CLS] [PAD]"])
    assert not set(tokenizer.frame) & set(encoded.ids[1:-1])
    assert 0 not in encoded.ids


ASKED = ["Acme fell while Bor rose.", "אקמי נפלה", "[E] Acme [/E] is [unused0] Acme [unused1]", "naïve Acmé"]


@pytest.mark.row("UL13")
@given(st.sampled_from(ASKED), st.lists(st.integers(0, 40), max_size=4, unique=True))
def test_marks_are_tokens_around_what_they_mark(text, edges):
    edges = sorted(edge for edge in edges if edge <= len(text))
    places = [(start, end) for start, end in zip(edges[::2], edges[1::2], strict=False)]
    whole = marked(text, places)
    for tokenizer in marking():
        assert tokenizer.marks is not None
        (plainly, asked) = tokenizer.encode([text, whole])
        kept = [place for place, token in enumerate(asked.ids) if token not in tokenizer.marks]
        assert [asked.ids[place] for place in kept] == plainly.ids
        assert not set(tokenizer.marks) & set(plainly.ids)
        assert [token for token in asked.ids if token in tokenizer.marks] == list(tokenizer.marks) * len(places)
        inside = 0
        for token, (start, end) in zip(asked.ids, asked.offsets, strict=True):
            inside += (token == tokenizer.marks[0]) - (token == tokenizer.marks[1])
            if end > start:
                middle = [place for place in range(start, end) if whole[place] not in (OPEN, CLOSE)]
                touches = any(whole[:place].count(OPEN) > whole[:place].count(CLOSE) for place in middle)
                assert touches == bool(inside)
        bare_offsets = [asked.offsets[place] for place in kept]
        assert [without_marks(whole[start:end]) for start, end in bare_offsets] == [
            text[a:b] for a, b in plainly.offsets
        ]


def without_marks(text: str) -> str:
    return text.replace(OPEN, "").replace(CLOSE, "")


@functools.cache
def marking() -> list[TextTokenizer]:
    found = [fit_words(ASKED * 2), fit_wordpiece(ASKED * 2)]
    for tokenizer in found:
        tokenizer.add_marks()
    return found


def test_marks_are_kept_with_a_tokenizer(tmp_path):
    for tokenizer in marking():
        tokenizer.save(tmp_path / "tokenizer.json")
        loaded = TextTokenizer.load(tmp_path / "tokenizer.json")
        whole = marked(ASKED[0], [(0, 4)])
        assert loaded.marks == tokenizer.marks and loaded.encode([whole]) == tokenizer.encode([whole])


def test_the_published_encoder_marks_with_what_it_left_free(minilm_folder):
    tokenizer = load_published(minilm_folder)
    asked, forged = tokenizer.encode([marked("Acme fell", [(0, 4)]), "[unused0] Acme [unused1] fell"])
    assert tokenizer.tokens(asked.ids)[1:-1][0] == "[unused0]" and "[unused1]" in tokenizer.tokens(asked.ids)
    assert not {"[unused0]", "[unused1]"} & set(tokenizer.tokens(forged.ids))
