"""The main table of a comparison of translators, and the table of their heads."""

from collections.abc import Callable, Sequence
from itertools import groupby

import msgspec

from headwork.base.results import Score
from headwork.base.translation import HeadUse, TranslationComparison, TranslationStanding
from headwork.report import numbers
from headwork.report.standings import standings
from headwork.report.table import DASH, Cell, Column, Row, Table


class _Maker(msgspec.Struct, frozen=True):
    """A column and how its cells are made."""

    column: Column
    cell: Callable[[TranslationStanding], Cell]


def ranked(comparison: TranslationComparison) -> list[TranslationStanding]:
    """The models, highest BLEU first; of equals the best of result.json leads."""
    return sorted(comparison.models, key=lambda model: (-model.scores["bleu"].mean, model.name != comparison.best))


@standings.register
def translation_table(comparison: TranslationComparison) -> Table:
    """One row a model, highest BLEU first."""
    return Table(
        columns=[maker.column for maker in _MAKERS],
        rows=[
            Row(cells=[_cell(maker, model, comparison) for maker in _MAKERS], marks=_marks(model, comparison))
            for model in ranked(comparison)
        ],
    )


def heads_table(models: Sequence[TranslationStanding]) -> Table | None:
    """Entropy and density of each layer of each model that attends."""
    rows = [
        Row(cells=[Cell(model.name), Cell(layer), *_spread(list(heads))])
        for model in models
        for layer, heads in groupby(model.heads, key=lambda use: use.layer)
    ]
    columns = [
        Column(title="model", align="left"),
        Column(title="attention", align="left"),
        Column(title="heads"),
        Column(title="entropy", detail="nats, lowest to highest head"),
        Column(title="weights above 0", detail="lowest to highest head"),
        Column(title="alpha", detail="learned, lowest to highest head"),
    ]
    return Table(columns=columns, rows=rows) if rows else None


def _spread(heads: list[HeadUse]) -> list[Cell]:
    entropies, shares = [use.entropy for use in heads], [use.share for use in heads]
    return [
        Cell(str(len(heads))),
        Cell(
            numbers.decimal(sum(entropies) / len(heads)),
            f"{numbers.decimal(min(entropies))} to {numbers.decimal(max(entropies))}",
        ),
        Cell(numbers.percent(sum(shares) / len(heads)), numbers.percent_interval(min(shares), max(shares))),
        _alphas([use.alpha for use in heads if use.alpha is not None]),
    ]


def _alphas(found: list[float]) -> Cell:
    if not found:
        return Cell(DASH)
    return Cell(numbers.decimal(sum(found) / len(found)), f"{min(found):.2f} to {max(found):.2f}")


def _cell(maker: _Maker, model: TranslationStanding, comparison: TranslationComparison) -> Cell:
    itself = maker.cell in (_against_best, _p) and model.name == comparison.best
    return Cell(DASH) if itself else maker.cell(model)


def _marks(model: TranslationStanding, comparison: TranslationComparison) -> list[str]:
    names = {"verdict": comparison.verdict.model, "best": comparison.best}
    return [mark for mark, name in names.items() if name == model.name]


def _score(score: Score) -> Cell:
    return Cell(numbers.decimal(score.mean, 1), f"{score.low:.1f}–{score.high:.1f}")


def _spread_of_seeds(model: TranslationStanding) -> Cell:
    seeds = len(model.seeds)
    return (
        Cell(DASH, "1 seed") if seeds == 1 else Cell(numbers.decimal(model.scores["bleu"].spread, 1), f"{seeds} seeds")
    )


def _against_best(model: TranslationStanding) -> Cell:
    gap = model.against_best
    return Cell(numbers.points(gap.difference / 100), numbers.points_interval(gap.low / 100, gap.high / 100))


def _p(model: TranslationStanding) -> Cell:
    return Cell(numbers.p_value(model.against_best.p_holm))


_MAKERS = [
    _Maker(Column(title="model", align="left", brief="text"), lambda model: Cell(model.name)),
    _Maker(Column(title="BLEU", detail="95% interval", brief="whole"), lambda model: _score(model.scores["bleu"])),
    _Maker(Column(title="spread", detail="over seeds"), _spread_of_seeds),
    _Maker(Column(title="chrF", detail="95% interval", brief="text"), lambda model: _score(model.scores["chrf"])),
    _Maker(Column(title="against best", detail="BLEU, interval", brief="whole"), _against_best),
    _Maker(Column(title="p, Holm"), _p),
    _Maker(
        Column(title="training", detail="tokens/s", brief="text"),
        lambda model: Cell(numbers.seconds(model.cost.train_seconds), numbers.rate(model.trained_tokens_per_second)),
    ),
    _Maker(
        Column(title="size", detail="parameters", brief="text"),
        lambda model: Cell(numbers.size(model.cost.bytes), numbers.count(model.cost.parameters)),
    ),
    _Maker(
        Column(title="writing", detail="tokens/s, beam", brief="text"),
        lambda model: Cell(numbers.rate(model.writing.tokens_per_second), f"beam {model.writing.beam}"),
    ),
    _Maker(Column(title="memory", detail="peak"), lambda model: Cell(numbers.size(model.cost.peak_bytes))),
]
