"""Words as the numbers of their characters, between marks, and filled up to one length.

    <word> c1 … cn </word> <fill> <fill> …        cn the last character that finds a place

A sentence's mark is spelt like a word of that one character. By default characters are the 256 bytes of UTF-8, followed
by five marks: begin and end of a sentence, begin and end of a word, fill. A lexicon numbers the characters of one
language instead, and its frequent words too. What a user writes never becomes a mark.

Axes: N words, L places of a word.
"""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import torch
from torch import Tensor

SENTENCE_BEGINS, SENTENCE_ENDS, WORD_BEGINS, WORD_ENDS, FILL = range(256, 261)
CHARACTERS = 261

Spelling = tuple[int, ...]
OPENING: Spelling = (SENTENCE_BEGINS,)
CLOSING: Spelling = (SENTENCE_ENDS,)


def spelling(word: str) -> Spelling:
    """The bytes of a word; half a surrogate pair, which UTF-8 cannot write, is left out."""
    return tuple(word.encode("utf-8", "ignore"))


class Marks(NamedTuple):
    word_begins: int = WORD_BEGINS
    word_ends: int = WORD_ENDS
    fill: int = FILL


BYTES = Marks()


def spelt(words: Sequence[Spelling], length: int, marks: Marks = BYTES) -> Tensor:
    """(N, L) int64 characters of words, each cut so that both its marks find a place."""
    rows = [(marks.word_begins, *word[: length - 2], marks.word_ends) for word in words]
    filled = [row + (marks.fill,) * (length - len(row)) for row in rows]
    return torch.tensor(filled, dtype=torch.int64).view(len(words), length)


class Entry(NamedTuple):
    """A word as it is looked up: its characters, and its own number where words have one."""

    spelling: Spelling
    number: int = 0


NAMED_MARKS = ("<bos>", "<eos>", "<bow>", "<eow>", "<oov>", "<pad>")
"""of a sentence and of a word, what is not known, and fill"""


class Lexicon(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The characters and the words that ELMoForManyLangs knows of a language, by their numbers."""

    characters: dict[str, int]
    words: dict[str, int] = {}
    """none: a word has no number of its own"""

    def __post_init__(self) -> None:
        for name, numbers, needed in (
            ("characters", self.characters, NAMED_MARKS),
            ("words", self.words, ("<oov>",) if self.words else ()),
        ):
            for mark in needed:
                if mark not in numbers:
                    raise ValueError(f"the {name} lack {mark}")
            if min(numbers.values(), default=0) < 0:
                raise ValueError(f"the {name} have negative numbers")

    @property
    def marks(self) -> Marks:
        """The original takes the mark for a word's end to begin words, and that for the beginning to end them."""
        return Marks(self.characters["<eow>"], self.characters["<bow>"], self.characters["<pad>"])

    @property
    def opening(self) -> Entry:
        return self._mark("<bos>")

    @property
    def closing(self) -> Entry:
        return self._mark("<eos>")

    def entry(self, word: str, length: int) -> Entry:
        """A word, cut as its spelling will be, for the original looks up no more of it."""
        cut = word[: length - 2]
        unknown = self.characters["<oov>"]
        number = self._number("<oov>" if cut in NAMED_MARKS else cut)
        return Entry(tuple(self.characters.get(character, unknown) for character in cut), number)

    def _mark(self, mark: str) -> Entry:
        return Entry((self.characters[mark],), self._number(mark))

    def _number(self, word: str) -> int:
        return self.words.get(word, self.words.get("<oov>", 0))
