"""Copying a sequence of random bits, once, several times, or backwards.

    copy            x_1 … x_L, a mark, then the L vectors again        Graves, Wayne and Danihelka 2014, section 4.1
    repeat-copy     the mark says how many times, R; the sequence R times, then an end mark      section 4.2
    reverse         the L vectors from the last to the first

Axes: n examples, L vectors of W bits.
"""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from headwork.data.generated.base import Answers, Examples, Generated, Guess, asked_at, bits_of, coin


class Copy(Generated, frozen=True, kw_only=True, forbid_unknown_fields=True):
    NAME: ClassVar[str] = "copy"
    TITLE: ClassVar[str] = "repeat a sequence of random bits from memory"
    ANSWERS: ClassVar[Answers] = "bits"
    UNIT: ClassVar[str] = "vectors"
    GUESSES: ClassVar[Mapping[str, str]] = {"chance": "tosses a coin for each bit"}

    longest: int = 10
    width: int = 6
    """bits of a vector"""

    @property
    def inputs(self) -> int:
        return self.width + 1

    @property
    def outputs(self) -> int:
        return self.width

    def steps(self, length: int) -> int:
        return 2 * length + 1

    def draw(self, random: np.random.Generator, length: int, count: int) -> Examples:
        """The last channel of the inputs marks the end of the sequence."""
        sequence = bits_of(random, count, length, self.width)
        inputs = np.zeros((count, 2 * length + 1, self.inputs), np.float32)
        targets = np.zeros((count, 2 * length + 1, self.width), np.float32)
        inputs[:, :length, : self.width] = sequence
        inputs[:, length, -1] = 1
        targets[:, length + 1 :] = self.answer(sequence)
        return Examples(inputs, targets, asked_at(2 * length + 1, range(length + 1, 2 * length + 1)), length)

    def answer(self, sequence: np.ndarray) -> np.ndarray:
        return sequence

    def guesses(self, examples: Examples) -> dict[str, Guess]:
        return {"chance": coin(examples)}


class Reverse(Copy, frozen=True, kw_only=True, forbid_unknown_fields=True):
    NAME: ClassVar[str] = "reverse"
    TITLE: ClassVar[str] = "repeat a sequence of random bits from memory, backwards"

    def answer(self, sequence: np.ndarray) -> np.ndarray:
        return sequence[:, ::-1]


class RepeatCopy(Copy, frozen=True, kw_only=True, forbid_unknown_fields=True):
    NAME: ClassVar[str] = "repeat-copy"
    TITLE: ClassVar[str] = "repeat a sequence of random bits as often as asked, then say that it has ended"

    longest: int = 5
    repeats: int = 5
    """at most"""

    @property
    def inputs(self) -> int:
        return self.width + 2

    @property
    def outputs(self) -> int:
        return self.width + 1

    def steps(self, length: int) -> int:
        return length + 2 + length * (1 + self.repeats) // 2

    def draw(self, random: np.random.Generator, length: int, count: int) -> Examples:
        """The last channels of the inputs are the mark and the number of repeats, scaled to a variance of about 1."""
        repeats = int(random.integers(1, self.repeats + 1))
        steps = length * (1 + repeats) + 2
        sequence = bits_of(random, count, length, self.width)
        inputs = np.zeros((count, steps, self.inputs), np.float32)
        targets = np.zeros((count, steps, self.outputs), np.float32)
        inputs[:, :length, : self.width] = sequence
        inputs[:, length, -2:] = 1, (repeats - (1 + self.repeats) / 2) / max(1.0, ((self.repeats**2 - 1) / 12) ** 0.5)
        targets[:, length + 1 : -1, : self.width] = np.tile(sequence, (1, repeats, 1))
        targets[:, -1, -1] = 1
        return Examples(inputs, targets, asked_at(steps, range(length + 1, steps)), length)
