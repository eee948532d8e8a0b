"""The main table of a comparison of translators, and the table of their heads."""

from collections.abc import Sequence
from itertools import groupby

from headwork.base.results import Difference
from headwork.base.translation import BASELINE, HeadUse, LengthGap, TranslationComparison, TranslationStanding
from headwork.report import numbers
from headwork.report.columns import MEMORY, NAME, SIZE, Maker, P, best_first, spread, table_of
from headwork.report.standings import standings
from headwork.report.table import DASH, Cell, Column, Row, Table


def ranked(comparison: TranslationComparison) -> list[TranslationStanding]:
    return best_first(comparison.models, "bleu", comparison.best)


@standings.register
def translation_table(comparison: TranslationComparison) -> Table:
    """One row a model, highest BLEU first; the column against the model without attention only where it took part."""
    baseline = any(model.against_baseline for model in comparison.models)
    makers = [maker for maker in _MAKERS if baseline or maker.against != BASELINE]
    return table_of(comparison, ranked(comparison), makers)


def gaps_table(models: Sequence[TranslationStanding]) -> Table | None:
    """What each model has before the one without attention, by the length of the source."""
    shown = [model for model in models if model.gaps and model.name != BASELINE]
    if not shown:
        return None
    columns = [Column(title=f"{_lengths(gap)} words", detail="BLEU, interval") for gap in shown[0].gaps]
    rows = [Row(cells=[Cell(model.name), *(_gap(each.gap) for each in model.gaps)]) for model in shown]
    return Table(columns=[Column(title=f"minus {BASELINE}", align="left"), *columns], rows=rows)


def _lengths(gap: LengthGap) -> str:
    return str(gap.shortest) if gap.shortest == gap.longest else f"{gap.shortest} to {gap.longest}"


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


def _scores(title: str, score: str, *, whole: bool) -> Maker:
    def cell(model: TranslationStanding) -> Cell:
        found = model.scores[score]
        return Cell(numbers.decimal(found.mean, 1), f"{found.low:.1f}–{found.high:.1f}")

    return Maker(Column(title=title, detail="95% interval", brief="whole" if whole else "text"), cell)


def _gap(gap: Difference | None) -> Cell:
    """A difference in BLEU."""
    if gap is None:
        return Cell(DASH)
    return Cell(numbers.points(gap.difference / 100), numbers.points_interval(gap.low / 100, gap.high / 100))


_MAKERS = [
    NAME,
    _scores("BLEU", "bleu", whole=True),
    spread("bleu", lambda value: numbers.decimal(value, 1)),
    _scores("chrF", "chrf", whole=False),
    Maker(
        Column(title="against best", detail="BLEU, interval", brief="whole"),
        lambda model: _gap(model.against_best),
        "best",
    ),
    P,
    Maker(
        Column(title=f"against {BASELINE}", detail="BLEU, interval", brief="text"),
        lambda model: _gap(model.against_baseline),
        BASELINE,
    ),
    Maker(
        Column(title="training", detail="tokens/s", brief="text"),
        lambda model: Cell(numbers.seconds(model.cost.train_seconds), numbers.rate(model.trained_tokens_per_second)),
    ),
    SIZE,
    Maker(
        Column(title="writing", detail="tokens/s, beam", brief="text"),
        lambda model: Cell(numbers.rate(model.writing.tokens_per_second), f"beam {model.writing.beam}"),
    ),
    MEMORY,
]
