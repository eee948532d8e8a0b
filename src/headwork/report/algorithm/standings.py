"""The main table of a comparison of learners of algorithms; answerers that do not learn stand below the models."""

from collections.abc import Callable

import msgspec

from headwork.base.algorithm import AlgorithmComparison, AlgorithmStanding, Baseline
from headwork.base.results import Score
from headwork.report import numbers
from headwork.report.limits import endings
from headwork.report.standings import standings
from headwork.report.table import DASH, Cell, Column, Row, Table


class _Maker(msgspec.Struct, frozen=True):
    """A column, how a model's cell is made, and that of a baseline."""

    column: Column
    cell: Callable[[AlgorithmStanding], Cell]
    baseline: Callable[[Baseline], Cell] = lambda baseline: Cell(DASH)


def ranked(comparison: AlgorithmComparison) -> list[AlgorithmStanding]:
    """The models, highest score first; of equals the best of result.json leads."""
    return sorted(comparison.models, key=lambda model: (-model.scores["accuracy"].mean, model.name != comparison.best))


@standings.register
def algorithm_table(comparison: AlgorithmComparison) -> Table:
    """One row a model, highest score first, then one for each answerer that does not learn."""
    told = {
        "found": any(model.found is not None for model in comparison.models),
        "thoughts": any(each.thoughts is not None for model in comparison.models for each in model.lengths),
    }
    makers = [maker for maker in _makers(comparison) if told.get(maker.column.title, True)]
    models = [
        Row(
            cells=[
                Cell(DASH) if maker.cell is _against_best and model.name == comparison.best else maker.cell(model)
                for maker in makers
            ],
            marks=_marks(model, comparison),
        )
        for model in ranked(comparison)
    ]
    baselines = [
        Row(cells=[maker.baseline(baseline) for maker in makers], marks=["no learning"])
        for baseline in comparison.baselines
    ]
    return Table(columns=[maker.column for maker in makers], rows=models + baselines)


def _marks(model: AlgorithmStanding, comparison: AlgorithmComparison) -> list[str]:
    names = {"verdict": comparison.verdict.model, "best": comparison.best}
    return [mark for mark, name in names.items() if name == model.name]


def _score(score: Score) -> Cell:
    return Cell(numbers.percent(score.mean), numbers.percent_interval(score.low, score.high))


def _spread(model: AlgorithmStanding) -> Cell:
    seeds = len(model.seeds)
    if seeds == 1:
        return Cell(DASH, "1 seed")
    return Cell(numbers.decimal(100 * model.scores["accuracy"].spread, 1), f"{seeds} seeds")


def part_of(model: AlgorithmStanding, *, trained: bool) -> float | None:
    """The mean score at lengths of training, or at the others."""
    chosen = [(each.score.mean, each.rows) for each in model.lengths if each.trained == trained]
    rows = sum(count for _, count in chosen)
    return sum(score * count for score, count in chosen) / rows if rows else None


def _part(model: AlgorithmStanding, *, trained: bool) -> Cell:
    share = part_of(model, trained=trained)
    return Cell(DASH if share is None else numbers.percent(share))


def _against_best(model: AlgorithmStanding) -> Cell:
    gap = model.against_best
    return Cell(numbers.points(gap.difference), numbers.points_interval(gap.low, gap.high))


def _thoughts(model: AlgorithmStanding) -> Cell:
    """About a step, at the shortest and at the longest inputs."""
    spent = [each.thoughts for each in model.lengths if each.thoughts is not None]
    if not spent:
        return Cell(DASH)
    return Cell(f"{numbers.decimal(spent[0], 1)} to {numbers.decimal(spent[-1], 1)}")


def _makers(comparison: AlgorithmComparison) -> list[_Maker]:
    coded = "squared error" if comparison.answers == "number" else "bits"
    return [
        _Maker(
            Column(title="model", align="left", brief="text"),
            lambda model: Cell(model.name),
            lambda baseline: Cell(baseline.name),
        ),
        _Maker(
            Column(title="score", detail="95% interval", brief="whole"),
            lambda model: _score(model.scores["accuracy"]),
            lambda baseline: Cell(numbers.percent(baseline.accuracy)),
        ),
        _Maker(Column(title="spread", detail="over seeds"), _spread),
        _Maker(Column(title="as trained", brief="text"), lambda model: _part(model, trained=True)),
        _Maker(Column(title="longer", brief="text"), lambda model: _part(model, trained=False)),
        _Maker(
            Column(title="no mistake", detail="95% interval", brief="text"),
            lambda model: _score(model.scores["whole"]),
        ),
        _Maker(
            Column(title=coded, detail="an example", brief="text"),
            lambda model: Cell(_number(model.scores["bits"].mean)),
            lambda baseline: Cell(DASH if baseline.bits is None else _number(baseline.bits)),
        ),
        _Maker(
            Column(title="found", brief="text"),
            lambda model: Cell(DASH if model.found is None else numbers.percent(model.found)),
        ),
        _Maker(Column(title="thoughts", detail="shortest to longest", brief="text"), _thoughts),
        _Maker(Column(title="against best", detail="points, interval", brief="text"), _against_best),
        _Maker(
            Column(title="training", detail="ended by", brief="text"),
            lambda model: Cell(numbers.seconds(model.cost.train_seconds), endings(model.stopped)),
        ),
        _Maker(
            Column(title="size", detail="parameters", brief="text"),
            lambda model: Cell(numbers.size(model.cost.bytes), numbers.count(model.cost.parameters)),
        ),
        _Maker(Column(title="memory", detail="peak"), lambda model: Cell(numbers.size(model.cost.peak_bytes))),
    ]


def _number(value: float) -> str:
    return numbers.decimal(value, 1 if value >= 1 else 4)
