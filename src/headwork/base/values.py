"""What a cell or an answer says: a number, a date or a text; and when two of them say the same.

    normalised   accents off, quotes and dashes plain, without citations, details in brackets, outer quotation marks and
                 the last full stop behind it, white space folded, lower case
    value        the number or the date that the normalised text is, else the text itself

Two answers are the same where their values are. These are the rules of WikiTableQuestions' own evaluator (Pasupat and
Liang 2015, "Compositional semantic parsing on semi-structured tables"), which takes numbers and dates of its answers
from CoreNLP; in their place a number may have commas between thousands, and a date be written out.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Any, NamedTuple

QUOTES, DASHES = re.compile("[‘’´`]"), re.compile("[‐‑‒–—−]")
CITATIONS = re.compile(r"((?<!^)\[[^\]]*\]|\[\d+\]|[•♦†‡*#+])*$")
DETAILS = re.compile(r"(?<!^)( \([^)]*\))*$")
QUOTED = re.compile(r'^"([^"]*)"$')
NUMBER = re.compile(r"[+-]?(?:(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?|\.\d+)(?:e[+-]?\d{1,2})?")
MONTHS = "january february march april may june july august september october november december".split()
_MONTH = rf"({'|'.join(f'{name[:3]}(?:{name[3:]})?' if name[3:] else name for name in MONTHS)})\.?"
_DAY, _YEAR = r"(\d{1,2})(?:st|nd|rd|th)?", r"(\d{4})"
ISO = re.compile(r"(0*[1-9]\d*|xx|xxxx)-(0*[1-9]\d*|xx)-(0*[1-9]\d*|xx)")
ONLY_YEAR = re.compile(r"(\d+)-xx-xx")
WRITTEN = (
    (re.compile(rf"{_MONTH} {_DAY}(?: ?,)? {_YEAR}"), "mdy"),
    (re.compile(rf"{_DAY} {_MONTH}(?: ?,)? {_YEAR}"), "dmy"),
    (re.compile(rf"{_MONTH}(?: ?,)? {_YEAR}"), "my"),
    (re.compile(rf"{_MONTH} {_DAY}"), "md"),
    (re.compile(rf"{_DAY} {_MONTH}"), "dm"),
)
CLOCK = re.compile(r"(?:(\d+):)?(\d+):(\d{2}(?:\.\d+)?)")
AMOUNT = re.compile(rf"[^\w+-]*({NUMBER.pattern})")
"""a number that a text begins with, a sign of a currency before it"""
DIGITS = 6
"""behind the point, to which numbers are the same"""
REMEMBERED = 1 << 15
"""texts whose value is remembered: tables say the same things often"""


class Date(NamedTuple):
    """A part that is not known is 0."""

    year: int
    month: int
    day: int


Value = float | Date | str


@lru_cache(REMEMBERED)
def normalised(text: str) -> str:
    if not text.isascii():
        text = DASHES.sub("-", QUOTES.sub("'", re.sub("[“”]", '"', text)))
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if unicodedata.category(c) != "Mn")
    elif "`" in text:
        text = text.replace("`", "'")
    before = None
    while text != before:
        before = text
        text = CITATIONS.sub("", text.strip())
        text = DETAILS.sub("", text.strip())
        text = QUOTED.sub(r"\1", text.strip())
    return " ".join(text.removesuffix(".").split()).lower()


@lru_cache(REMEMBERED)
def value_of(text: str) -> Value:
    """What a text says; two texts that say the same have equal values."""
    plain = normalised(text)
    year = ONLY_YEAR.fullmatch(plain)
    if year:
        return float(year[1])
    if NUMBER.fullmatch(plain):
        return round(float(plain.replace(",", "")), DIGITS) + 0.0
    return date_of(plain) or plain


def date_of(plain: str) -> Date | None:
    """The date that a normalised text is, at least two parts of it known."""
    found = ISO.fullmatch(plain)
    if found:
        return _date(*(0 if part.startswith("x") else int(part) for part in found.groups()))
    for form, order in WRITTEN:
        found = form.fullmatch(plain)
        if found:
            parts = dict(zip(order, found.groups(), strict=True))
            month = [name[:3] for name in MONTHS].index(parts["m"][:3]) + 1
            return _date(int(parts.get("y", 0)), month, int(parts.get("d", 0)))
    return None


def measure_of(text: str) -> tuple[float, bool] | None:
    """What the cells of a column are ordered by, and whether it is a date: days, seconds of a clock, or an amount."""
    plain = normalised(text)
    date = date_of(plain)
    if date is not None:
        return days_of(date), True
    clock = CLOCK.fullmatch(plain)
    if clock:
        hours, minutes, seconds = clock.groups()
        return 3600.0 * int(hours or 0) + 60 * int(minutes) + float(seconds), False
    found = AMOUNT.match(plain)
    return (float(found[1].replace(",", "")), False) if found else None


def days_of(date: Date) -> float:
    """A number that later dates have more of; all months have 31 days here."""
    return 372.0 * date.year + 31 * max(date.month - 1, 0) + max(date.day - 1, 0)


def year_of(days: Any) -> Any:
    """Of a number or an array of them."""
    return days // 372


def _date(year: int, month: int, day: int) -> Date | None:
    known = (year > 0) + (month > 0) + (day > 0) >= 2
    return Date(year, month, day) if known and month <= 12 and day <= 31 else None
