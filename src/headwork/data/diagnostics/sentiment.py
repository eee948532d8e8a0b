"""Minimal pairs for classifiers of sentiment.

Items of one group have in common what the suite is about: the telling word, what was added, the name.
"""

from collections.abc import Iterator
from itertools import product

from headwork.data.diagnostics.items import Contrast

THINGS = ("film", "book", "hotel", "meal", "concert", "show", "trip", "game")
PRAISE = (
    *("good", "great", "wonderful", "excellent", "delightful", "brilliant"),
    *("superb", "charming", "fantastic", "lovely"),
)
BLAME = (
    *("bad", "terrible", "awful", "boring", "dreadful", "disappointing"),
    *("horrible", "poor", "dull", "mediocre"),
)
SOME = 3
"""of the words, where something else is changed"""
STRONGER = ("very", "extremely", "really", "truly")
ADDED = (
    "We went there on a Tuesday.",
    "It is number seven on the list.",
    "My ticket had a blue stripe.",
    "The street outside leads to the station.",
    "It began at seven and ended at nine.",
    "My sister lives on the other side of the river.",
    "The number on the door was 214.",
    "We paid by card.",
)
NAMES = ("Anna", "Mohammed", "Ling", "Oluwaseun", "Carlos", "Shira", "Ivan", "Priya", "Yuki", "Fatima")
"""given names of several places; the first stands in the first text"""
ROLES = (
    ("I expected the {0} to be {1}, but it was {2}.", BLAME, PRAISE),
    ("It is not true that the {0} was {1}, for it was {2}.", BLAME, PRAISE),
    ("My friend called the {0} {1}, and was wrong: it was {2}.", BLAME, PRAISE),
)
"""what is said of the thing comes last; with the two words in each other's place it is said the other way round"""


def negation() -> Iterator[Contrast]:
    """Praise that is denied is blame."""
    for thing, word in product(THINGS, PRAISE):
        plain, denied = f"The {thing} was {word}.", f"The {thing} was not {word}."
        yield Contrast("negation of praise", word, "turns", (plain,), (denied,), (True, False))


def negated_blame() -> Iterator[Contrast]:
    for thing, word in product(THINGS, BLAME):
        plain, denied = f"The {thing} was {word}.", f"The {thing} was not {word}."
        yield Contrast("negation of blame", word, "turns", (plain,), (denied,), (False, True))


def intensifiers() -> Iterator[Contrast]:
    for thing, (place, word), stronger in product(THINGS, enumerate((*PRAISE[:SOME], *BLAME[:SOME])), STRONGER):
        positive = place < SOME
        texts = (f"The {thing} was {word}.",), (f"The {thing} was {stronger} {word}.",)
        yield Contrast("intensifiers", word, "grows", *texts, (positive, positive))


def roles() -> Iterator[Contrast]:
    """The same words, of which two have changed places."""
    for (frame, blame, praise), thing, place in product(ROLES, THINGS, range(len(PRAISE))):
        texts = (frame.format(thing, blame[place], praise[place]),), (frame.format(thing, praise[place], blame[place]),)
        yield Contrast("role reversal", praise[place], "turns", *texts, (True, False))


def additions() -> Iterator[Contrast]:
    for thing, place, more in product(THINGS, range(SOME), ADDED):
        for word, positive in ((PRAISE[place], True), (BLAME[place], False)):
            text = f"The {thing} was {word}."
            yield Contrast("irrelevant addition", more, "stays", (text,), (f"{text} {more}",), (positive, positive))


def names() -> Iterator[Contrast]:
    for thing, place, name in product(THINGS, range(SOME), NAMES[1:]):
        for word, positive in ((PRAISE[place], True), (BLAME[place], False)):
            texts = [(f"{each} thought that the {thing} was {word}.",) for each in (NAMES[0], name)]
            yield Contrast("swap of names", name, "stays", texts[0], texts[1], (positive, positive))


SUITES = (negation, negated_blame, intensifiers, roles, additions, names)
