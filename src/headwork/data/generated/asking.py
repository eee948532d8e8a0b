"""Small tables and questions about them, answered by a program of one step or of two.

    sum c3            the sum of a column              maximum c1, count rows alike
    … greater c2 0.4  of those rows alone whose cell in another column is greater than a number, or lesser

after the synthetic questions of Neelakantan, Le and Sutskever 2016, "Neural programmer". A step of the input is a word
of the question, with the number where there is one, or a row of the table; the question comes first.

Axes: n examples, Q words, R rows, M columns, T = Q + R steps.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from headwork.data.generated.base import NEAR, Answers, Examples, Generated, Guess, asked_at, up_to_double

AGGREGATES = ("sum", "maximum", "count")
COMPARISONS = ("greater", "lesser")
WORDS = (*AGGREGATES, *COMPARISONS, "rows")
"""the columns' names follow"""
SCALES = 0.2, 2.0
"""of the columns of a table: if all were alike, a constant would be near to most maxima"""


class Tables(Generated, frozen=True, kw_only=True, forbid_unknown_fields=True):
    NAME: ClassVar[str] = "tables"
    TITLE: ClassVar[str] = "answer a question about a small table by sums, maxima and counts"
    ANSWERS: ClassVar[Answers] = "number"
    UNIT: ClassVar[str] = "rows"
    SCORE: ClassVar[str] = f"1 where the answer is right to {NEAR}, else 0"
    GUESSES: ClassVar[Mapping[str, str]] = {"chance": "answers each kind of question with its mean"}

    longest: int = 6
    columns: int = 3
    depth: int = 1
    """steps of the program that answers: 1, of all rows; 2, of those that compare"""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.depth > 2:
            raise ValueError(f"depth is {self.depth}; expected 1 or 2")

    @property
    def inputs(self) -> int:
        return self.channels["cells"].stop

    @property
    def outputs(self) -> int:
        return 1

    @property
    def channels(self) -> Mapping[str, range]:
        """Words, the number beside a word, and the cells of a row."""
        words = len(WORDS) + self.columns
        return {
            "words": range(words),
            "number": range(words, words + 1),
            "cells": range(words + 1, words + 1 + self.columns),
        }

    @property
    def lengths(self) -> Sequence[int]:
        return range(max(1, self.longest // 2), self.longest + 1)

    @property
    def test_lengths(self) -> Sequence[int]:
        return up_to_double(self.lengths)

    def steps(self, length: int) -> int:
        return 2 * self.depth + length

    def draw(self, random: np.random.Generator, length: int, count: int) -> Examples:
        scales = random.uniform(*SCALES, (count, self.columns)).astype(np.float32)
        cells = scales[:, None] * random.random((count, length, self.columns), np.float32)
        kinds, comparisons = random.integers(0, len(AGGREGATES), count), random.integers(0, 2, count)
        asked, compared = random.integers(0, self.columns, (2, count))
        rows = np.arange(count)
        number = scales[rows, compared] * random.uniform(0.2, 0.8, count).astype(np.float32)
        chosen = np.ones((count, length), bool)
        if self.depth == 2:
            against = cells[rows, :, compared]
            chosen = np.where(comparisons[:, None] == 0, against > number[:, None], against < number[:, None])
        column = cells[rows, :, asked] * chosen
        answers = np.choose(kinds, [column.sum(1), column.max(1), chosen.sum(1)])
        words = [kinds, np.where(kinds == 2, len(WORDS) - 1, len(WORDS) + asked)]
        if self.depth == 2:
            words += [len(AGGREGATES) + comparisons, len(WORDS) + compared]
        inputs = np.zeros((count, self.steps(length), self.inputs), np.float32)
        inputs[rows[:, None], np.arange(len(words)), np.stack(words, 1)] = 1
        if self.depth == 2:
            inputs[:, len(words) - 1, self.channels["number"].start] = number
        inputs[:, len(words) :, self.channels["cells"].start :] = cells
        targets = np.zeros((count, self.steps(length), 1), np.float32)
        targets[:, -1, 0] = answers
        last = self.steps(length) - 1
        return Examples(inputs, targets, asked_at(last + 1, range(last, last + 1)), length)

    def guesses(self, examples: Examples) -> dict[str, Guess]:
        kinds = examples.inputs[:, 0, : len(AGGREGATES)]
        answers = examples.targets[:, -1, 0].astype(np.float64)
        means = (kinds * answers[:, None]).sum(0) / np.maximum(kinds.sum(0), 1)
        missed = np.abs(kinds @ means - answers)
        return {"chance": Guess((missed <= NEAR).astype(float), missed**2)}
