"""Minimal pairs put to a model: what it says of each item.

Two chances that differ by less than TIE count as equal, and a tie as half moved: a model that adds up words in another
order is not told by the dust of its sums.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from headwork.base.errors import HeadworkError
from headwork.data.diagnostics import Contrast
from headwork.tasks.classify import Classifier
from headwork.tasks.pair import Matcher

TIE = 1e-6
TOP = 5
POSITIVE = ("positive", "pos", "good", "praise", "1")
NEGATIVE = ("negative", "neg", "bad", "blame", "0")
FOLLOWS = ("entailment", "entails", "entailed", "yes", "true", "paraphrase", "duplicate", "equivalent", "1")
"""names of classes that mean this, in any case"""


@dataclass(frozen=True)
class Said:
    """Of one item."""

    chances: list[float]
    right: list[bool] | None
    top: bool | None
    moved: float


def say_texts(
    classifier: Classifier, items: Sequence[Contrast], positive: str | None, negative: str | None
) -> tuple[list[Said], list[str]]:
    """Of a classifier of sentiment; other classes than the two are left out of account, with a note."""
    chosen = [_class(classifier.classes, *each) for each in ((positive, POSITIVE), (negative, NEGATIVE))]
    if chosen[0] == chosen[1]:
        raise HeadworkError(f"--positive and --negative are both {classifier.classes[chosen[0]]!r}; name two classes")
    texts = list(dict.fromkeys(text for item in items for (text,) in (item.first, item.second)))
    both = classifier.probabilities(texts)[:, chosen]
    chances = dict(zip(texts, (both[:, 0] / both.sum(1)).tolist(), strict=True))
    names = [classifier.classes[place] for place in chosen]
    notes = [f"positive is {names[0]!r}, negative {names[1]!r}; --positive and --negative say otherwise"]
    if len(classifier.classes) > 2:
        notes.append(f"the other {len(classifier.classes) - 2} classes are left out of account")
    return [_contrast(item, chances[item.first[0]], chances[item.second[0]]) for item in items], notes


def say_pairs(matcher: Matcher, items: Sequence[Contrast], follows: str | None) -> tuple[list[Said], list[str]]:
    """Of a model of pairs: the chance that the second text follows, or the score."""
    pairs = list(dict.fromkeys(pair for item in items for pair in (item.first, item.second)))
    answers = matcher.answer(pairs)  # type: ignore[arg-type]  # plain tuples of two texts
    classes = matcher.target.classes
    if not classes:
        notes, values, by_class = ["its answers are scores: no accuracy"], answers, False
    else:
        place = _class(list(classes), follows, FOLLOWS)
        notes = [f"what follows is {classes[place]!r}; --positive says otherwise"]
        values, by_class = answers[:, place], True
        first = answers.argmax(1) == place
        decided = dict(zip(pairs, first.tolist(), strict=True))
    chances = dict(zip(pairs, values.tolist(), strict=True))
    said = []
    for item in items:
        asked = (item.first, item.second)
        right = (
            [decided[pair] == answer for pair, answer in zip(asked, item.answers, strict=True)] if by_class else None
        )
        one, other = (chances[pair] for pair in asked)
        said.append(Said([one, other], right, None, ordered(one, other)))
    return said, notes


def _contrast(item: Contrast, one: float, other: float) -> Said:
    """From the chances of "positive" for both texts."""
    right = [(chance > 0.5) == answer for chance, answer in zip((one, other), item.answers, strict=True)]
    if item.change == "stays":
        moved = float((one > 0.5) != (other > 0.5))
    else:
        falls = ordered(one, other) if item.answers[0] else ordered(other, one)
        moved = falls if item.change == "turns" else 1 - falls
    return Said([one, other], right, None, moved)


def ordered(larger: float, smaller: float) -> float:
    """1 where they are in this order, one half where they are equal."""
    return 0.5 if abs(larger - smaller) < TIE else float(larger > smaller)


def _class(classes: Sequence[str], named: str | None, known: Sequence[str]) -> int:
    if named is not None:
        if named not in classes:
            raise HeadworkError(f"no class {named!r} among {', '.join(map(repr, classes[:20]))}; name one of them")
        return classes.index(named)
    found = [place for name in known for place, each in enumerate(classes) if each.lower() == name]
    if not found:
        raise HeadworkError(
            f"which class is {known[0]} does not follow from the names {', '.join(map(repr, classes[:20]))}; name it "
            f"with {'--negative' if known is NEGATIVE else '--positive'}, or diagnose a model that tells such"
        )
    return found[0]


def facts_of(said: Sequence[Said]) -> dict[str, np.ndarray]:
    """(n,) of each item its accuracy, that among the first five, and how it moved, as far as there are such."""
    facts: dict[str, Any] = {"sensitivity": [each.moved for each in said]}
    if all(each.right is not None for each in said):
        facts["accuracy"] = [np.mean(each.right or [False]) for each in said]
    if all(each.top is not None for each in said):
        facts["accuracy_5"] = [bool(each.top) for each in said]
    return {name: np.array(values, dtype=np.float64) for name, values in facts.items()}
