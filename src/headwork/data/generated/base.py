"""What every generated data set states: inputs, what is asked, what counts, and how well one does without learning.

Training is endless: batch `index` of a training with `seed` is drawn from (seed, index) alone. Dev and test are fixed;
the test side also has inputs longer than any in training.

Axes: n examples of one length, T steps, S answers of an example (S = T where each step may be answered), I width of a
step, O width of an answer.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import msgspec
import numpy as np

from headwork.base.errors import HeadworkError

Answers = Literal["bits", "classes", "places", "triples", "number"]
"""bits: O yes or no answers at a step; classes: one of O; places: one of the T inputs; triples: three of them in rising
order, and three more; number: O numbers"""
MOST = 1000
"""of any setting, so that examples fit into memory"""
NEAR = 0.04
"""a number counts as right that is as close to the truth (Hochreiter and Schmidhuber 1997, section 5.4)"""


@dataclass(frozen=True)
class Examples:
    """Examples of one length."""

    inputs: np.ndarray
    """(n, T, I) float32"""
    targets: np.ndarray
    """(n, S, O) bits or numbers, (n, S) classes, places or triples"""
    scored: np.ndarray
    """(S,) which answers count"""
    length: int
    """in the units that the generator counts in"""
    looks: np.ndarray | None = None
    """(n, P) the inputs on which the answer rests, where there are P such for each example"""

    def __len__(self) -> int:
        return len(self.inputs)


@dataclass(frozen=True)
class Guess:
    """How an answerer that does not learn does on examples."""

    score: np.ndarray
    """(n,)"""
    bits: np.ndarray | None = None
    """(n,) what it takes to code the answers, given its probabilities; of numbers the squared error"""


class Generated(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A generator; its fields are its settings."""

    NAME: ClassVar[str]
    TITLE: ClassVar[str]
    """what is asked, in a line"""
    ANSWERS: ClassVar[Answers]
    UNIT: ClassVar[str]
    """what a length counts"""
    SCORE: ClassVar[str] = "share of the answers that are right"
    """of an example, in [0, 1]"""
    GUESSES: ClassVar[Mapping[str, str]]
    """the answerers that do not learn, and what they do"""

    longest: int
    """in training"""

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            if not 1 <= getattr(self, name) <= MOST:
                raise ValueError(f"{name} is {getattr(self, name)}; expected 1 to {MOST}")

    @property
    def inputs(self) -> int:
        """I"""
        raise NotImplementedError

    @property
    def outputs(self) -> int:
        """O; of places 0, for there are as many as inputs, or 1 where there is an end"""
        raise NotImplementedError

    @property
    def channels(self) -> Mapping[str, range]:
        """Those of a step that a model may have to know by name."""
        return {}

    @property
    def lengths(self) -> Sequence[int]:
        """Of training."""
        return range(1, self.longest + 1)

    @property
    def test_lengths(self) -> Sequence[int]:
        """Some lengths of training, and longer ones."""
        longest = self.longest
        return sorted({max(1, longest // 2), longest, longest + -(-longest // 2), 2 * longest, 3 * longest})

    def steps(self, length: int) -> int:
        """About how many steps an example has."""
        raise NotImplementedError

    def draw(self, random: np.random.Generator, length: int, count: int) -> Examples:
        raise NotImplementedError

    def guesses(self, examples: Examples) -> dict[str, Guess]:
        """By the names of GUESSES."""
        raise NotImplementedError

    def played(
        self, examples: Examples, answered: np.ndarray, decide: Callable[[np.ndarray], np.ndarray]
    ) -> np.ndarray:
        """The answers that are scored, shaped as the targets.

        They are those to the inputs, but where an answer changes what comes next: such a set asks on by `decide`, which
        takes the (n, t, I) inputs so far to the answers at each of them.
        """
        return answered

    def score(self, examples: Examples, answered: np.ndarray) -> np.ndarray:
        """(n,) in [0, 1] of answers shaped as the targets."""
        return self.right(examples, answered).mean(1)

    def right(self, examples: Examples, answered: np.ndarray) -> np.ndarray:
        """(n, answers that count): which are right."""
        given, asked = answered[:, examples.scored], examples.targets[:, examples.scored]
        right = np.abs(given - asked) <= NEAR if self.ANSWERS == "number" else given == asked
        return right.reshape(len(right), -1)

    @property
    def spec(self) -> str:
        """`NAME:SETTING=VALUE,…`, which gives this generator back."""
        chosen = ",".join(f"{name}={value}" for name, value in msgspec.structs.asdict(self).items())
        return f"{self.NAME}:{chosen}"


def coin(examples: Examples) -> Guess:
    """Bits answered by tossing a coin."""
    bits = examples.scored.sum() * examples.targets.shape[2]
    return Guess(np.full(len(examples), 0.5), np.full(len(examples), float(bits)))


def bits_of(random: np.random.Generator, *shape: int) -> np.ndarray:
    return random.integers(0, 2, shape).astype(np.float32)


def asked_at(steps: int, answers: range) -> np.ndarray:
    """(steps,) true where an answer counts."""
    scored = np.zeros(steps, bool)
    scored[answers.start : answers.stop] = True
    return scored


def settle(kind: type[Generated], settings: dict[str, str]) -> Generated:
    """A generator with settings given as words; unknown ones and impossible values are refused."""
    known = kind.__struct_fields__
    for name in settings:
        if name not in known:
            raise HeadworkError(f"{kind.NAME}:{name}={settings[name]}: expected one of {', '.join(known)}")
    try:
        return msgspec.convert(settings, kind, strict=False)
    except (msgspec.ValidationError, ValueError) as error:
        said = ",".join(f"{name}={value}" for name, value in settings.items())
        raise HeadworkError(f"{kind.NAME}:{said}: {error}") from error


def up_to_double(lengths: Sequence[int]) -> list[int]:
    """The shortest and the longest length of training, half as long again, and twice as long."""
    longest = lengths[-1]
    return sorted({lengths[0], longest, longest + -(-longest // 2), 2 * longest})
