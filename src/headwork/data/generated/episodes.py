"""Episodes: tell new classes apart from a few examples of each (the setting of Vinyals et al. 2016, matching networks).

An episode has N classes, new in each, with K examples and one question: K N labelled vectors in any order, then one
without a label. A class is a point in a space of a few directions that count, drawn from a standard normal; an example
lies around it with some noise. All other directions hold noise alone, and which ones count is the same in all episodes
but has to be learned: near in all directions together is not near in those that count.

Axes: n examples, N classes, K examples of a class, W width, D directions that count.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import ClassVar

import numpy as np

from headwork.data.generated.base import Answers, Examples, Generated, Guess, asked_at

NOISE = 0.3
"""around a class, in the directions that count"""


class Episodes(Generated, frozen=True, kw_only=True, forbid_unknown_fields=True):
    NAME: ClassVar[str] = "episodes"
    TITLE: ClassVar[str] = "tell new classes apart from a few examples of each"
    ANSWERS: ClassVar[Answers] = "classes"
    UNIT: ClassVar[str] = "examples of a class"
    SCORE: ClassVar[str] = "1 where the class is right, else 0"
    GUESSES: ClassVar[Mapping[str, str]] = {
        "chance": "names any class",
        "nearest": "names the class of the nearest example",
        "optimum": "knows which directions count and how examples are drawn",
    }

    longest: int = 3
    classes: int = 5
    width: int = 12
    directions: int = 4
    """that count"""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.classes < 2 or self.directions > self.width:
            raise ValueError(
                f"classes {self.classes}, directions {self.directions} of {self.width}; expected 2 classes at least "
                "and no more directions than the width"
            )

    @property
    def inputs(self) -> int:
        return self.width + self.classes

    @property
    def outputs(self) -> int:
        return self.classes

    @property
    def test_lengths(self) -> Sequence[int]:
        return (*self.lengths, self.longest + 2)

    def steps(self, length: int) -> int:
        return self.classes * length + 1

    def draw(self, random: np.random.Generator, length: int, count: int) -> Examples:
        """A step is a vector and its label, one of N channels; the question, which comes last, has no label."""
        steps, rows = self.steps(length), np.arange(count)
        labels = random.permuted(np.tile(np.arange(self.classes), (count, length)), axis=1)
        labels = np.concatenate([labels, random.integers(0, self.classes, (count, 1))], 1)
        vectors = random.standard_normal((count, steps, self.width))
        means = random.standard_normal((count, self.classes, self.directions))
        vectors[..., : self.directions] *= NOISE
        vectors[..., : self.directions] += means[rows[:, None], labels]
        inputs = np.zeros((count, steps, self.inputs), np.float32)
        inputs[..., : self.width] = vectors @ turn(self.width)
        inputs[:, :-1, self.width :] = np.eye(self.classes)[labels[:, :-1]]
        return Examples(inputs, labels, asked_at(steps, range(steps - 1, steps)), length)

    def guesses(self, examples: Examples) -> dict[str, Guess]:
        vectors = examples.inputs[..., : self.width].astype(np.float64)
        labels = examples.inputs[:, :-1, self.width :].argmax(2)
        distance = np.linalg.norm(vectors[:, :-1] - vectors[:, -1:], axis=2)
        nearest = np.take_along_axis(labels, distance.argmin(1)[:, None], 1)[:, 0]
        truth, count = examples.targets[:, -1], len(examples)
        chance = Guess(np.full(count, 1 / self.classes), np.full(count, np.log2(self.classes)))
        logs = self.optimum(examples)
        return {
            "chance": chance,
            "nearest": Guess((nearest == truth).astype(float)),
            "optimum": Guess((logs.argmax(1) == truth).astype(float), -logs[np.arange(count), truth] / np.log(2)),
        }

    def optimum(self, examples: Examples) -> np.ndarray:
        """(n, N) log-probabilities: normal with the class's posterior mean and variance, given its K examples."""
        turned = (examples.inputs[..., : self.width].astype(np.float64) @ turn(self.width).T)[..., : self.directions]
        labels, shots = examples.inputs[:, :-1, self.width :], examples.length
        sums = np.einsum("ntc,ntd->ncd", labels, turned[:, :-1])
        means = sums / (shots + NOISE**2)
        variance = NOISE**2 + NOISE**2 / (shots + NOISE**2)
        logs = -((turned[:, -1:] - means) ** 2).sum(2) / (2 * variance)
        logs -= logs.max(1, keepdims=True)
        return logs - np.log(np.exp(logs).sum(1, keepdims=True))


@cache
def turn(width: int) -> np.ndarray:
    """A rotation that hides which directions count; the same for all episodes of a width."""
    return np.linalg.qr(np.random.default_rng(width).standard_normal((width, width)))[0]
