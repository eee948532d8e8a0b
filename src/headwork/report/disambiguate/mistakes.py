"""Wrong answers with the text around the word."""

import msgspec

from headwork.base.disambiguate import SenseMistake
from headwork.report import numbers
from headwork.report.text import visible

AROUND = 160
"""characters on each side of the word that are shown"""


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    row: int
    before: str
    word: str
    behind: str
    target: str
    predicted: str
    """with its probability"""


def shown(mistake: SenseMistake) -> Shown:
    """What stands around the word; an ellipsis where the text goes on."""
    first, last = max(0, mistake.start - AROUND), min(len(mistake.text), mistake.end + AROUND)
    return Shown(
        row=mistake.row,
        before="… " * (first > 0) + visible(mistake.text[first : mistake.start]),
        word=visible(mistake.text[mistake.start : mistake.end]),
        behind=visible(mistake.text[mistake.end : last]) + " …" * (last < len(mistake.text)),
        target=visible(mistake.target),
        predicted=f"{visible(mistake.predicted)} ({numbers.percent(mistake.probability)})",
    )
