"""The tables of a comparison of models that answer from passages: all models, and F1 on parts of the questions."""

from collections.abc import Callable, Sequence

import msgspec

from headwork.base.results import Score
from headwork.base.span import Parting, SpanComparison, SpanStanding
from headwork.report import numbers
from headwork.report.standings import standings
from headwork.report.table import DASH, Cell, Column, Row, Table


class _Maker(msgspec.Struct, frozen=True):
    """A column and how its cells are made."""

    column: Column
    cell: Callable[[SpanStanding], Cell]
    compared: bool = False
    """with the best model, of which the cell then says nothing"""


def ranked(comparison: SpanComparison) -> list[SpanStanding]:
    """The models, highest F1 first; of equals the best of result.json leads."""
    return sorted(comparison.models, key=lambda model: (-model.scores["f1"].mean, model.name != comparison.best))


@standings.register
def span_table(comparison: SpanComparison) -> Table:
    """One row a model, highest F1 first."""
    makers = [maker for maker in _MAKERS if maker is not _THRESHOLD or any(m.thresholds for m in comparison.models)]
    marks = {"verdict": comparison.verdict.model, "best": comparison.best}
    return Table(
        columns=[maker.column for maker in makers],
        rows=[
            Row(
                cells=[
                    Cell(DASH) if maker.compared and model.name == comparison.best else maker.cell(model)
                    for maker in makers
                ],
                marks=[mark for mark, name in marks.items() if name == model.name],
            )
            for model in ranked(comparison)
        ],
    )


def parting_table(parting: Parting, models: Sequence[SpanStanding]) -> Table:
    """A row for each part of the questions, a column for each model."""
    return Table(
        columns=[
            Column(title=parting.by, align="left"),
            Column(title="questions"),
            *(Column(title=model.name, detail="F1, interval") for model in models),
        ],
        rows=[
            Row(
                cells=[
                    Cell(part.name),
                    Cell(numbers.count(part.rows)),
                    *(_share(part.f1[model.name]) for model in models),
                ]
            )
            for part in parting.parts
        ],
    )


def _share(score: Score) -> Cell:
    return Cell(numbers.percent(score.mean), numbers.percent_interval(score.low, score.high))


def _spread(model: SpanStanding) -> Cell:
    seeds = len(model.seeds)
    if seeds == 1:
        return Cell(DASH, "1 seed")
    return Cell(numbers.decimal(100 * model.scores["f1"].spread, 1), f"{seeds} seeds")


def _gap(model: SpanStanding) -> Cell:
    gap = model.against_best
    return Cell(numbers.points(gap.difference), numbers.points_interval(gap.low, gap.high))


def _threshold(model: SpanStanding) -> Cell:
    found = model.thresholds
    return Cell(numbers.decimal(sum(found) / len(found))) if found else Cell(DASH)


_THRESHOLD = _Maker(Column(title="threshold", detail="mean of seeds"), _threshold)
_MAKERS = [
    _Maker(Column(title="model", align="left", brief="text"), lambda model: Cell(model.name)),
    _Maker(Column(title="F1", detail="95% interval", brief="whole"), lambda model: _share(model.scores["f1"])),
    _Maker(Column(title="spread", detail="over seeds"), _spread),
    _Maker(Column(title="exact match", detail="95% interval", brief="text"), lambda m: _share(m.scores["exact"])),
    _Maker(Column(title="against best", detail="points, interval", brief="whole"), _gap, compared=True),
    _Maker(Column(title="p, Holm"), lambda model: Cell(numbers.p_value(model.against_best.p_holm)), compared=True),
    _THRESHOLD,
    _Maker(Column(title="training", brief="text"), lambda model: Cell(numbers.seconds(model.cost.train_seconds))),
    _Maker(
        Column(title="size", detail="parameters", brief="text"),
        lambda model: Cell(numbers.size(model.cost.bytes), numbers.count(model.cost.parameters)),
    ),
    _Maker(
        Column(title="one question", detail="slowest 5%", brief="text"),
        lambda model: Cell(numbers.milliseconds(model.latency.p50_ms), numbers.milliseconds(model.latency.p95_ms)),
    ),
    _Maker(Column(title="questions/s"), lambda model: Cell(numbers.rate(model.latency.texts_per_second))),
    _Maker(Column(title="memory", detail="peak"), lambda model: Cell(numbers.size(model.cost.peak_bytes))),
]
