"""Toys for attention, whose answers rest on known places: add two numbers, find the largest.

    add-two-numbers     numbers from 0 to 1 and two marks; the sum of the two numbers that follow a mark
    find-the-maximum    numbers from 0 to c, where c is drawn for each example; the largest, which is 0.1 ahead at least

After the "adding problem" of Hochreiter and Schmidhuber 1997, section 5.4; as toys for attention P. Rémy,
keras-attention-mechanism.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from headwork.data.generated.base import NEAR, Answers, Examples, Generated, Guess, asked_at

NUMBER, MARK, QUESTION = range(3)
"""channels of a step"""
AHEAD = 0.1
"""of the second largest number: which is the largest can be told"""


class AddTwoNumbers(Generated, frozen=True, kw_only=True, forbid_unknown_fields=True):
    NAME: ClassVar[str] = "add-two-numbers"
    TITLE: ClassVar[str] = "add the two numbers that follow a mark"
    ANSWERS: ClassVar[Answers] = "number"
    UNIT: ClassVar[str] = "numbers"
    SCORE: ClassVar[str] = f"1 where the answer is at most {NEAR} off, else 0"
    GUESSES: ClassVar[Mapping[str, str]] = {"chance": "always says the mean answer"}

    longest: int = 20

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.longest < 4:
            raise ValueError(f"longest is {self.longest}; two marks and two numbers need 4")

    @property
    def inputs(self) -> int:
        return 3

    @property
    def outputs(self) -> int:
        return 1

    @property
    def lengths(self) -> Sequence[int]:
        return range(max(4, self.longest // 2), self.longest + 1)

    def steps(self, length: int) -> int:
        return length + 1

    def draw(self, random: np.random.Generator, length: int, count: int) -> Examples:
        """The question stands behind the numbers."""
        inputs = np.zeros((count, length + 1, 3), np.float32)
        inputs[:, :length, NUMBER] = random.random((count, length))
        inputs[:, length, QUESTION] = 1
        places, answers = self._ask(random, inputs, length)
        targets = np.zeros((count, length + 1, 1), np.float32)
        targets[:, -1, 0] = answers
        return Examples(inputs, targets, asked_at(length + 1, range(length, length + 1)), length, places)

    def _ask(self, random: np.random.Generator, inputs: np.ndarray, length: int) -> tuple[np.ndarray, np.ndarray]:
        """Put the marks, two places apart at least; (n, 2) places of the numbers behind them, and their sums."""
        rows = np.arange(len(inputs))[:, None]
        marks = np.sort(random.permuted(np.tile(np.arange(length - 2), (len(inputs), 1)), axis=1)[:, :2], 1)
        marks[:, 1] += 1
        inputs[rows, marks] = np.eye(3, dtype=np.float32)[MARK]
        return marks + 1, inputs[rows, marks + 1, NUMBER].sum(1)

    def _mean(self, length: int) -> float:
        return 1.0

    def guesses(self, examples: Examples) -> dict[str, Guess]:
        off = np.abs(examples.targets[:, -1, 0] - self._mean(examples.length))
        return {"chance": Guess((off <= NEAR).astype(float), off**2)}


class FindTheMaximum(AddTwoNumbers, frozen=True, kw_only=True, forbid_unknown_fields=True):
    NAME: ClassVar[str] = "find-the-maximum"
    TITLE: ClassVar[str] = "find the largest of some numbers"

    def _ask(self, random: np.random.Generator, inputs: np.ndarray, length: int) -> tuple[np.ndarray, np.ndarray]:
        numbers = inputs[:, :length, NUMBER]
        numbers *= random.random((len(inputs), 1))  # else many numbers tell the answer: it is nearly 1
        greatest = numbers.argmax(1)
        numbers[np.arange(len(inputs)), greatest] += AHEAD
        return greatest[:, None], numbers.max(1)

    def _mean(self, length: int) -> float:
        return length / (length + 1) / 2 + AHEAD
