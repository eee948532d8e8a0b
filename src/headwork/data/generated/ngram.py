"""Dynamic n-grams: predict the next bit of a random source that is new in each sequence.

    p(1 | context c) ~ Beta(1/2, 1/2), drawn for each of the 2^C contexts of a sequence

Graves, Wayne and Danihelka 2014, section 4.4. The best that can be done is known (Murphy 2012, as cited there):

    p(1 | c, seen so far) = (N_1 + 1/2) / (N_0 + N_1 + 1)

where N_1 and N_0 count the ones and zeros that followed c before.

Axes: n examples, L bits.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from headwork.data.generated.base import Answers, Examples, Generated, Guess, asked_at, coin

MOST_CONTEXT = 16


class NGram(Generated, frozen=True, kw_only=True, forbid_unknown_fields=True):
    NAME: ClassVar[str] = "n-gram"
    TITLE: ClassVar[str] = "predict the next bit of a source that is new in each sequence"
    ANSWERS: ClassVar[Answers] = "bits"
    UNIT: ClassVar[str] = "bits"
    GUESSES: ClassVar[Mapping[str, str]] = {
        "chance": "tosses a coin for each bit",
        "optimum": "the Bayesian estimate from the counts of what followed each context",
    }

    longest: int = 60
    context: int = 3
    """bits that the next one depends on"""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.context < min(self.longest, MOST_CONTEXT):
            raise ValueError(f"context is {self.context}; expected less than longest and than {MOST_CONTEXT}")

    @property
    def inputs(self) -> int:
        return 1

    @property
    def outputs(self) -> int:
        return 1

    @property
    def lengths(self) -> Sequence[int]:
        return (self.longest,)

    @property
    def test_lengths(self) -> Sequence[int]:
        return (self.longest, 2 * self.longest)

    def steps(self, length: int) -> int:
        return length - 1

    def draw(self, random: np.random.Generator, length: int, count: int) -> Examples:
        """What stands at a step is a bit, what is asked there the next one; the first context is given."""
        chances = random.beta(0.5, 0.5, (count, 2**self.context))
        bits = np.zeros((count, length), np.float32)
        bits[:, : self.context] = random.integers(0, 2, (count, self.context))
        rows = np.arange(count)
        for step in range(self.context, length):
            chance = chances[rows, self._contexts(bits, step)]
            bits[:, step] = random.random(count) < chance
        scored = asked_at(length - 1, range(self.context - 1, length - 1))
        return Examples(bits[:, :-1, None], bits[:, 1:, None], scored, length)

    def guesses(self, examples: Examples) -> dict[str, Guess]:
        chances = self.optimum(examples)
        truth = examples.targets[:, examples.scored, 0]
        given = np.where(truth == 1, chances, 1 - chances)
        # Where the estimate is 1/2, either answer is as good.
        score = ((given > 0.5) + 0.5 * (given == 0.5)).mean(1)
        return {"chance": coin(examples), "optimum": Guess(score, -np.log2(given).sum(1))}

    def optimum(self, examples: Examples) -> np.ndarray:
        """(n, bits that count): the Bayesian estimate of a one."""
        bits = np.concatenate([examples.inputs[:, :1, 0], examples.targets[:, :, 0]], 1)
        seen = np.zeros((len(bits), 2**self.context, 2))
        rows, estimates = np.arange(len(bits)), []
        for step in range(self.context, bits.shape[1]):
            context = self._contexts(bits, step)
            zeros, ones = seen[rows, context].T
            estimates.append((ones + 0.5) / (zeros + ones + 1))
            seen[rows, context, bits[:, step].astype(int)] += 1
        return np.stack(estimates, 1)

    def _contexts(self, bits: np.ndarray, step: int) -> np.ndarray:
        """(n,) the number that the bits before a step spell."""
        before = bits[:, step - self.context : step].astype(int)
        return before @ (1 << np.arange(self.context))
