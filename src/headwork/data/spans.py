"""Texts with spans, a JSON object a line: {"text": …, "spans": [[start, end, label], …]}.

A span holds the characters from start up to end. A span may also be an object with these names, as `headwork predict`
writes entities.
"""

import itertools
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from headwork.base.errors import HeadworkError
from headwork.base.limits import Limits
from headwork.base.tag import OUTSIDE
from headwork.data.conll import Sentence
from headwork.data.lines import read_lines
from headwork.data.words import Splitting, places_of_words, words_at


class Named(msgspec.Struct, frozen=True):
    start: int
    end: int
    label: str


class Line(msgspec.Struct, frozen=True):
    text: str
    spans: list[tuple[int, int, str] | Named] | None = None


_line = msgspec.json.Decoder(Line)


def read_spans(
    path: Path, limits: Limits, *, tagged: bool, splitting: Splitting = "parts"
) -> tuple[list[Sentence], int]:
    """The texts in words, and how many spans began or ended within a word and were widened to it."""
    sentences, widened = [], 0
    for number, line in enumerate(read_lines(path, limits), 1):
        if not line.strip():
            continue
        try:
            read = _line.decode(line)
        except (msgspec.DecodeError, RecursionError) as error:
            raise HeadworkError(
                f'{path}, line {number}: {error}; expected {{"text": "…", "spans": [[start, end, "label"], …]}}'
            ) from error
        marked = with_spans(read.text, _checked(read, f"{path}, line {number}") if tagged else [], splitting)
        if marked.lost:
            raise HeadworkError(f"{path}, line {number}: the span {_shown(marked.lost[0])} holds no word of its own")
        widened += marked.widened
        lines = (number,) * len(marked.sentence.words)
        sentences.append(marked.sentence._replace(tags=marked.sentence.tags if tagged else (), lines=lines))
    return sentences, widened


def _checked(line: Line, where: str) -> list[Named]:
    if line.spans is None:
        raise HeadworkError(f"{where}: no spans; write an empty list where a text has none")
    spans = [each if isinstance(each, Named) else Named(*each) for each in line.spans]
    spans.sort(key=lambda span: (span.start, span.end))
    for span in spans:
        if not 0 <= span.start < span.end <= len(line.text) or not span.label.strip():
            raise HeadworkError(
                f"{where}: the span {_shown(span)} is not within the text, which has {len(line.text)} characters"
            )
    for one, other in itertools.pairwise(spans):
        if other.start < one.end:
            raise HeadworkError(f"{where}: the spans {_shown(one)} and {_shown(other)} overlap; leave one out")
    return spans


class Marked(NamedTuple):
    """A text in words, with the tags that its spans give them in IOB2."""

    sentence: Sentence
    widened: int
    """spans that begin or end within a word, and are wider in words"""
    lost: list[Named]
    """spans without a word of their own"""


def with_spans(text: str, spans: Sequence[Named], splitting: Splitting) -> Marked:
    """`spans` in their order, none of which overlaps another."""
    places = places_of_words(text, splitting)
    starts, ends = [start for start, _ in places], [end for _, end in places]
    tags, widened, lost = [OUTSIDE] * len(places), 0, []
    for span in spans:
        first, last = bisect_right(ends, span.start), bisect_left(starts, span.end)
        inside = [place for place in range(first, last) if tags[place] == OUTSIDE]
        if not inside:
            lost.append(span)
            continue
        widened += starts[inside[0]] < span.start or ends[inside[-1]] > span.end
        for place in inside:
            tags[place] = f"{'B' if place == inside[0] else 'I'}-{span.label.strip()}"
    return Marked(Sentence(text, words_at(text, places, splitting), tuple(places), tuple(tags), ()), widened, lost)


def _shown(span: Named) -> str:
    return f"[{span.start}, {span.end}, {span.label!r:.40}]"
