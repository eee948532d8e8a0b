"""Tagged words: which runs of tags are entities, and what a run and a comparison of taggers write down.

Tags in IOB2 are `B-x` on the first word of an entity of type x, `I-x` on its others, `O` on the rest (Tjong Kim Sang
and Veenstra 1999, "Representing text chunks"). Other tags, such as parts of speech, stand for themselves.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import msgspec

from headwork.base.results import ClassScore, Compared, Cut, Finished, Latency, Standing

OUTSIDE = "O"
Reading = Literal["strict", "repaired"]


class Entity(NamedTuple):
    """Words start to end (exclusive) of a sentence, and their type."""

    start: int
    end: int
    label: str


def is_iob2(tags: Sequence[str]) -> bool:
    """Do these different tags mark entities?"""
    marks = [tag for tag in tags if tag != OUTSIDE]
    return any(tag.startswith("B-") for tag in marks) and all(tag[:2] in ("B-", "I-") and tag[2:] for tag in marks)


def may_follow(before: str | None, tag: str) -> bool:
    """Can `tag` stand behind `before` in IOB2; None: at the beginning of a sentence."""
    return not tag.startswith("I-") or (before is not None and before != OUTSIDE and before[2:] == tag[2:])


def entities_of(tags: Sequence[str], reading: Reading = "strict") -> list[Entity]:
    """The entities of a sentence in IOB2.

    strict: an I that continues nothing of its type is no entity, as seqeval counts in its strict mode; repaired: it
    begins one, as conlleval and seqeval otherwise count.
    """
    found: list[Entity] = []
    begun: int | None = None
    before: str | None = None
    for place, tag in enumerate([*tags, OUTSIDE]):
        goes_on = tag.startswith("I-") and may_follow(before, tag)
        if not goes_on:
            if begun is not None:
                found.append(Entity(begun, place, tags[begun][2:]))
            begins = tag.startswith("B-") or (tag.startswith("I-") and reading == "repaired")
            begun = place if begins else None
        before = tag
    return found


class TagRun(Finished, frozen=True, kw_only=True, tag="tag"):
    """result.json of a run. `scores` are f1, precision and recall of entities, or accuracy and macro_f1."""

    dev_score: float
    """F1 of entities, or accuracy"""
    scores: dict[str, float]
    latency: Latency
    """of sentences"""
    windows: int
    """test sentences that are longer than the model reads at once, and were read in pieces that overlap"""
    cut: Cut
    """words of which it did not see the end: such as fill its length alone"""


class TagStanding(Standing, frozen=True, kw_only=True):
    """One row of a comparison; scores as in `TagRun`."""

    latency: Latency
    windows: int
    cut: Cut


class TagMistake(msgspec.Struct, frozen=True, kw_only=True):
    """A test sentence with what it should have been told, and what it was."""

    row: int
    words: list[str]
    target: list[str]
    """tags"""
    predicted: list[str]


class TagComparison(Compared, frozen=True, kw_only=True, tag="tag"):
    """result.json of a comparison."""

    models: Sequence[TagStanding]
    best: str
    """the model with the highest mean F1 of entities, or accuracy"""
    kinds: list[str]
    """types of entities and O, or tags: what the confusion is of"""
    confusion: list[list[int]]
    """words, of the best model's first seed: rows are true kinds, columns predicted ones"""
    per_class: list[ClassScore]
    """entities by type, or words by tag; of the best model, first seed"""
    mistakes: dict[str, list[TagMistake]]
    """most errors first, of the best two models"""

    @property
    def score(self) -> str:
        """The score that models are ranked by."""
        return "f1" if self.of_entities else "accuracy"

    @property
    def of_entities(self) -> bool:
        return is_iob2(self.data.classes)

    @property
    def glue(self) -> str:
        """What stands between words that are shown one after the other."""
        return " "
