"""One word of a text that is meant: in square brackets, or by its place among the words of the text.

the [duck] swam away        index 1 of "the duck swam away", counted from 0 between single blanks
"""

import re
from typing import NamedTuple

from headwork.base.disambiguate import PARTED_BY
from headwork.base.errors import HeadworkError

MARK = re.compile(r"\[\s*([^\[\]]*?)\s*\]")
SIGNS = re.compile(r"^\W+|\W+$")
"""around a word"""
LONGEST_WORD = 100
"""characters"""


class Occurrence(NamedTuple):
    """Characters start to end of a text, which stand for a word; how it is spelt there may differ from the word."""

    text: str
    start: int
    end: int
    word: str

    @property
    def surface(self) -> str:
        return self.text[self.start : self.end]

    @property
    def marked(self) -> str:
        return f"{self.text[: self.start]}[{self.surface}]{self.text[self.end :]}"


def folded(word: str) -> str:
    """A word as it is looked up: without case, blanks as one."""
    return " ".join(word.split()).casefold()


def in_brackets(written: str, *, where: str, word: str = "") -> Occurrence:
    """The text without the brackets around its one marked word, which is `word` where that is known otherwise."""
    found = list(MARK.finditer(written))
    if len(found) != 1 or not found[0][1]:
        named = f"{len(found)} words are marked" if len(found) > 1 else "no word is marked"
        raise HeadworkError(
            f"{where}: {named} in {written!r:.60}; put the one that is meant in square brackets, as in "
            "'the [duck] swam' (a text with brackets of its own needs a column with the word's index)"
        )
    (mark,) = found
    text = written[: mark.start()] + mark[1] + written[mark.end() :]
    return _checked(Occurrence(text, mark.start(), mark.start() + len(mark[1]), folded(word or mark[1])), where)


def at_index(text: str, index: str, *, where: str, word: str = "") -> Occurrence:
    """The word at a place among those that single blanks part; refused where it does not begin like `word`."""
    words = text.split(" ")
    place = int(index) if re.fullmatch(r"\d{1,9}", index.strip()) else -1
    if not 0 <= place < len(words):
        raise HeadworkError(
            f"{where}: index {index!r:.20}, but the words of {text!r:.60} have the places 0 to {len(words) - 1}, "
            "parted by single blanks"
        )
    token = words[place]
    bare = SIGNS.sub("", token) or token
    if not bare or (word and not folded(bare).startswith(folded(word))):
        near = [number for number, each in enumerate(words) if word and folded(word) in folded(each)]
        hint = f"it stands at {near[0]}" if near else "mark it in the text instead, as in 'two [mice] ran'"
        raise HeadworkError(f"{where}: at index {place} stands {token!r:.40}, not {word or 'a word'!r:.40}; {hint}")
    start = sum(len(each) + 1 for each in words[:place]) + token.index(bare)
    return _checked(Occurrence(text, start, start + len(bare), folded(word or bare)), where)


def _checked(found: Occurrence, where: str) -> Occurrence:
    if PARTED_BY.strip() in found.word or len(found.word) > LONGEST_WORD:
        raise HeadworkError(f"{where}: {found.word!r:.60} is no word: it has a colon in it, or is very long")
    return found
