"""Words as the bytes that write them, between marks, and filled up to one length.

    <word> b1 … bn </word> <fill> <fill> …        bn the last byte of the word's UTF-8 that finds a place

The 256 bytes are followed by five marks: begin and end of a sentence, begin and end of a word, fill. A sentence's mark
is spelt like a word of that one character. What a user writes is bytes and never becomes a mark.

Axes: N words, L places of a word.
"""

from collections.abc import Sequence

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


def spelt(words: Sequence[Spelling], length: int) -> Tensor:
    """(N, L) int64 characters of words, each cut so that both its marks find a place."""
    rows = [(WORD_BEGINS, *word[: length - 2], WORD_ENDS) for word in words]
    filled = [row + (FILL,) * (length - len(row)) for row in rows]
    return torch.tensor(filled, dtype=torch.int64).view(len(words), length)
