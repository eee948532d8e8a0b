"""Sentences as they should have been tagged and as they were, in pieces that a page can mark."""

import itertools
from collections.abc import Collection, Iterator, Sequence
from typing import Literal

import msgspec

from headwork.base.tag import Entity, TagMistake, entities_of
from headwork.report.text import visible

CONTEXT = 12
"""words on each side of what is marked; what is further away is left out"""
GAP = "…"


class Piece(msgspec.Struct, frozen=True):
    """Some words of a sentence, with what was said of them where it matters."""

    text: str
    label: str = ""
    kind: Literal["", "right", "wrong"] = ""


class Line(msgspec.Struct, frozen=True):
    who: Literal["true", "told"]
    pieces: list[Piece]


def lines_of(mistake: TagMistake, *, of_entities: bool, glue: str = " ") -> list[Line]:
    """The truth, and what was told; what both have is right. glue: what stands between words."""
    if of_entities:
        true, told = entities_of(mistake.target), entities_of(mistake.predicted)
    else:
        true, told = _wrong(mistake.target, mistake.predicted), _wrong(mistake.predicted, mistake.target)
    both = {*true} & {*told}
    near = {word for entity in {*true, *told} for word in range(entity.start - CONTEXT, entity.end + CONTEXT)}
    return [
        Line("true", list(_pieces(mistake.words, true, both, near, glue))),
        Line("told", list(_pieces(mistake.words, told, both, near, glue))),
    ]


def _wrong(tags: Sequence[str], others: Sequence[str]) -> list[Entity]:
    """Words by themselves that the other side tags otherwise."""
    pairs = enumerate(zip(tags, others, strict=True))
    return [Entity(place, place + 1, tag) for place, (tag, other) in pairs if tag != other]


def _pieces(
    words: Sequence[str], marked: Sequence[Entity], both: Collection[Entity], near: Collection[int], glue: str
) -> Iterator[Piece]:
    end = 0
    for entity in [*marked, Entity(len(words), len(words), "")]:
        if between := _plain(words, range(end, entity.start), near, glue):
            yield Piece(between)
        if entity.label:
            text = visible(glue.join(words[entity.start : entity.end]).strip())
            yield Piece(text, visible(entity.label), "right" if entity in both else "wrong")
        end = entity.end


def _plain(words: Sequence[str], places: range, near: Collection[int], glue: str) -> str:
    """Words without a mark; of those far from any mark only that they are there."""
    runs = itertools.groupby(places, key=lambda place: place in near)
    return " ".join(glue.join(visible(words[place]) for place in run).strip() if close else GAP for close, run in runs)
