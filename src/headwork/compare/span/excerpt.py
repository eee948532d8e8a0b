"""What stands around two answers in a passage, as pieces that say whose they are."""

from collections.abc import Sequence
from itertools import pairwise

from headwork.base.span import Piece

AROUND = 90
"""characters before and behind an answer"""
GAP = "\N{HORIZONTAL ELLIPSIS}"

Spans = Sequence[tuple[int, int]]


def excerpt(passage: str, people: Spans, answer: tuple[int, int] | None) -> list[Piece]:
    """The surroundings of every answer in their order, … where something is left out; the start where there is none."""
    own = [answer] if answer else []
    marked = [*people, *own] or [(0, 0)]
    pieces: list[Piece] = []
    end = 0
    for start, stop in _merged([(max(0, a - AROUND), min(len(passage), b + AROUND)) for a, b in marked]):
        if start > end:
            pieces.append(Piece(text=f" {GAP} " if pieces else f"{GAP} "))
        edges = sorted({start, stop, *(edge for span in (*people, *own) for edge in span if start < edge < stop)})
        for a, b in pairwise(edges):
            of = {(True, False): "people", (False, True): "model", (True, True): "both"}
            inside = any(x <= a and b <= y for x, y in people), any(x <= a and b <= y for x, y in own)
            pieces.append(Piece(text=passage[a:b], of=of.get(inside, "")))
        end = stop
    return [*pieces, Piece(text=f" {GAP}")] if end < len(passage) else pieces


def _merged(spans: Spans) -> list[tuple[int, int]]:
    """Spans in order, those that touch as one."""
    found: list[tuple[int, int]] = []
    for start, stop in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(stop, found[-1][1]))
        else:
            found.append((start, stop))
    return found
