"""The main table of a comparison is made of columns; those that tasks have in common stand here."""

from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeVar

import msgspec

from headwork.base.results import Difference, Score, Standing
from headwork.report import numbers
from headwork.report.table import DASH, Cell, Column, Row, Table

S = TypeVar("S", bound=Standing)
Show = Callable[[float], str]


class Maker(msgspec.Struct, frozen=True):
    """A column, and how a model's cell is made; `against` is the model that would be compared with itself there."""

    column: Column
    cell: Callable[[Any], Cell]
    against: Literal["best", "tfidf", "bm25", "lead", "rnn", ""] = ""


def best_first(models: Sequence[S], score: str, best: str) -> list[S]:
    """Highest mean score first; of equals the best of result.json leads, the others keep their order."""
    return sorted(models, key=lambda model: (-model.scores[score].mean, model.name != best))


def table_of(comparison: Any, models: Sequence[Standing], makers: Sequence[Maker]) -> Table:
    """One row a model, in this order."""
    return Table(
        columns=[maker.column for maker in makers],
        rows=[
            Row(cells=[cell_of(maker, model, comparison) for maker in makers], marks=marks_of(model, comparison))
            for model in models
        ],
    )


def cell_of(maker: Maker, model: Standing, comparison: Any) -> Cell:
    itself = {"best": comparison.best}.get(maker.against, maker.against) == model.name
    return Cell(DASH) if itself else maker.cell(model)


def marks_of(model: Standing, comparison: Any) -> list[str]:
    names = {"verdict": comparison.verdict.model, "best": comparison.best}
    return [mark for mark, name in names.items() if name == model.name]


def share(score: Score) -> Cell:
    """A share in percent, with its interval."""
    return Cell(numbers.percent(score.mean), numbers.percent_interval(score.low, score.high))


def points(gap: Difference) -> Cell:
    """A difference of shares, with its interval."""
    return Cell(numbers.points(gap.difference), numbers.points_interval(gap.low, gap.high))


def in_points(value: float) -> str:
    return numbers.decimal(100 * value, 1)


def shares(title: str, score: str, brief: Literal["whole", "text", "no"]) -> Maker:
    return Maker(Column(title=title, detail="95% interval", brief=brief), lambda model: share(model.scores[score]))


def decimals(title: str, score: str, brief: Literal["whole", "text", "no"]) -> Maker:
    """A score that is no share, to three places."""

    def cell(model: Standing) -> Cell:
        found = model.scores[score]
        low, high = (numbers.thousandths(end) for end in (found.low, found.high))
        return Cell(numbers.thousandths(found.mean), f"{low} to {high}")

    return Maker(Column(title=title, detail="95% interval", brief=brief), cell)


def decimal_difference(gap: Difference) -> Cell:
    low, high = (numbers.signed_thousandths(end) for end in (gap.low, gap.high))
    return Cell(numbers.signed_thousandths(gap.difference), f"{low} to {high}")


def decimal_gap(called: str) -> Maker:
    column = Column(title="against best", detail=f"{called}, interval", brief="whole")
    return Maker(column, lambda model: decimal_difference(model.against_best), "best")


def spread(score: str, show: Show = in_points) -> Maker:
    def cell(model: Standing) -> Cell:
        seeds = len(model.seeds)
        return Cell(DASH, "1 seed") if seeds == 1 else Cell(show(model.scores[score].spread), f"{seeds} seeds")

    return Maker(Column(title="spread", detail="over seeds"), cell)


def speed(of: str, many: str = "") -> list[Maker]:
    """How long one takes, and how many a second are answered; many: of more than one, where no s does it."""
    return [
        Maker(
            Column(title=f"one {of}", detail="slowest 5%", brief="text"),
            lambda model: Cell(numbers.milliseconds(model.latency.p50_ms), numbers.milliseconds(model.latency.p95_ms)),
        ),
        Maker(Column(title=f"{many or of + 's'}/s"), lambda model: Cell(numbers.rate(model.latency.texts_per_second))),
    ]


NAME = Maker(Column(title="model", align="left", brief="text"), lambda model: Cell(model.name))
GAP = Maker(
    Column(title="against best", detail="points, interval", brief="whole"),
    lambda model: points(model.against_best),
    "best",
)
P = Maker(Column(title="p, Holm"), lambda model: Cell(numbers.p_value(model.against_best.p_holm)), "best")
TRAINING = Maker(Column(title="training", brief="text"), lambda model: Cell(numbers.seconds(model.cost.train_seconds)))
SIZE = Maker(
    Column(title="size", detail="parameters", brief="text"),
    lambda model: Cell(numbers.size(model.cost.bytes), numbers.count(model.cost.parameters)),
)
MEMORY = Maker(Column(title="memory", detail="peak"), lambda model: Cell(numbers.size(model.cost.peak_bytes)))
