"""A text that is asked about one of the things it names: marks stand around each place where it names the thing.

The marks are noncharacters (The Unicode Standard, section 23.7), with which no text is exchanged; one that a user's
text holds all the same is written as U+FFFD before anything is marked, so that no text can forge a mark. Networks read
a mark as a token of its own (Soares et al. 2019, "Matching the Blanks", section 3.2, entity markers).
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

OPEN, CLOSE = "\ufdd0", "\ufdd1"
MARKS = re.compile(f"[{OPEN}{CLOSE}]")

Place = tuple[int, int]
"""characters start to end of a text, the end exclusive"""


class Bare(NamedTuple):
    """A text without marks, and where they stood around."""

    text: str
    places: list[Place]


def places_of(text: str, name: str) -> list[Place]:
    """Where a text names a thing: as whole words, else in other capitals, else within words; none where it does not."""
    found: list[Place] = []
    for pattern, flags in ((rf"(?<!\w){re.escape(name)}(?!\w)", 0), (rf"(?<!\w){re.escape(name)}(?!\w)", re.I)):
        found = found or [match.span() for match in re.finditer(pattern, text, flags)]
    return found or [match.span() for match in re.finditer(re.escape(name), text, re.I)]


def marked(text: str, places: Sequence[Place]) -> str:
    """The text with marks around places that come in order and do not overlap."""
    pieces, at, clean = [], 0, MARKS.sub("\ufffd", text)
    for start, end in places:
        pieces += [clean[at:start], OPEN, clean[start:end], CLOSE]
        at = end
    return "".join([*pieces, clean[at:]])


def bare(text: str) -> Bare:
    """What `marked` was given; of a text without marks the text alone."""
    if OPEN not in text:
        return Bare(text, [])
    marks = [match.start() for match in MARKS.finditer(text)]
    edges = [place - number for number, place in enumerate(marks)]
    return Bare(MARKS.sub("", text), list(zip(edges[::2], edges[1::2], strict=False)))


def shown(text: str) -> str:
    """With brackets in the place of marks, for people."""
    return text.replace(OPEN, "⟦").replace(CLOSE, "⟧")
