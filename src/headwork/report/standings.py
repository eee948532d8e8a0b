"""The main table of a comparison: how good, how sure and how dear each model is."""

from functools import singledispatch

from headwork.base.results import Compared, Comparison, ModelResult
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
    shares,
    speed,
    spread,
    table_of,
)
from headwork.report.table import DASH, Cell, Column, Table


@singledispatch
def standings(comparison: Compared) -> Table:
    """The main table of a comparison of any task."""
    raise NotImplementedError(type(comparison).__name__)


def ranked(comparison: Comparison) -> list[ModelResult]:
    return best_first(comparison.models, "accuracy", comparison.best)


@standings.register
def comparison_table(comparison: Comparison) -> Table:
    """One row a model, most accurate first; the column against tfidf only where it took part."""
    baseline = any(model.against_tfidf for model in comparison.models)
    makers = [maker for maker in _MAKERS if baseline or maker.against != "tfidf"]
    return table_of(comparison, ranked(comparison), makers)


def _p_best(model: ModelResult) -> Cell:
    return Cell(numbers.p_value(model.against_best.p_holm), numbers.p_value(model.against_best.mcnemar_p_holm))


def _against_tfidf(model: ModelResult) -> Cell:
    return points(model.against_tfidf) if model.against_tfidf else Cell(DASH)


def _ece(model: ModelResult) -> Cell:
    return Cell(numbers.percent(model.calibration.ece_after), numbers.percent(model.calibration.ece_before))


_MAKERS = [
    NAME,
    shares("accuracy", "accuracy", "whole"),
    spread("accuracy"),
    shares("macro-F1", "macro_f1", "no"),
    GAP,
    Maker(Column(title="p, Holm", detail="McNemar"), _p_best, "best"),
    Maker(Column(title="against tfidf", detail="points, interval"), _against_tfidf, "tfidf"),
    Maker(Column(title="ECE", detail="uncalibrated"), _ece),
    TRAINING,
    SIZE,
    *speed("text"),
    MEMORY,
]
