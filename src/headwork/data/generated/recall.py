"""Associative recall: shown one item of a list again, name the next (Graves, Wayne and Danihelka 2014, section 4.3).

An item is V vectors of W bits. The items stand one after another, each behind a mark; one of them, not the last, is
asked for between two marks of another kind, and the answer is the item that followed it.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from headwork.data.generated.base import Answers, Examples, Generated, Guess, asked_at, bits_of, coin, up_to_double


class Recall(Generated, frozen=True, kw_only=True, forbid_unknown_fields=True):
    NAME: ClassVar[str] = "associative-recall"
    TITLE: ClassVar[str] = "shown one item of a list again, name the one that followed it"
    ANSWERS: ClassVar[Answers] = "bits"
    UNIT: ClassVar[str] = "items"
    GUESSES: ClassVar[Mapping[str, str]] = {"chance": "tosses a coin for each bit"}

    longest: int = 6
    vectors: int = 3
    """of an item"""
    width: int = 6
    """bits of a vector"""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.longest < 2:
            raise ValueError(f"longest is {self.longest}; an item that follows another needs 2")

    @property
    def inputs(self) -> int:
        return self.width + 2

    @property
    def outputs(self) -> int:
        return self.width

    @property
    def lengths(self) -> Sequence[int]:
        return range(2, self.longest + 1)

    @property
    def test_lengths(self) -> Sequence[int]:
        return up_to_double(self.lengths)

    def steps(self, length: int) -> int:
        return length * (self.vectors + 1) + 2 * self.vectors + 2

    def draw(self, random: np.random.Generator, length: int, count: int) -> Examples:
        """The last channels of the inputs are the mark before an item and the mark around what is asked."""
        items, steps, wide = bits_of(random, count, length, self.vectors, self.width), self.steps(length), self.vectors
        asked = random.integers(0, length - 1, count)
        rows = np.arange(count)
        inputs = np.zeros((count, steps, self.inputs), np.float32)
        listed = inputs[:, : length * (wide + 1)].reshape(count, length, wide + 1, self.inputs)
        listed[:, :, 0, -2] = 1
        listed[:, :, 1:, : self.width] = items
        inputs[:, : length * (wide + 1)] = listed.reshape(count, -1, self.inputs)
        question = length * (wide + 1)
        inputs[:, [question, question + wide + 1], -1] = 1
        inputs[:, question + 1 : question + 1 + wide, : self.width] = items[rows, asked]
        targets = np.zeros((count, steps, self.width), np.float32)
        targets[:, -wide:] = items[rows, asked + 1]
        return Examples(inputs, targets, asked_at(steps, range(steps - wide, steps)), length)

    def guesses(self, examples: Examples) -> dict[str, Guess]:
        return {"chance": coin(examples)}
