"""The main table of a comparison of learners of algorithms; answerers that do not learn stand below the models."""

from collections.abc import Callable

from headwork.base.algorithm import AlgorithmComparison, AlgorithmStanding, Baseline
from headwork.report import numbers
from headwork.report.columns import GAP, MEMORY, NAME, SIZE, Maker, best_first, shares, spread, table_of
from headwork.report.limits import endings
from headwork.report.standings import standings
from headwork.report.table import DASH, Cell, Column, Row, Table


class _Maker(Maker, frozen=True, kw_only=True):
    """And how a baseline's cell is made."""

    baseline: Callable[[Baseline], Cell]


def ranked(comparison: AlgorithmComparison) -> list[AlgorithmStanding]:
    return best_first(comparison.models, "accuracy", comparison.best)


@standings.register
def algorithm_table(comparison: AlgorithmComparison) -> Table:
    """One row a model, highest score first, then one for each answerer that does not learn."""
    told = {
        "found": any(model.found is not None for model in comparison.models),
        "thoughts": any(each.thoughts is not None for model in comparison.models for each in model.lengths),
    }
    makers = [maker for maker in _makers(comparison) if told.get(maker.column.title, True)]
    table = table_of(comparison, ranked(comparison), makers)
    baselines = [
        Row(cells=[_of_baseline(maker, baseline) for maker in makers], marks=["no learning"])
        for baseline in comparison.baselines
    ]
    return Table(columns=table.columns, rows=table.rows + baselines)


def _of_baseline(maker: Maker, baseline: Baseline) -> Cell:
    return maker.baseline(baseline) if isinstance(maker, _Maker) else Cell(DASH)


def part_of(model: AlgorithmStanding, *, trained: bool) -> float | None:
    """The mean score at lengths of training, or at the others."""
    chosen = [(each.score.mean, each.rows) for each in model.lengths if each.trained == trained]
    rows = sum(count for _, count in chosen)
    return sum(score * count for score, count in chosen) / rows if rows else None


def _part(model: AlgorithmStanding, *, trained: bool) -> Cell:
    share = part_of(model, trained=trained)
    return Cell(DASH if share is None else numbers.percent(share))


def _thoughts(model: AlgorithmStanding) -> Cell:
    """About a step, at the shortest and at the longest inputs."""
    spent = [each.thoughts for each in model.lengths if each.thoughts is not None]
    if not spent:
        return Cell(DASH)
    return Cell(f"{numbers.decimal(spent[0], 1)} to {numbers.decimal(spent[-1], 1)}")


def _makers(comparison: AlgorithmComparison) -> list[Maker]:
    coded = "squared error" if comparison.answers == "number" else "bits"
    score = shares("score", "accuracy", "whole")
    return [
        _Maker(NAME.column, NAME.cell, baseline=lambda baseline: Cell(baseline.name)),
        _Maker(score.column, score.cell, baseline=lambda baseline: Cell(numbers.percent(baseline.accuracy))),
        spread("accuracy"),
        Maker(Column(title="as trained", brief="text"), lambda model: _part(model, trained=True)),
        Maker(Column(title="longer", brief="text"), lambda model: _part(model, trained=False)),
        shares("no mistake", "whole", "text"),
        _Maker(
            Column(title=coded, detail="an example", brief="text"),
            lambda model: Cell(_number(model.scores["bits"].mean)),
            baseline=lambda baseline: Cell(DASH if baseline.bits is None else _number(baseline.bits)),
        ),
        Maker(
            Column(title="found", brief="text"),
            lambda model: Cell(DASH if model.found is None else numbers.percent(model.found)),
        ),
        Maker(Column(title="thoughts", detail="shortest to longest", brief="text"), _thoughts),
        Maker(Column(title="against best", detail="points, interval", brief="text"), GAP.cell, "best"),
        Maker(
            Column(title="training", detail="ended by", brief="text"),
            lambda model: Cell(numbers.seconds(model.cost.train_seconds), endings(model.stopped)),
        ),
        SIZE,
        MEMORY,
    ]


def _number(value: float) -> str:
    return numbers.decimal(value, 1 if value >= 1 else 4)
