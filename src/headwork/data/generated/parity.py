"""Parity of a vector: are there an odd number of ones in it? (Graves 2016, "Adaptive computation time", section 3.1)

Of the S elements of a vector L are 1 or -1, each with an even chance, and the others 0; L is the difficulty.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from headwork.data.generated.base import Answers, Examples, Generated, Guess, coin


class Parity(Generated, frozen=True, kw_only=True, forbid_unknown_fields=True):
    NAME: ClassVar[str] = "parity"
    TITLE: ClassVar[str] = "say whether a vector holds an odd number of ones"
    ANSWERS: ClassVar[Answers] = "bits"
    UNIT: ClassVar[str] = "elements that are not 0"
    GUESSES: ClassVar[Mapping[str, str]] = {"chance": "tosses a coin"}

    longest: int = 6
    size: int = 8
    """elements of a vector"""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.longest >= self.size:
            raise ValueError(f"longest is {self.longest}; expected less than size, so that the test has more")

    @property
    def inputs(self) -> int:
        return self.size

    @property
    def outputs(self) -> int:
        return 1

    @property
    def test_lengths(self) -> Sequence[int]:
        return range(1, self.size + 1)

    def steps(self, length: int) -> int:
        return 1

    def draw(self, random: np.random.Generator, length: int, count: int) -> Examples:
        signs = 2 * random.integers(0, 2, (count, length)) - 1
        vectors = np.zeros((count, self.size), np.float32)
        vectors[:, :length] = signs
        vectors = random.permuted(vectors, axis=1)
        targets = ((signs == 1).sum(1) % 2).astype(np.float32)
        return Examples(vectors[:, None], targets[:, None, None], np.ones(1, bool), length)

    def guesses(self, examples: Examples) -> dict[str, Guess]:
        return {"chance": coin(examples)}
