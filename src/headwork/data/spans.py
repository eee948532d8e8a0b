"""Texts with spans, a JSON object a line: {"text": …, "spans": [[start, end, label], …]}.

A span holds the characters from start up to end. A span may also be an object with these names, as `headwork predict`
writes entities.
"""

import itertools
from collections.abc import Sequence
from pathlib import Path

import msgspec

from headwork.base.errors import HeadworkError
from headwork.base.limits import Limits
from headwork.base.tag import OUTSIDE
from headwork.data.conll import Sentence
from headwork.data.lines import read_lines
from headwork.data.words import Place, places_of_words


class Named(msgspec.Struct, frozen=True):
    start: int
    end: int
    label: str


class Line(msgspec.Struct, frozen=True):
    text: str
    spans: list[tuple[int, int, str] | Named] | None = None


_line = msgspec.json.Decoder(Line)


def read_spans(path: Path, limits: Limits, *, tagged: bool) -> tuple[list[Sentence], int]:
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
        places = places_of_words(read.text, "parts")
        tags: list[str] = []
        if tagged:
            spans = _checked(read, f"{path}, line {number}")
            tags, wide = _tags(places, spans, f"{path}, line {number}")
            widened += wide
        words = tuple(read.text[start:end] for start, end in places)
        sentences.append(Sentence(read.text, words, tuple(places), tuple(tags), (number,) * len(words)))
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


def _tags(places: Sequence[Place], spans: Sequence[Named], where: str) -> tuple[list[str], int]:
    """The tag of each word in IOB2, and how many spans are wider in words."""
    tags, widened = [OUTSIDE] * len(places), 0
    for span in spans:
        inside = [n for n, (start, end) in enumerate(places) if start < span.end and end > span.start]
        inside = [n for n in inside if tags[n] == OUTSIDE]
        if not inside:
            raise HeadworkError(f"{where}: the span {_shown(span)} holds no word of its own")
        widened += places[inside[0]][0] < span.start or places[inside[-1]][1] > span.end
        for place in inside:
            tags[place] = f"{'B' if place == inside[0] else 'I'}-{span.label.strip()}"
    return tags, widened


def _shown(span: Named) -> str:
    return f"[{span.start}, {span.end}, {span.label!r:.40}]"
