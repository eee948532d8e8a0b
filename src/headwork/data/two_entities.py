"""Business news in which two companies fare differently, asked about each of them: a generated data set.

A sentence tells of one event for each company, or of one between the two, and gives a row for each company. Both rows
have the same words, so that whoever does not look at what is asked about has at most one of them right. Companies and
frames of sentences of the test side are in no other one; the events are the same. All of it is made up.
"""

import itertools
import random
from collections.abc import Sequence
from typing import NamedTuple

from headwork.data.split import SIDES, Side
from headwork.data.tables import Table

NAME = "two-entities"
SENTENCES = {"train": 1000, "dev": 150, "test": 300}

EVENTS = {
    "very negative": (
        "filed for bankruptcy", "was charged with fraud", "lost half of its value", "shut all of its plants",
        "defaulted on its debt", "fired most of its staff", "reported the worst loss in its history",
    ),
    "negative": (
        "cut its forecast", "missed estimates", "lost customers", "was fined by the regulator", "delayed a new plant",
        "saw its sales slip", "recalled a product",
    ),
    "neutral": (
        "kept its forecast", "named a new auditor", "will hold its annual meeting in May", "moved to another building",
        "published its report", "met estimates", "changed its logo",
    ),
    "positive": (
        "raised its forecast", "beat estimates", "gained customers", "won a contract", "opened a new plant",
        "saw its sales grow", "hired more staff",
    ),
    "very positive": (
        "posted record profit", "doubled its earnings", "soared to an all-time high", "won its largest order",
        "tripled its dividend", "conquered a whole market", "reported the best year in its history",
    ),
}  # fmt: skip
BETWEEN = (
    ("{a} took customers from {b}", "positive", "negative"),
    ("{a} lost customers to {b}", "negative", "positive"),
    ("{a} won a lawsuit against {b}", "positive", "negative"),
    ("{a} was overtaken by {b}", "negative", "positive"),
    ("{a} rescued {b} from bankruptcy", "positive", "very negative"),
    ("{a} was driven out of the market by {b}", "very negative", "very positive"),
)
"""what happens between two companies, and how it is for each"""
SHARE_BETWEEN = 0.2

FRAMES: dict[Side, tuple[str, ...]] = {
    "train": (
        "{a} {x} while {b} {y}.", "{a} {x}, but {b} {y}.", "While {a} {x}, {b} {y}.", "{a} {x}, and rival {b} {y}.",
        "Unlike {a}, which {x}, {b} {y}.", "Analysts note that {a} {x}, whereas {b} {y}.",
        "In a week when {a} {x}, {b} {y}.", "{a}, a supplier of {b}, {x}; {b} {y}.",
    ),
    "test": (
        "{a} {x} on the day when {b} {y}.", "Traders learnt that {a} {x}; {b} {y}.",
        "Whereas {a} {x}, its competitor {b} {y}.", "{a}, often compared with {b}, {x}, but {b} {y}.",
        "As {a} {x}, analysts looked at {b}, which {y}.",
    ),
}  # fmt: skip
FRAMES_BETWEEN: dict[Side, tuple[str, ...]] = {
    "train": ("{told}.", "In May {told}.", "Analysts note that {told}."),
    "test": ("Traders learnt that {told}.", "On the same day {told}."),
}
NAMES: dict[Side, tuple[str, str]] = {
    "train": ("Al Bor Cen Dar Fen Gal Hel Jas Kor Lum", "dine tex mont via zen gard nova rix"),
    "test": ("Mar Nor Pel Quo Sal Tor", "lin stad bix wick phane dor"),
}
"""beginnings and ends of names"""
FRAMES["dev"], FRAMES_BETWEEN["dev"], NAMES["dev"] = FRAMES["train"], FRAMES_BETWEEN["train"], NAMES["train"]


class Told(NamedTuple):
    """A sentence, and how each of two companies fares in it."""

    text: str
    fares: dict[str, str]


def two_entities() -> dict[Side, Table]:
    """Tables with columns text, entity and polarity; always the same."""
    tables: dict[Side, Table] = {}
    for side in SIDES:
        chance = random.Random(side)
        told = {each.text: each for each in (_sentence(side, chance) for _ in range(SENTENCES[side]))}
        rows = [(each.text, name, fares) for each in told.values() for name, fares in each.fares.items()]
        texts, entities, polarities = (list(column) for column in zip(*rows, strict=True))
        tables[side] = Table({"text": texts, "entity": entities, "polarity": polarities}, len(rows), NAME)
    return tables


def _sentence(side: Side, chance: random.Random) -> Told:
    a, b = chance.sample(names(side), 2)
    if chance.random() < SHARE_BETWEEN:
        clause, of_a, of_b = chance.choice(BETWEEN)
        told = clause.format(a=a, b=b)
        return Told(chance.choice(FRAMES_BETWEEN[side]).format(told=told), {a: of_a, b: of_b})
    of_a, of_b = chance.sample(list(EVENTS), 2)
    x, y = (chance.choice(EVENTS[kind]) for kind in (of_a, of_b))
    return Told(chance.choice(FRAMES[side]).format(a=a, b=b, x=x, y=y), {a: of_a, b: of_b})


def names(side: Side) -> Sequence[str]:
    beginnings, ends = (words.split() for words in NAMES[side])
    return [beginning + end for beginning, end in itertools.product(beginnings, ends)]
