"""The main table of a comparison of taggers."""

from collections.abc import Callable, Mapping

import msgspec

from headwork.base.tag import TagComparison, TagStanding
from headwork.report import numbers
from headwork.report.standings import standings
from headwork.report.table import DASH, Cell, Column, Row, Table

OF_ENTITIES: Mapping[str, str] = {"f1": "entity F1", "precision": "precision", "recall": "recall"}
OF_WORDS: Mapping[str, str] = {"accuracy": "accuracy", "macro_f1": "macro-F1"}
"""scores and what they are called; the one that models are ranked by comes first"""


class _Maker(msgspec.Struct, frozen=True):
    """A column and how its cells are made."""

    column: Column
    cell: Callable[[TagStanding], Cell]
    compared: bool = False
    """with the best model, of which the cell then says nothing"""


def called(comparison: TagComparison) -> Mapping[str, str]:
    """The scores, and what they are called."""
    return OF_ENTITIES if comparison.of_entities else OF_WORDS


def ranked(comparison: TagComparison) -> list[TagStanding]:
    """The models, best first; of equals the best of result.json leads."""
    score = comparison.score
    return sorted(comparison.models, key=lambda model: (-model.scores[score].mean, model.name != comparison.best))


@standings.register
def tag_table(comparison: TagComparison) -> Table:
    """One row a model, best first."""
    makers = _makers(called(comparison))
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


def _makers(scores: Mapping[str, str]) -> list[_Maker]:
    first, *others = scores
    return [
        _Maker(Column(title="model", align="left", brief="text"), lambda model: Cell(model.name)),
        _Maker(Column(title=scores[first], detail="95% interval", brief="whole"), lambda model: _share(model, first)),
        _Maker(Column(title="spread", detail="over seeds"), lambda model: _spread(model, first)),
        *(
            _Maker(
                Column(title=scores[name], detail="95% interval", brief="text" if len(others) == 1 else "no"),
                lambda model, name=name: _share(model, name),
            )
            for name in others
        ),
        _Maker(Column(title="against best", detail="points, interval", brief="whole"), _gap, compared=True),
        _Maker(Column(title="p, Holm"), lambda model: Cell(numbers.p_value(model.against_best.p_holm)), compared=True),
        _Maker(Column(title="training", brief="text"), lambda model: Cell(numbers.seconds(model.cost.train_seconds))),
        _Maker(
            Column(title="size", detail="parameters", brief="text"),
            lambda model: Cell(numbers.size(model.cost.bytes), numbers.count(model.cost.parameters)),
        ),
        _Maker(
            Column(title="one sentence", detail="slowest 5%", brief="text"),
            lambda model: Cell(numbers.milliseconds(model.latency.p50_ms), numbers.milliseconds(model.latency.p95_ms)),
        ),
        _Maker(Column(title="sentences/s"), lambda model: Cell(numbers.rate(model.latency.texts_per_second))),
        _Maker(Column(title="memory", detail="peak"), lambda model: Cell(numbers.size(model.cost.peak_bytes))),
    ]


def _share(model: TagStanding, score: str) -> Cell:
    found = model.scores[score]
    return Cell(numbers.percent(found.mean), numbers.percent_interval(found.low, found.high))


def _spread(model: TagStanding, score: str) -> Cell:
    seeds = len(model.seeds)
    return (
        Cell(DASH, "1 seed")
        if seeds == 1
        else Cell(numbers.decimal(100 * model.scores[score].spread, 1), f"{seeds} seeds")
    )


def _gap(model: TagStanding) -> Cell:
    found = model.against_best
    return Cell(numbers.points(found.difference), numbers.points_interval(found.low, found.high))
