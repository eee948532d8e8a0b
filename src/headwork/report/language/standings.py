"""The tables of a comparison of language models: how well each predicts, what it costs, and how that grows."""

from collections.abc import Mapping, Sequence

from headwork.base.language import LanguageComparison, LanguageStanding, LengthPoint, Slopes
from headwork.report import numbers
from headwork.report.columns import MEMORY, NAME, SIZE, Maker, P, spread, table_of
from headwork.report.limits import endings
from headwork.report.standings import standings
from headwork.report.table import DASH, Cell, Column, Row, Table


def ranked(comparison: LanguageComparison) -> list[LanguageStanding]:
    """The models, fewest bits per character first; of equals the best of result.json leads."""
    return sorted(
        comparison.models,
        key=lambda model: (model.scores["bits_per_character"].mean, model.name != comparison.best),
    )


@standings.register
def language_table(comparison: LanguageComparison) -> Table:
    """One row a model, fewest bits per character first."""
    return table_of(comparison, ranked(comparison), _makers(comparison.unit))


def lengths_table(points: Mapping[str, Sequence[LengthPoint]], slopes: Mapping[str, Slopes | None]) -> Table | None:
    """Loss, time and memory of each model at the shortest and the longest length, and the exponents."""
    rows = [
        Row(cells=[Cell(name), *_ends(found), *_slopes(slopes.get(name))]) for name, found in points.items() if found
    ]
    columns = [
        Column(title="model", align="left"),
        Column(title="lengths", detail="tokens"),
        Column(title="loss", detail="shortest to longest"),
        Column(title="a step", detail="at the longest"),
        Column(title="memory", detail="at the longest"),
        Column(title="slope of time"),
        Column(title="slope of memory"),
    ]
    return Table(columns=columns, rows=rows) if rows else None


def endings_table(models: Sequence[LanguageStanding]) -> Table:
    return Table(
        columns=[
            Column(title="model", align="left"),
            Column(title="unknown tokens"),
            Column(title="training ended by", align="left"),
        ],
        rows=[
            Row(cells=[Cell(model.name), Cell(numbers.count(model.tokens.unknown)), Cell(endings(model.stopped))])
            for model in models
        ],
    )


def _ends(points: Sequence[LengthPoint]) -> list[Cell]:
    first, last = points[0], points[-1]
    return [
        Cell(f"{first.length}–{last.length}"),
        Cell(f"{numbers.decimal(first.nats)} to {numbers.decimal(last.nats)}"),
        Cell(numbers.seconds(last.seconds)),
        Cell(numbers.size(last.bytes)),
    ]


def _slopes(slopes: Slopes | None) -> list[Cell]:
    return [Cell(numbers.decimal(value)) if slopes else Cell(DASH) for value in _of(slopes)]


def _of(slopes: Slopes | None) -> tuple[float, float]:
    return (slopes.seconds, slopes.bytes) if slopes else (0.0, 0.0)


def _bits(model: LanguageStanding) -> Cell:
    score = model.scores["bits_per_character"]
    return Cell(numbers.decimal(score.mean, 3), f"{numbers.decimal(score.low)}–{numbers.decimal(score.high)}")


def _nats(model: LanguageStanding) -> Cell:
    return Cell(numbers.decimal(model.scores["nats"].mean, 3), numbers.decimal(model.perplexity))


def difference(value: float) -> str:
    """A signed difference in bits."""
    return ("+" if value > 0 else "") + numbers.decimal(value, 3)


def _against_best(model: LanguageStanding) -> Cell:
    gap = model.against_best
    return Cell(difference(gap.difference), f"{difference(gap.low)} to {difference(gap.high)}")


def _training(model: LanguageStanding) -> Cell:
    rate = model.trained_tokens_per_second
    return Cell(numbers.seconds(model.cost.train_seconds), numbers.rate(rate) if rate else DASH)


def _makers(unit: str) -> list[Maker]:
    return [
        NAME,
        Maker(Column(title=f"bits/{unit}", detail="95% interval", brief="whole"), _bits),
        Maker(Column(title="nats/token", detail="perplexity", brief="whole"), _nats),
        Maker(
            Column(title="tokens", detail="vocabulary"),
            lambda model: Cell(model.tokens.kind, numbers.count(model.tokens.vocabulary)),
        ),
        spread("bits_per_character", lambda value: numbers.decimal(value, 3)),
        Maker(Column(title="against best", detail="bits, interval", brief="text"), _against_best, "best"),
        P,
        Maker(Column(title="context"), lambda model: Cell(numbers.count(model.context))),
        Maker(Column(title="training", detail="tokens/s", brief="text"), _training),
        Maker(
            Column(title="reads tokens/s", brief="text"),
            lambda model: Cell(numbers.rate(model.read_tokens_per_second)),
        ),
        SIZE,
        MEMORY,
    ]
