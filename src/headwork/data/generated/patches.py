"""A picture of patches, one of which is marked: say what is on the marked one.

Each patch shows one of C patterns with noise, and all but the marked one are distractors. Patches are read in rows; a
step is the pixels of a patch and a channel for the mark. It is a toy for hard attention, which looks at one patch only
(Xu et al. 2015, section 4.1).
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import ClassVar

import numpy as np

from headwork.data.generated.base import Answers, Examples, Generated, Guess, asked_at

NOISE = 0.5
"""of a pixel, beside patterns of 1 and -1"""


class MarkedPatch(Generated, frozen=True, kw_only=True, forbid_unknown_fields=True):
    NAME: ClassVar[str] = "marked-patch"
    TITLE: ClassVar[str] = "say what is on the marked patch of a picture"
    ANSWERS: ClassVar[Answers] = "classes"
    UNIT: ClassVar[str] = "patches on a side"
    SCORE: ClassVar[str] = "1 where the class is right, else 0"
    GUESSES: ClassVar[Mapping[str, str]] = {"chance": "names any class"}

    longest: int = 4
    classes: int = 4
    pixels: int = 16
    """of a patch"""

    @property
    def inputs(self) -> int:
        return self.pixels + 1

    @property
    def outputs(self) -> int:
        return self.classes

    @property
    def lengths(self) -> Sequence[int]:
        return range(min(2, self.longest), self.longest + 1)

    @property
    def test_lengths(self) -> Sequence[int]:
        return (*self.lengths, self.longest + 2)

    def steps(self, length: int) -> int:
        return length**2

    def draw(self, random: np.random.Generator, length: int, count: int) -> Examples:
        steps, rows = length**2, np.arange(count)
        shown, marked = random.integers(0, self.classes, (count, steps)), random.integers(0, steps, count)
        inputs = np.zeros((count, steps, self.inputs), np.float32)
        inputs[..., :-1] = patterns(self.classes, self.pixels)[shown]
        inputs[..., :-1] += NOISE * random.standard_normal((count, steps, self.pixels))
        inputs[rows, marked, -1] = 1
        targets = np.tile(shown[rows, marked][:, None], (1, steps))
        return Examples(inputs, targets, asked_at(steps, range(steps - 1, steps)), length, marked[:, None])

    def guesses(self, examples: Examples) -> dict[str, Guess]:
        count = len(examples)
        return {"chance": Guess(np.full(count, 1 / self.classes), np.full(count, np.log2(self.classes)))}


@cache
def patterns(classes: int, pixels: int) -> np.ndarray:
    """(C, pixels) of 1 and -1, the same in all pictures."""
    return 2.0 * np.random.default_rng([classes, pixels]).integers(0, 2, (classes, pixels)) - 1
