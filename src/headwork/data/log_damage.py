"""Lines as they come from broken pipes: the same damage for the same line and seed, and the fields follow it.

    header dropped      the line begins within its header, or behind it
    cut short           the line ends somewhere
    separators changed  blanks become tabs, two blanks or bars, brackets other ones
    noise inserted      up to three strange words stand in front of the line or between its words
    case changed        of the level, or where there is none of all that is no field
    several             two of these

A field that is cut keeps what is left of it; what is inserted is no field.
"""

import re
import zlib
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import NamedTuple

import numpy as np

from headwork.base.parse_log import VALUE
from headwork.base.tag import entities_of
from headwork.data.conll import Sentence
from headwork.data.spans import Named, with_spans
from headwork.data.tagged import TaggedExamples

TEST, TRAINING = 1, 2
"""streams of random numbers that never meet"""
LEVELS = frozenset("level severity priority loglevel log_level".split())
SEVERAL = "several"
LEAST_LEFT = 0.3
"""of a line, at least"""


class Edit(NamedTuple):
    """Characters start to end become `text`; those of one damage do not overlap."""

    start: int
    end: int
    text: str


class Marked(NamedTuple):
    """A line and its fields."""

    text: str
    spans: list[Named]


@dataclass(frozen=True)
class Degraded:
    """Damaged lines, and what was done to each."""

    examples: TaggedExamples
    kinds: list[str]


def degraded(examples: TaggedExamples) -> Degraded:
    """Each line damaged once, as it is measured."""
    found = [damaged(line, _drawn(TEST, line)) for line in examples.sentences]
    lines, kinds = [line for line, _ in found], [kind for _, kind in found]
    return Degraded(TaggedExamples(lines, examples.rows, examples.tags), kinds)


def with_copies(examples: TaggedExamples, copies: int, *, seed: int) -> TaggedExamples:
    """The lines, and so many damaged copies of each to learn from; never those that are measured."""
    lines = list(examples.sentences)
    for copy in range(copies):
        lines += [damaged(line, _drawn(TRAINING, line, seed, copy))[0] for line in examples.sentences]
    return TaggedExamples(lines, np.tile(examples.rows, copies + 1), examples.tags)


def _drawn(stream: int, line: Sentence, *more: int) -> np.random.Generator:
    """Random numbers of the line itself, wherever it stands."""
    return np.random.default_rng([stream, *more, zlib.crc32(line.text.encode())])


def damaged(line: Sentence, random: np.random.Generator) -> tuple[Sentence, str]:
    """The line with damage drawn from `random`, and of which kind; a kind that it cannot take gives way to noise."""
    spans = [
        Named(line.places[each.start][0], line.places[each.end - 1][1], each.label) for each in entities_of(line.tags)
    ]
    names = [*DAMAGES, SEVERAL]
    kind = names[random.integers(len(names))]
    chosen = random.choice(list(DAMAGES), 2, replace=False).tolist() if kind == SEVERAL else [kind]
    marked, done = Marked(line.text, spans), []
    for name in chosen:
        edits = list(DAMAGES[name](marked, random))
        done.append(name if edits else NOISE)
        marked = edited(marked, edits or list(_noise(marked, random)))
    found = with_spans(marked.text, marked.spans, "log").sentence
    return found, SEVERAL if len(done) > 1 else done[0]


def edited(marked: Marked, edits: Sequence[Edit]) -> Marked:
    """The line after `edits`, and its spans where they are then; one of which nothing is left is left out.

    What is inserted just before or behind a span is no part of it.
    """
    edits = sorted(edits)
    starts = [edit.start for edit in edits]
    shifts = list(accumulate((len(edit.text) - (edit.end - edit.start) for edit in edits), initial=0))

    def moved(border: int, *, is_end: bool) -> int:
        number = bisect_left(starts, border)  # of edits before it
        while not is_end and number < len(edits) and edits[number].start == edits[number].end == border:
            number += 1
        if number and edits[number - 1].end > border:  # within what is cut
            return edits[number - 1].start + shifts[number - 1]
        return border + shifts[number]

    pieces, at = [], 0
    for edit in edits:
        pieces += [marked.text[at : edit.start], edit.text]
        at = edit.end
    text = "".join([*pieces, marked.text[at:]])
    spans = [Named(moved(one.start, is_end=False), moved(one.end, is_end=True), one.label) for one in marked.spans]
    return Marked(text, [span for span in spans if text[span.start : span.end].strip()])


def _header_dropped(marked: Marked, random: np.random.Generator) -> Iterator[Edit]:
    header = [span for span in marked.spans if span.label != VALUE] or marked.spans[: len(marked.spans) // 2]
    header = [span for span in header if span.end <= (1 - LEAST_LEFT) * len(marked.text)]
    if not header:
        return
    last = header[random.integers(len(header))]
    if random.random() < 0.5:  # within the field
        yield Edit(0, int(random.integers(last.start, last.end)) or 1, "")
        return
    behind = SIGNS.match(marked.text, last.end)
    yield Edit(0, behind.end() if behind and random.random() < 0.5 else last.end, "")


def _cut_short(marked: Marked, random: np.random.Generator) -> Iterator[Edit]:
    length = len(marked.text)
    if length > 4:
        yield Edit(int(random.integers(max(1, int(LEAST_LEFT * length)), length)), length, "")


SEPARATOR, SIGNS, BLANK = re.compile(r": |\s+|[\[\]]"), re.compile(r"[^\w\s]*\s*"), re.compile(r"\s+")
BLANKS = ("\t", "  ", " | ", "   ")
BRACKETS = ("()", "{}", "<>", "||")


def _separators(marked: Marked, random: np.random.Generator) -> Iterator[Edit]:
    blank, brackets = BLANKS[random.integers(len(BLANKS))], BRACKETS[random.integers(len(BRACKETS))]
    signs = {"[": brackets[0], "]": brackets[1], ": ": (" - ", "= ")[random.integers(2)]}
    header = max((span.end for span in marked.spans if span.label != VALUE), default=0)
    for start, end in _between(marked):
        for found in SEPARATOR.finditer(marked.text, start, end):
            new = signs.get(found.group(), blank)
            if "|" in new and found.start() > header:  # bars part fields of a header, words of a content they do not
                new = "  " if new == blank else found.group()
            if new != found.group():
                yield Edit(*found.span(), new)


def _noise(marked: Marked, random: np.random.Generator) -> Iterator[Edit]:
    places = [0, *(found.end() for start, end in _between(marked) for found in BLANK.finditer(marked.text, start, end))]
    for place in sorted(random.choice(places, min(len(places), int(random.integers(1, 4))), replace=False).tolist()):
        yield Edit(place, place, f"{_junk(random)} ")


def _junk(random: np.random.Generator) -> str:
    """A word that no line has: a number in angles, a hexadecimal number, letters, a tag, a colour of terminals."""
    number = int(random.integers(1 << 31))
    letters = "".join(chr(97 + letter) for letter in random.integers(0, 26, 6))
    return str(
        random.choice([f"<{number % 192}>", f"0x{number:08x}", letters, f"[{letters}-{number % 100}]", "\x1b[0m"])
    )


def _case(marked: Marked, random: np.random.Generator) -> Iterator[Edit]:
    levels = [(span.start, span.end) for span in marked.spans if span.label.lower() in LEVELS]
    for start, end in levels or list(_between(marked)):
        text = marked.text[start:end]
        new = text.lower() if text.isupper() else text.upper()
        if new != text and len(new) == len(text):
            yield Edit(start, end, new)


def _between(marked: Marked) -> Iterator[tuple[int, int]]:
    """Characters that are no field."""
    borders = [0, *(border for span in marked.spans for border in (span.start, span.end)), len(marked.text)]
    yield from ((start, end) for start, end in list(pairwise(borders))[::2] if start < end)


NOISE = "noise inserted"
Damage = Callable[[Marked, np.random.Generator], Iterator[Edit]]
DAMAGES: dict[str, Damage] = {
    "header dropped": _header_dropped,
    "cut short": _cut_short,
    "separators changed": _separators,
    NOISE: _noise,
    "case changed": _case,
}
