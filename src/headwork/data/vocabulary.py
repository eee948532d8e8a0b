"""The tokens of a language model: a running text to numbers and back, letter for letter.

    characters   each character that the training side holds
    bytes        the bytes of UTF-8: 256 tokens for any text
    words        what stands between blanks, each with the blank before it, and every other blank by itself
    marked-words words in lower case without blanks, and marks (`headwork.data.marked_words`): not to the letter
    bpe          pairs of bytes joined by how often they stand together (Sennrich et al. 2016; Radford et al. 2019)
    intensities  the 256 values of a picture, which is a text of them (`headwork.data.picture_text`)

Token 0 opens a document, token 1 stands for what the training side lacks. Both are no part of any text.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

from headwork.base.errors import HeadworkError
from headwork.base.files import write_atomically
from headwork.base.language import START_ID, UNKNOWN, UNKNOWN_ID, TokenKind
from headwork.data.marked_words import MARKS, OPENING, UNKNOWN_WORD, cut, written
from headwork.data.tokenizers import TextTokenizer, fit_bpe

WORD = re.compile(r" ?\S+|\s")
FEWEST_TIMES = 2
"""a word that the training side holds less often is unknown"""


class Encoded(NamedTuple):
    """(n,) numbers of the tokens of a document, the first of which opens it, and the character where each begins."""

    ids: np.ndarray
    starts: np.ndarray


class StoredVocabulary(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """tokenizer.json, where the tokens are a list of symbols."""

    kind: TokenKind
    symbols: list[str]


class Vocabulary:
    """Symbols numbered from 2 on."""

    def __init__(self, kind: TokenKind, symbols: Sequence[str]):
        self.kind: TokenKind = kind
        self.symbols = list(symbols)
        self._number = {symbol: 2 + place for place, symbol in enumerate(self.symbols)}

    @property
    def size(self) -> int:
        return 2 + len(self.symbols)

    def split(self, text: str) -> list[str]:
        """The symbols of a text, known and unknown."""
        if self.kind == "bytes":
            return [chr(byte) for byte in text.encode("utf-8")]
        return WORD.findall(text) if self.kind == "words" else list(text)

    def encode(self, text: str) -> Encoded:
        symbols = self.split(text)
        ids = [START_ID, *(self._number.get(symbol, UNKNOWN_ID) for symbol in symbols)]
        return Encoded(np.array(ids, dtype=np.int64), self._starts(text, symbols))

    def _starts(self, text: str, symbols: Sequence[str]) -> np.ndarray:
        if self.kind == "bytes":
            lengths = [len(character.encode("utf-8")) for character in text]
            return np.concatenate([[0], np.repeat(np.arange(len(text)), lengths)]).astype(np.int64)
        lengths = np.array([0, *map(len, symbols)], dtype=np.int64)
        return np.concatenate([[0], lengths.cumsum()[:-1]]).astype(np.int64)

    def charged(self, text: str, ids: np.ndarray) -> np.ndarray:
        """(n,) numbers of the tokens of `text`, UNKNOWN_ID where one does not give its text back and must be spelt."""
        return ids

    def decode(self, ids: Iterable[int], *, behind: Iterable[int] = ()) -> str:
        """The text of tokens that stand behind others."""
        if self.kind == "bytes":
            return bytes(number - 2 for number in ids if number > UNKNOWN_ID).decode("utf-8", "replace")
        return "".join(self.symbols[number - 2] if number > UNKNOWN_ID else UNKNOWN for number in ids if number)

    def unknown(self, text: str) -> list[str]:
        """The symbols of a text that have no number, each once."""
        return [symbol for symbol in dict.fromkeys(self.split(text)) if symbol not in self._number]

    def save(self, path: Path) -> None:
        stored = msgspec.json.encode(StoredVocabulary(kind=self.kind, symbols=self.symbols))
        write_atomically(path, lambda temporary: temporary.write_bytes(stored))


class MarkedVocabulary(Vocabulary):
    """Words and marks of which a text comes back as well as blanks and capitals follow from them."""

    def split(self, text: str) -> list[str]:
        starts = [each.start for each in cut(text, self._number)]
        return [text[start:end] for start, end in zip(starts, [*starts, len(text)][1:], strict=True) if end > start]

    def encode(self, text: str) -> Encoded:
        marked = cut(text, self._number)
        return Encoded(
            np.array([START_ID, *(self._number.get(each.token, UNKNOWN_ID) for each in marked)], dtype=np.int64),
            np.array([0, *(each.start for each in marked)], dtype=np.int64),
        )

    def charged(self, text: str, ids: np.ndarray) -> np.ndarray:
        said = np.array([True, *(each.said for each in cut(text, self._number))])
        return np.where(said, ids, UNKNOWN_ID)

    def decode(self, ids: Iterable[int], *, behind: Iterable[int] = ()) -> str:
        # Whether a blank comes first depends on what stands before.
        before, tokens = self._tokens(behind), self._tokens(ids)
        return "".join(written([*before, *tokens])[len(before) :])

    def _tokens(self, ids: Iterable[int]) -> list[str]:
        return [self.symbols[number - 2] if number > UNKNOWN_ID else UNKNOWN for number in ids if number]

    def unknown(self, text: str) -> list[str]:
        tokens = (each.token for each in cut(text, self._number))
        return [token for token in dict.fromkeys(tokens) if token not in self._number]


class PairVocabulary(Vocabulary):
    """Byte pairs: a fitted tokenizer, which writes any text. Its own numbers 0 and 1 name nothing in a text either."""

    def __init__(self, tokenizer: TextTokenizer):
        super().__init__("bpe", ())
        self.tokenizer = tokenizer

    @property
    def size(self) -> int:
        return self.tokenizer.vocabulary

    def encode(self, text: str) -> Encoded:
        (found,) = self.tokenizer.encode([text])
        starts = [start for start, _ in found.offsets[1:-1]]
        return Encoded(np.array([START_ID, *found.ids[1:-1]], dtype=np.int64), np.array([0, *starts], dtype=np.int64))

    def decode(self, ids: Iterable[int], *, behind: Iterable[int] = ()) -> str:
        return self.tokenizer.decode(ids)

    def unknown(self, text: str) -> list[str]:
        return []

    def save(self, path: Path) -> None:
        write_atomically(path, self.tokenizer.save)


def fit_vocabulary(kind: TokenKind, documents: Sequence[str], *, size: int) -> Vocabulary:
    """The tokens of the training documents; of words and byte pairs at most `size`. The same texts give the same."""
    if kind == "bpe":
        return PairVocabulary(fit_bpe(documents, size=size))
    if kind in ("bytes", "intensities"):
        return Vocabulary(kind, [chr(byte) for byte in range(256)])
    if kind == "characters":
        return Vocabulary(kind, sorted(set().union(*documents)))
    if kind == "marked-words":
        marks = [mark for mark in MARKS if mark not in (OPENING, UNKNOWN_WORD)]
        counts = Counter(each.token for document in documents for each in cut(document))
        known = [*marks, *(word for word in _frequent(counts) if word not in (*MARKS, UNKNOWN))]
        return MarkedVocabulary("marked-words", known[: size - 2])
    counts = Counter(word for document in documents for word in WORD.findall(document))
    return Vocabulary(kind, _frequent(counts)[: size - 2])


def _frequent(counts: Counter[str]) -> list[str]:
    """The words that stand there often enough, the most frequent first."""
    often = (word for word in counts if counts[word] >= FEWEST_TIMES)
    return sorted(often, key=lambda word: (-counts[word], word))


def load_vocabulary(path: Path) -> Vocabulary:
    """What a vocabulary has saved; anything damaged is refused."""
    try:
        stored = msgspec.json.decode(path.read_bytes(), type=StoredVocabulary)
    except FileNotFoundError as error:
        raise HeadworkError(f"{path}: no such file; is this a finished run folder?") from error
    except (msgspec.DecodeError, UnicodeDecodeError):
        return PairVocabulary(TextTokenizer.load(path))
    if stored.kind == "marked-words":
        return MarkedVocabulary("marked-words", stored.symbols)
    return Vocabulary(stored.kind, stored.symbols)
