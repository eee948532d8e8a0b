"""An English text as words in lower case, with marks of their own for capitals and repetition; and back.

    The DOG doesn't bark!!!!   ->   xxmaj the xxup dog does n't bark xxrep 4 !

These are the tokens of fastai (Howard and Gugger 2020, "fastai: a layered API for deep learning"), whose words are cut
by spaCy; here a rule cuts them that comes near to it. Blanks are no tokens: where one stands follows from the words
beside it, and so does the case of a single letter. What does not follow is lost, and `Marked.said` tells where.
"""

import re
from collections.abc import Container, Iterable
from typing import NamedTuple

from headwork.base.language import UNKNOWN

UNKNOWN_WORD, FILL, OPENING, CLOSING, FIELD, REPEATED, REPEATED_WORD, UPPER, CAPITAL = MARKS = (
    "xxunk", "xxpad", "xxbos", "xxeos", "xxfld", "xxrep", "xxwrep", "xxup", "xxmaj",
)  # fmt: skip
"""in the order in which fastai numbers them"""
SILENT = {*MARKS, "xxfake"}
"""tokens that stand for no characters; the last fills a vocabulary up"""
NEWLINE = "\n"
TIMES = 3
"""a character that stands so often in a row is one token with a number"""
MOST_TIMES = 100
"""that are written, whatever the number says"""

_LETTERS = r"(?:(?!(\S)\{0}\{0})\w)+"
"""up to what is repeated"""
PIECE = re.compile(
    "|".join(
        (
            NEWLINE,
            rf"(\S)\1{{{TIMES - 1},}}",
            _LETTERS.format(2) + r"?(?=(?i:n't)\b)",
            r"(?i:n't)\b",
            r"'(?i:s|re|ve|ll|d|m)\b",
            r"\d+(?:[.,]\d+)+",
            _LETTERS.format(3),
            r"\S",
        )
    )
)
TO_THE_LEFT = {*".,;:!?%)]}…’”'", "n't", "'s", "'re", "'ve", "'ll", "'d", "'m"}
TO_THE_RIGHT = {*"([{$£€#“‘"}
BETWEEN = {"-", "/", "–", "—", "_", "@"}
"""tokens without a blank before them, behind them, on either side"""


class Marked(NamedTuple):
    """A token, the character from which on its text stands, blanks before it included, and whether it gives it back."""

    token: str
    start: int
    said: bool


def cut(text: str, known: Container[str] | None = None) -> list[Marked]:
    """The tokens of a text, of which those in `known` are written; where line ends are not, they are blanks."""
    tokens: list[str] = []
    starts: list[int] = []
    end = 0
    for match in PIECE.finditer(text):
        found = match.group()
        if found == NEWLINE and known is not None and NEWLINE not in known:
            continue
        own = _tokens(found, repeated=match.group(1))
        tokens += own
        starts += [end] * len(own)
        end = match.end()
    ends = [*starts, len(text)][1:]
    pieces = written(token if known is None or token in known else UNKNOWN for token in tokens)
    return [
        Marked(token, start, text[start:stop] == piece)
        for token, start, stop, piece in zip(tokens, starts, ends, pieces, strict=True)
    ]


def _tokens(found: str, repeated: str | None) -> list[str]:
    lower = found.lower()
    if repeated:
        return [REPEATED, str(len(found)), lower[0]]
    if lower in SILENT:  # what a user writes is no mark
        return [UNKNOWN]
    if len(found) > 1 and found == found.upper() != lower:
        return [UPPER, lower]
    return [CAPITAL, lower] if len(found) > 1 and found == lower.capitalize() != lower else [lower]


def written(tokens: Iterable[str]) -> list[str]:
    """The characters that each token stands for, the blank before it included; those of a mark stand at its word."""
    pieces: list[str] = []
    before, mark, times = NEWLINE, "", 0
    quoted = False
    for token in tokens:
        if token in SILENT:
            mark = token if token in (REPEATED, REPEATED_WORD, UPPER, CAPITAL) else mark
            pieces.append("")
        elif mark in (REPEATED, REPEATED_WORD) and not times and token.isascii() and token.isdigit():
            times = min(max(int(token[:4]), 1), MOST_TIMES)
            pieces.append("")
        else:
            quoted ^= token == '"'
            blank = " " if _blank(before, token, quoted) else ""
            pieces.append(blank + _cased(token, mark, times))
            before = '"' + "<>"[quoted] if token == '"' else token
            mark, times = "", 0
    return pieces


def _cased(token: str, mark: str, times: int) -> str:
    if times:
        return (" " if mark == REPEATED_WORD else "").join([token] * times)
    if mark in (UPPER, CAPITAL):
        return token.upper() if mark == UPPER else token.capitalize()
    return "I" if token == "i" else token


def _blank(before: str, token: str, quoted: bool) -> bool:
    """Does a blank stand between two tokens? The quotation mark opens and closes by turns."""
    if before == NEWLINE or token == NEWLINE or before in BETWEEN or token in BETWEEN:
        return False
    if token == '"' and not quoted:
        return False
    return token not in TO_THE_LEFT and before not in TO_THE_RIGHT and before != '">'
