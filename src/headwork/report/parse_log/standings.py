"""The main table of a comparison of parsers: both conditions side by side."""

from collections.abc import Mapping
from typing import Literal

from msgspec.structs import replace

from headwork.base.parse_log import BASELINE, LogComparison, LogStanding
from headwork.report import numbers
from headwork.report.columns import (
    GAP,
    MEMORY,
    NAME,
    SIZE,
    TRAINING,
    Maker,
    best_first,
    points,
    share,
    shares,
    speed,
    spread,
    table_of,
)
from headwork.report.standings import standings
from headwork.report.table import DASH, Cell, Column, Table
from headwork.report.tag.standings import called

OF_FIELDS: Mapping[str, str] = {"f1": "F1 of fields", "macro_f1": "macro-F1", "whole": "whole lines"}
"""scores and what they are called; the one that models are ranked by comes first"""


def ranked(comparison: LogComparison) -> list[LogStanding]:
    return best_first(comparison.models, comparison.score, comparison.best)


@called.register
def _(comparison: LogComparison) -> Mapping[str, str]:
    return OF_FIELDS


@standings.register
def log_table(comparison: LogComparison) -> Table:
    """One row a model, best first."""
    makers = [
        NAME,
        shares(OF_FIELDS["f1"], "f1", "whole"),
        spread("f1"),
        shares(OF_FIELDS["macro_f1"], "macro_f1", "no"),
        shares(OF_FIELDS["whole"], "whole", "no"),
        replace(GAP, column=replace(GAP.column, brief="text")),
        gap("gap", "test"),
        degraded("degraded F1", "f1", "whole"),
        degraded("degraded whole", "whole", "no"),
        gap("degraded gap", "degraded"),
        Maker(Column(title="copies"), lambda model: Cell(numbers.count(model.copies))),
        TRAINING,
        SIZE,
        *speed("line"),
        MEMORY,
    ]
    return table_of(comparison, ranked(comparison), makers)


def degraded(title: str, score: str, brief: Literal["whole", "no"]) -> Maker:
    return Maker(Column(title=title, detail="95% interval", brief=brief), lambda model: share(model.degraded[score]))


def gap(title: str, side: str) -> Maker:
    """F1 minus that of the expressions."""

    def cell(model: LogStanding) -> Cell:
        if model.against_templates is None or model.name == BASELINE:
            return Cell(DASH)
        return points(model.against_templates[side])

    return Maker(Column(title=title, detail=f"to {BASELINE}"), cell)
