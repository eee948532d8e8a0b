"""What stands around two answers in a passage, as pieces that say whose they are."""

from collections.abc import Sequence
from itertools import groupby, pairwise

from headwork.base.span import Piece, Whose

AROUND = 90
"""characters before and behind an answer"""
WORD = 20
"""so many more, where a word would be cut"""
WHOSE: dict[tuple[bool, bool], Whose] = {
    (False, False): "",
    (True, False): "people",
    (False, True): "model",
    (True, True): "both",
}
"""by whether people's answers hold it, and whether the model's does"""
GAP = "\N{HORIZONTAL ELLIPSIS}"

Spans = Sequence[tuple[int, int]]


def excerpt(passage: str, people: Spans, answer: tuple[int, int] | None) -> list[Piece]:
    """The surroundings of every answer in their order, … where something is left out; the start where there is none."""
    own = [answer] if answer else []
    pieces: list[Piece] = []
    end = 0
    for start, stop in _merged([_around(passage, *span) for span in [*people, *own] or [(0, 0)]]):
        if start > end:
            pieces.append(Piece(text=f" {GAP} " if pieces else f"{GAP} "))
        edges = sorted({start, stop, *(edge for span in (*people, *own) for edge in span if start < edge < stop)})
        runs: list[tuple[int, int, Whose]] = [
            (a, b, WHOSE[_holds(people, a, b), _holds(own, a, b)]) for a, b in pairwise(edges)
        ]
        for _, same in groupby(runs, key=lambda run: run[2]):
            parts = list(same)
            pieces.append(Piece(text=passage[parts[0][0] : parts[-1][1]], of=parts[0][2]))
        end = stop
    return [*pieces, Piece(text=f" {GAP}")] if end < len(passage) else pieces


def _holds(spans: Spans, start: int, end: int) -> bool:
    return any(a <= start and end <= b for a, b in spans)


def _around(passage: str, start: int, end: int) -> tuple[int, int]:
    """From the beginning of a word to the end of one, where these are near."""
    low, high = max(0, start - AROUND), min(len(passage), end + AROUND)
    before = passage.rfind(" ", max(0, low - WORD), low)
    behind = passage.find(" ", high, high + WORD)
    return before + 1 if low and before >= 0 else low, behind if behind >= 0 else high


def _merged(spans: Spans) -> list[tuple[int, int]]:
    """Spans in order, those that touch as one."""
    found: list[tuple[int, int]] = []
    for start, stop in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(stop, found[-1][1]))
        else:
            found.append((start, stop))
    return found
