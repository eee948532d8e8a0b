"""Little stories and a question: who goes where and takes what, and where is it now.

    mary goes to the kitchen. john takes the ball. john goes to the garden. mary takes the apple. where is the ball?

The answer rests on one fact (where is a person: the last place) or on two (where is a thing: who took it last, and
where that person went last), after tasks 1 and 2 of Weston et al. 2015, "Towards AI-complete question answering".
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from headwork.data.generated.base import Answers, Examples, Generated, Guess, asked_at, up_to_double

GOES, TAKES, ASKS = range(3)
"""the first channels of a step; those of people, places and things follow"""
PEOPLE = 4


class Stories(Generated, frozen=True, kw_only=True, forbid_unknown_fields=True):
    NAME: ClassVar[str] = "stories"
    TITLE: ClassVar[str] = "people go to places and take things; where is this one now"
    ANSWERS: ClassVar[Answers] = "classes"
    UNIT: ClassVar[str] = "facts"
    GUESSES: ClassVar[Mapping[str, str]] = {
        "chance": "names any place",
        "last place": "names the place that was spoken of last",
    }

    longest: int = 10
    supports: int = 1
    """facts that an answer rests on: 1, where is a person; 2, where is a thing"""
    places: int = 6
    things: int = 4

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.supports > 2 or self.longest < self.supports or self.places < 2:
            raise ValueError(
                f"supports is {self.supports}, longest {self.longest}, places {self.places}; expected 1 or 2, at least "
                "as long, at least 2"
            )

    @property
    def inputs(self) -> int:
        return 3 + PEOPLE + self.places + self.things

    @property
    def outputs(self) -> int:
        return self.places

    @property
    def lengths(self) -> Sequence[int]:
        return range(max(self.supports, self.longest // 2), self.longest + 1)

    @property
    def test_lengths(self) -> Sequence[int]:
        return up_to_double(self.lengths)

    def steps(self, length: int) -> int:
        return length + 1

    def draw(self, random: np.random.Generator, length: int, count: int) -> Examples:
        inputs = np.zeros((count, length + 1, self.inputs), np.float32)
        targets = np.zeros((count, length + 1), np.int64)
        looks = np.zeros((count, self.supports), np.int64)
        for story, steps in enumerate(inputs):
            facts = self._facts(random, length)
            while not (questions := self._questions(facts)):
                facts = self._facts(random, length)
            asked = sorted(questions)[random.integers(len(questions))]
            for step, (verb, person, what) in zip(steps, facts, strict=False):
                step[[verb, 3 + person, self._channel(verb, what)]] = 1
            steps[-1, [ASKS, 3 + asked if self.supports == 1 else self._channel(TAKES, asked)]] = 1
            looks[story] = questions[asked]
            targets[story, -1] = facts[looks[story, -1]][2]
        return Examples(inputs, targets, asked_at(length + 1, range(length, length + 1)), length, looks)

    def guesses(self, examples: Examples) -> dict[str, Guess]:
        count, wide = len(examples), 3 + PEOPLE
        goes = examples.inputs[:, :, GOES] > 0
        last = goes.shape[1] - 1 - goes[:, ::-1].argmax(1)
        named = examples.inputs[np.arange(count), last, wide : wide + self.places].argmax(1)
        return {
            "chance": Guess(np.full(count, 1 / self.places), np.full(count, np.log2(self.places))),
            "last place": Guess((named == examples.targets[:, -1]).astype(float)),
        }

    def _facts(self, random: np.random.Generator, length: int) -> list[tuple[int, int, int]]:
        """(verb, person, place or thing) of each fact; where people are asked for, all facts are of going."""
        takes = random.integers(0, 2, length) if self.supports == 2 else np.zeros(length, int)
        people = random.integers(0, PEOPLE, length)
        what = random.integers(0, np.where(takes, self.things, self.places))
        return list(zip(np.where(takes, TAKES, GOES).tolist(), people.tolist(), what.tolist(), strict=True))

    def _questions(self, facts: list[tuple[int, int, int]]) -> dict[int, list[int]]:
        """What can be asked for, and the facts that its answer rests on, the one that names the place last."""
        went = {person: step for step, (verb, person, _) in enumerate(facts) if verb == GOES}
        if self.supports == 1:
            return {person: [step] for person, step in went.items()}
        taken = {thing: (step, person) for step, (verb, person, thing) in enumerate(facts) if verb == TAKES}
        return {thing: [step, went[person]] for thing, (step, person) in taken.items() if person in went}

    def _channel(self, verb: int, what: int) -> int:
        return 3 + PEOPLE + what + (self.places if verb == TAKES else 0)
