"""A T-maze: signs at the entry say which way to turn at each of the junctions of a long corridor.

    sign left, sign right, corridor, corridor (an arrow that is no sign), junction, corridor, …, junction

The junctions lie anywhere in the corridor, the last at its end; at each the walker turns as its sign said, else it
walks on. Arrows on the walls lead astray. It is the task by which memory is tried in learning to act (Bakker 2002,
"Reinforcement learning with long short-term memory"), with the right action told at each step instead of a reward.

Axes: n examples, T steps, K signs and as many junctions, L steps of corridor.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from headwork.data.generated.base import Answers, Examples, Generated, Guess, up_to_double

ON, LEFT, RIGHT = range(3)
"""actions"""
SIGN, JUNCTION = 0, 3
"""channels of a step; 1 and 2 are its arrows, of signs and of walls"""
ARROWS = 0.3
"""share of the steps of corridor with an arrow that is no sign"""


class TMaze(Generated, frozen=True, kw_only=True, forbid_unknown_fields=True):
    NAME: ClassVar[str] = "t-maze"
    TITLE: ClassVar[str] = "turn at each junction of a corridor as a sign at the entry said"
    ANSWERS: ClassVar[Answers] = "classes"
    UNIT: ClassVar[str] = "steps of corridor"
    SCORE: ClassVar[str] = "share of the turns that are right"
    GUESSES: ClassVar[Mapping[str, str]] = {
        "chance": "turns either way at a junction",
        "last arrow": "turns as the last arrow showed, be it a sign or not",
    }

    longest: int = 16
    junctions: int = 3

    @property
    def inputs(self) -> int:
        return 4

    @property
    def outputs(self) -> int:
        return 3

    @property
    def lengths(self) -> Sequence[int]:
        return range(max(1, self.longest // 2), self.longest + 1)

    @property
    def test_lengths(self) -> Sequence[int]:
        return up_to_double(self.lengths)

    def steps(self, length: int) -> int:
        return length + 2 * self.junctions

    def draw(self, random: np.random.Generator, length: int, count: int) -> Examples:
        signs = random.integers(LEFT, RIGHT + 1, (count, self.junctions))
        walked = length + self.junctions
        others = random.random((count, walked - 1)).argsort(1)[:, : self.junctions - 1]
        places = np.concatenate([np.sort(others, 1), np.full((count, 1), walked - 1)], 1) + self.junctions
        rows = np.arange(count)[:, None]
        targets = np.full((count, self.steps(length)), ON)
        targets[rows, places] = signs
        inputs = np.zeros((count, self.steps(length), self.inputs), np.float32)
        arrows = random.integers(LEFT, RIGHT + 1, targets.shape)
        arrows[random.random(targets.shape) >= ARROWS] = 0
        arrows[:, : self.junctions] = signs
        arrows[rows, places] = 0
        for arrow in (LEFT, RIGHT):
            inputs[..., arrow] = arrows == arrow
        inputs[:, : self.junctions, SIGN] = 1
        inputs[rows, places, JUNCTION] = 1
        return Examples(inputs, targets, np.ones(targets.shape[1], bool), length)

    def score(self, examples: Examples, answered: np.ndarray) -> np.ndarray:
        turns = examples.inputs[..., JUNCTION] > 0
        return ((answered == examples.targets) & turns).sum(1) / self.junctions

    def guesses(self, examples: Examples) -> dict[str, Guess]:
        chance = Guess(np.full(len(examples), 0.5), np.full(len(examples), float(self.junctions)))
        return {"chance": chance, "last arrow": Guess(self.score(examples, last_arrow(examples.inputs)))}


def last_arrow(inputs: np.ndarray) -> np.ndarray:
    """(n, T) the last arrow that was shown before each step."""
    shown = np.where(inputs[..., LEFT] > 0, LEFT, np.where(inputs[..., RIGHT] > 0, RIGHT, 0))
    last = np.maximum.accumulate(np.where(shown > 0, np.arange(shown.shape[1]), 0), 1)
    return np.take_along_axis(shown, last, 1)
