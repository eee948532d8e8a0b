"""Priority sort: vectors in any order, each with a priority; name the highest ones in order.

Graves, Wayne and Danihelka 2014, section 4.5, where 16 of 20 vectors are asked for.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from headwork.data.generated.base import Answers, Examples, Generated, Guess, asked_at, bits_of, coin


class PrioritySort(Generated, frozen=True, kw_only=True, forbid_unknown_fields=True):
    NAME: ClassVar[str] = "priority-sort"
    TITLE: ClassVar[str] = "name the vectors of highest priority, in order"
    ANSWERS: ClassVar[Answers] = "bits"
    UNIT: ClassVar[str] = "vectors"
    GUESSES: ClassVar[Mapping[str, str]] = {"chance": "tosses a coin for each bit"}

    longest: int = 8
    width: int = 6
    """bits of a vector"""

    @property
    def inputs(self) -> int:
        return self.width + 2

    @property
    def outputs(self) -> int:
        return self.width

    @property
    def lengths(self) -> Sequence[int]:
        return range(min(2, self.longest), self.longest + 1)

    def steps(self, length: int) -> int:
        return length + 1 + self.asked(length)

    def asked(self, length: int) -> int:
        """How many vectors are asked for."""
        return -(-4 * length // 5)

    def draw(self, random: np.random.Generator, length: int, count: int) -> Examples:
        """The last channels of the inputs are the priority, from -1 to 1, and the mark at the end of the list."""
        vectors, asked, steps = bits_of(random, count, length, self.width), self.asked(length), self.steps(length)
        priorities = random.uniform(-1, 1, (count, length)).astype(np.float32)
        inputs = np.zeros((count, steps, self.inputs), np.float32)
        inputs[:, :length, : self.width] = vectors
        inputs[:, :length, -2] = priorities
        inputs[:, length, -1] = 1
        order = np.argsort(-priorities, 1)[:, :asked]
        targets = np.zeros((count, steps, self.width), np.float32)
        targets[:, -asked:] = np.take_along_axis(vectors, order[:, :, None], 1)
        return Examples(inputs, targets, asked_at(steps, range(length + 1, steps)), length)

    def guesses(self, examples: Examples) -> dict[str, Guess]:
        return {"chance": coin(examples)}
