"""Texts to words, each with its place, for models that tag words.

parts    runs of letters, runs of digits, single signs: for texts whose spans may begin and end anywhere
log      runs of letters and digits, single signs: for lines of logs, whose ids mix both (0x0b85eee0) and whose fields
         are parted by signs; a model is told of each word whether a blank stands before it
words    as treebanks and collections of names write them: what stands between blanks, without the signs around it,
         and English 's, n't, 'll, … by themselves
"""

import re
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Literal

Splitting = Literal["parts", "words", "log"]
Place = tuple[int, int]
"""characters start to end of a text"""

OPENING = "\"'`([{<«“‘„¿¡"
CLOSING = ".,;:!?…\"'`)]}>»”’"
CLITIC = re.compile(r"(?i)(?<=.)(?:n['’]t|['’](?:s|re|ve|ll|d|m))$")
KEPT = re.compile(r"(?i)(?:[a-z]\.)+|https?://\S*[\w/]|[:;=8][-o']?[()\[\]dp/]+|<3")
"""initials, addresses and faces keep their signs"""


def places_of_words(text: str, splitting: Splitting) -> list[Place]:
    """Every character that is no blank is in just one word."""
    if splitting != "words":
        return [found.span() for found in _runs(splitting).finditer(text)]
    return [place for found in re.finditer(r"\S+", text) for place in _peeled(found.group(), found.start())]


def words_at(text: str, places: Sequence[Place], splitting: Splitting) -> tuple[str, ...]:
    """What a model is given of the words at these places: of a log with one blank in front where the text has any."""
    if splitting != "log":
        return tuple(text[start:end] for start, end in places)
    return tuple(f"{' ' if text[start - 1 : start].isspace() else ''}{text[start:end]}" for start, end in places)


@cache
def _runs(splitting: Literal["parts", "log"]) -> re.Pattern[str]:
    # A mark above a letter is no letter to `re`, and would part the words of many scripts.
    marks = "".join(chr(code) for code in range(sys.maxunicode >> 4) if unicodedata.category(chr(code))[0] == "M")
    if splitting == "log":
        return re.compile(rf"(?:[^\W_]|[{marks}])+|[^\w\s]|_")
    return re.compile(rf"(?:[^\W\d_]|[{marks}])+|\d+|[^\w\s]|_")


def _peeled(run: str, start: int) -> Iterator[Place]:
    """The words of a run without blanks that stands at `start`."""
    if KEPT.fullmatch(run):
        yield start, start + len(run)
        return
    first = next((place for place, sign in enumerate(run) if sign not in OPENING), len(run))
    last = next((place for place in range(len(run), first, -1) if run[place - 1] not in CLOSING), first)
    if KEPT.fullmatch(run[first : last + 1]) and last < len(run):
        last += 1  # the dot belongs to the initials
    yield from _signs(run[:first], start)
    if clitic := CLITIC.search(run, first, last):
        yield start + first, start + clitic.start()
        yield start + clitic.start(), start + last
    elif first < last:
        yield start + first, start + last
    yield from _signs(run[last:], start + last)


def _signs(run: str, start: int) -> Iterator[Place]:
    """Each sign by itself, but several of one kind together."""
    yield from ((start + found.start(), start + found.end()) for found in re.finditer(r"(.)\1*", run))
