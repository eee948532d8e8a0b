"""From finished trials of translators to one result: scores with intervals, paired tests, quality by length."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pyarrow.parquet as pq
from msgspec.structs import replace

from headwork.base.results import CurvePoint
from headwork.base.runs import Run
from headwork.base.translation import (
    BASELINE,
    LengthGap,
    LengthPoint,
    Sample,
    TranslationComparison,
    TranslationRun,
    TranslationStanding,
)
from headwork.compare.seeds import by_model, curve, mean
from headwork.compare.standing import compared, standing
from headwork.compare.translate.trial import BETWEEN, sample_of, share_of
from headwork.compare.work import Conditions
from headwork.data.bitext import Bitext, Pairs
from headwork.data.picture_text import picture_of
from headwork.data.pictures import png_of
from headwork.measure.bleu import Scored, differences_to, score_translations, with_intervals
from headwork.measure.verdict import BLEU, best_model

Picture = tuple[int, int, int]
LENGTH_BINS = 5
"""of about equally many test sentences"""
FEWEST_IN_BIN = 20
SAMPLES = 6
LEARNED = 2.0
"""BLEU below which translations are no better than common words in any order"""


@dataclass(frozen=True)
class Written:
    """What the seeds of a model wrote on the test side."""

    runs: list[TranslationRun]
    texts: list[list[str]]
    """of each seed"""
    scored: list[Scored]

    @classmethod
    def of(cls, runs: Sequence[Run], test: Pairs) -> "Written":
        texts = [pq.read_table(run.predictions_file, columns=["written"])["written"].to_pylist() for run in runs]
        scored = [score_translations(each, test.references) for each in texts]
        return cls([run.result(TranslationRun) for run in runs], texts, scored)


def assemble(
    bitext: Bitext, runs: Sequence[Run], curve_runs: Sequence[Run], conditions: Conditions
) -> TranslationComparison:
    """The result of a comparison from its trials; `curve_runs` saw only a share of the training pairs."""
    test = bitext.part("test")
    written = {name: Written.of(own, test) for name, own in by_model(runs).items()}
    models = [_describe(each, test, bitext.facts.picture) for each in written.values()]
    best = best_model(models, BLEU).name
    to_best = differences_to(best, {name: each.scored for name, each in written.items()})
    models = [replace(model, against_best=to_best[model.name]) for model in models]
    if BASELINE in written:
        models = _beside_baseline(models, written, test, bitext.facts.picture)
    models = [replace(model, curve=_curve(model.name, bitext, written, curve_runs)) for model in models]
    return TranslationComparison(
        **compared(bitext, models, BLEU, [*runs, *curve_runs], conditions),
        best=best,
        signatures=written[best].runs[0].signatures,
        samples=list(_samples(test, written, bitext.facts.picture)),
        warnings=list(_warnings(bitext, models)),
    )


def _describe(written: Written, test: Pairs, picture: Picture | None) -> TranslationStanding:
    """One row of the comparison, not yet compared with others."""
    runs = written.runs
    first = runs[0]
    return TranslationStanding(
        **standing(runs),
        scores=with_intervals(written.scored),
        writing=replace(
            first.writing,
            seconds=mean(run.writing.seconds for run in runs),
            tokens_per_second=mean(run.writing.tokens_per_second for run in runs),
        ),
        trained_tokens_per_second=mean(run.trained_tokens_per_second for run in runs),
        in_pieces=first.in_pieces,
        left_out=first.left_out,
        lengths=list(_by_length(written.scored, test)) if picture is None else [],
        heads=first.heads,
    )


def _beside_baseline(
    models: Sequence[TranslationStanding], written: dict[str, Written], test: Pairs, picture: Picture | None
) -> list[TranslationStanding]:
    """With what each has before the model without attention, on all sentences and on those of about one length."""
    scored = {name: each.scored for name, each in written.items()}
    whole = differences_to(BASELINE, scored)
    by_bin = [(each, differences_to(BASELINE, scored, each.chosen)) for each in _bins(test)] if picture is None else []
    return [
        replace(
            model,
            against_baseline=whole[model.name],
            gaps=tuple(
                LengthGap(shortest=each.shortest, longest=each.longest, gap=gaps[model.name]) for each, gaps in by_bin
            ),
        )
        for model in models
    ]


class Bin(NamedTuple):
    """Test sentences of about one length."""

    shortest: int
    longest: int
    """in words of the source"""
    chosen: np.ndarray
    """their places"""


def _bins(test: Pairs) -> Iterator[Bin]:
    """About equally many sentences in each, from the shortest to the longest."""
    words = np.array([len(source.split()) for source in test.sources])
    bins = max(1, min(LENGTH_BINS, len(words) // FEWEST_IN_BIN))
    edges = np.unique(np.quantile(words, np.linspace(0, 1, bins + 1)).round().astype(int))
    bounds = list(pairwise(edges)) or [(edges[0], edges[0] + 1)]
    for place, (low, high) in enumerate(bounds):
        last = place == len(bounds) - 1
        chosen = np.flatnonzero((words >= low) & ((words <= high) if last else (words < high)))
        if len(chosen):
            yield Bin(int(words[chosen].min()), int(words[chosen].max()), chosen)


def _by_length(scored: Sequence[Scored], test: Pairs) -> Iterator[LengthPoint]:
    """BLEU on sentences of about one length, from the shortest to the longest."""
    for each in _bins(test):
        bleu = with_intervals(scored, each.chosen)["bleu"]
        yield LengthPoint(
            shortest=each.shortest,
            longest=each.longest,
            rows=len(each.chosen),
            bleu=bleu.mean,
            low=bleu.low,
            high=bleu.high,
        )


def _curve(name: str, bitext: Bitext, written: dict[str, Written], curve_runs: Sequence[Run]) -> tuple[CurvePoint, ...]:
    """BLEU by share of the training pairs."""
    train = bitext.part("train")
    return curve(
        written[name].runs,
        curve_runs,
        TranslationRun,
        rows=lambda share: len(share_of(train, share)),
        score=lambda run: run.bleu / 100,
    )


def _samples(test: Pairs, written: dict[str, Written], picture: Picture | None) -> Iterator[Sample]:
    for place in sample_of(test, SAMPLES):
        source = test.sources[place]
        yield Sample(
            row=int(test.rows[place]),
            source=source if picture is None else "",
            picture=None if picture is None else png_of(picture_of(source, picture)),
            reference=BETWEEN.join(test.references[place]),
            written={name: each.texts[0][place] for name, each in written.items()},
        )


def _warnings(bitext: Bitext, models: Sequence[TranslationStanding]) -> Iterator[str]:
    split = bitext.facts.split
    if split.test < 500:
        yield f"{split.test:,} test pairs are few: BLEU of so few sentences moves by points from one sample to the next"
    best = max(model.scores["bleu"].mean for model in models)
    if best < LEARNED:
        yield f"no model has learned to translate (best BLEU {best:.1f}): give more pairs, or more time with --budget"
    for model in models:
        if model.left_out:
            yield f"{model.name}: {model.left_out:,} training pairs are longer than it takes and were left out"
        if model.in_pieces:
            yield f"{model.name}: {model.in_pieces:,} test texts are longer than it takes and were translated in pieces"
