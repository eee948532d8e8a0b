"""Minimal pairs for models of two texts: does the second follow from the first, or is it as near to it."""

from collections.abc import Iterator
from itertools import product

from headwork.data.diagnostics.items import Contrast, a

PEOPLE = (
    *(("girl", "boy"), ("man", "woman"), ("teacher", "student"), ("nurse", "doctor"), ("dog", "horse")),
    *(("farmer", "soldier"), ("singer", "dancer"), ("painter", "writer"), ("cat", "goat"), ("judge", "driver")),
)
DOING = (
    *(("chasing", "chased"), ("watching", "watched"), ("following", "followed"), ("helping", "helped")),
    *(("pushing", "pushed"), ("calling", "called"), ("greeting", "greeted"), ("carrying", "carried")),
)
KINDS = (
    ("guitar", "drum", "instrument"),
    ("rose", "tulip", "flower"),
    ("dog", "cat", "animal"),
    ("pear", "banana", "fruit"),
    ("truck", "bus", "vehicle"),
    ("sparrow", "crow", "bird"),
    ("hammer", "saw", "tool"),
    ("carrot", "potato", "vegetable"),
    ("diamond", "ruby", "stone"),
    ("fly", "bee", "insect"),
)
"""two of a kind, and the kind"""
FRAMES = ("A man is looking at {}.", "A woman is drawing {}.", "There is {} in the picture.", "The child sees {}.")
DENIED = (
    "A man is not looking at {0}.",
    "A woman is not drawing {0}.",
    "There is no {1} in the picture.",
    "The child does not see {0}.",
)
"""what the frames say, denied; {1} is the noun without its article"""


def negation() -> Iterator[Contrast]:
    """What is denied does not follow, though it has the same words and one more."""
    for (one, _, kind), (plain, denied) in product(KINDS, zip(FRAMES, DENIED, strict=True)):
        premise = plain.format(a(one))
        told = [(premise, text) for text in (plain.format(a(kind)), denied.format(a(kind), kind))]
        yield Contrast("negation", one, "turns", told[0], told[1], (True, False))


def roles() -> Iterator[Contrast]:
    """Who does it to whom, told in the passive; both second texts have the same words."""
    for (one, other), (doing, done) in product(PEOPLE, DOING):
        for agent, patient in ((one, other), (other, one)):
            premise = f"The {agent} is {doing} the {patient}."
            told = [f"The {x} is being {done} by the {y}." for x, y in ((patient, agent), (agent, patient))]
            group = f"{one} {other}"
            yield Contrast("role reversal", group, "turns", (premise, told[0]), (premise, told[1]), (True, False))


def hypernyms() -> Iterator[Contrast]:
    """A kind follows, another one of the kind does not."""
    for (one, other, kind), frame in product(KINDS, FRAMES):
        premise = frame.format(a(one))
        told = [(premise, frame.format(a(word))) for word in (kind, other)]
        yield Contrast("category membership", one, "turns", told[0], told[1], (True, False))


def directions() -> Iterator[Contrast]:
    """What follows from one of a kind does not follow from the kind."""
    for (one, _, kind), frame in product(KINDS, FRAMES):
        texts = [frame.format(a(word)) for word in (one, kind)]
        forth, back = (texts[0], texts[1]), (texts[1], texts[0])
        yield Contrast("category, the other way round", one, "turns", forth, back, (True, False))


SUITES = (negation, roles, hypernyms, directions)
ORDERED = ("category, the other way round",)
"""suites that mean nothing where the order of the two texts does not count"""
