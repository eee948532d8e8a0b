"""What stands between the literals of a pattern such as `Found child <*> in slot <*>`, in linear time.

    text = literal_0 gap_1 literal_1 ... gap_n literal_n

Each literal is taken where it first stands behind the one before. A later place would leave less to those that follow,
so that the first one fits whenever any does: what `^l0(.*?)l1(.*?)...ln$` finds by backtracking, which may take
exponential time, is found in one pass. Each gap but the last is as short as can be, as there.
"""

from collections.abc import Sequence
from typing import NamedTuple

Gap = tuple[int, int]
"""characters start to end of the text"""


class Begun(NamedTuple):
    """The gaps of a text that begins as a pattern does, and where the pattern ends in it."""

    gaps: list[Gap]
    end: int


def begins_with(literals: Sequence[str], text: str, *, fewest: int = 0) -> Begun | None:
    """Does `text` begin with these literals and gaps; fewest: characters of a gap, at least."""
    if not text.startswith(literals[0]):
        return None
    gaps, end = [], len(literals[0])
    for literal in literals[1:]:
        place = text.find(literal, end + fewest)
        if place < 0:
            return None
        gaps.append((end, place))
        end = place + len(literal)
    return Begun(gaps, end)


def gaps_in(literals: Sequence[str], text: str, *, fewest: int = 0) -> list[Gap] | None:
    """The gaps of a text that is these literals with gaps between, from its first to its last character."""
    *others, last = literals
    if not others:
        return [] if text == last else None
    begun, end = begins_with(others, text, fewest=fewest), len(text) - len(last)
    if begun is None or end - begun.end < fewest or not text.endswith(last):
        return None
    return [*begun.gaps, (begun.end, end)]
