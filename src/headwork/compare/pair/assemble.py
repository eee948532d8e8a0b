"""From finished trials of models of text pairs to one result: scores with intervals, paired tests, the verdict.

Axes: S seeds, n test pairs, C classes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from headwork.base.pair import (
    Exchange,
    Exchanges,
    PairComparison,
    PairMistake,
    PairRun,
    PairStanding,
)
from headwork.base.results import Difference
from headwork.base.runs import Run
from headwork.compare.predictions import tested
from headwork.compare.seeds import by_model, mean
from headwork.compare.standing import calibrated, compared, middle_latency, placed, standing
from headwork.compare.work import Conditions
from headwork.data.pairs import PairCorpus
from headwork.measure.calibration import softmax
from headwork.measure.correlation import correlations, spearman_differences
from headwork.measure.intervals import bootstrap
from headwork.measure.means import mean_differences
from headwork.measure.scores import confusion, per_class
from headwork.measure.verdict import ACCURACY, SPEARMAN, best_model

MISTAKES_SHOWN = 8
IGNORED = 0.005
"""share of the answers that change below which a model does not look at a text"""
NOTHING, ONE_SIDED = "majority", "second-only"
FEW_PAIRS = 500


@dataclass(frozen=True)
class Answers:
    """What a model's seeds answered on the test pairs."""

    runs: list[PairRun]
    predicted: np.ndarray
    """(S, n) classes or scores"""
    logits: np.ndarray | None
    """(S, n, C), of classes"""

    @classmethod
    def of(cls, runs: Sequence[Run]) -> "Answers":
        tables = [tested(run) for run in runs]
        results = [run.result(PairRun) for run in runs]
        predicted = np.stack([table["predicted"].to_numpy() for table in tables])
        if "logits" not in tables[0].column_names:
            return cls(results, predicted, None)
        return cls(results, predicted, np.stack([np.stack(table["logits"].to_numpy()) for table in tables]))


def assemble(
    corpus: PairCorpus, runs: Sequence[Run], curve_runs: Sequence[Run], conditions: Conditions
) -> PairComparison:
    """The result of a comparison from its trials; `curve_runs` saw only a share of the training pairs."""
    test, train, classes = corpus.part("test"), corpus.part("train"), corpus.facts.classes
    by = ACCURACY if classes else SPEARMAN
    answers = {name: Answers.of(own) for name, own in by_model(runs).items()}
    models = [_describe(each, test.labels) for each in answers.values()]
    best = best_model(models, by).name
    to_best = _differences(best, test.labels, {name: each.predicted for name, each in answers.items()})
    models = placed(models, to_best, answers, curve_runs, train, score=by.score)
    first = answers[best].predicted[0]
    ranked = sorted(models, key=by.rank)
    return PairComparison(
        **compared(corpus, models, by, [*runs, *curve_runs], conditions),
        best=best,
        confusion=confusion(test.labels, first, classes=len(classes)).tolist() if classes else [],
        per_class=per_class(test.labels, first, classes) if classes else [],
        mistakes={model.name: _mistakes(corpus, answers[model.name]) for model in ranked[:2]},
        warnings=list(_warnings(corpus, models, by.score)),
    )


def _differences(best: str, truth: np.ndarray, predicted: dict[str, np.ndarray]) -> dict[str, Difference]:
    if truth.dtype.kind == "f":
        return spearman_differences(best, truth, predicted)
    return mean_differences(best, {name: (each == truth).astype(float) for name, each in predicted.items()})


def _describe(answers: Answers, truth: np.ndarray) -> PairStanding:
    """One row of the comparison, not yet compared with others."""
    runs, classes = answers.runs, answers.logits is not None
    return PairStanding(
        **standing(runs),
        scores=bootstrap(truth, answers.predicted) if classes else correlations(truth, answers.predicted),
        latency=middle_latency([run.latency for run in runs]),
        cut=runs[0].cut,
        exchanges=Exchanges(
            first=_mean_exchange([run.exchanges.first for run in runs]),
            second=_mean_exchange([run.exchanges.second for run in runs]),
        ),
        calibrated=calibrated(answers.logits, truth, [run.temperature for run in runs])
        if answers.logits is not None
        else None,
    )


def _mean_exchange(found: Sequence[Exchange]) -> Exchange:
    return Exchange(moved=mean(each.moved for each in found), score=mean(each.score for each in found))


def _mistakes(corpus: PairCorpus, answers: Answers) -> list[PairMistake]:
    """The first seed's worst answers: the surest wrong classes, or the scores that are furthest off."""
    test, classes, predicted = corpus.part("test"), corpus.facts.classes, answers.predicted[0]
    if answers.logits is not None:
        sure = softmax(answers.logits[0] / answers.runs[0].temperature).max(1)
        badness = np.where(predicted != test.labels, sure, -1.0)
        said = [f"{classes[label]} ({chance:.0%})" for label, chance in zip(predicted, sure, strict=True)]
    else:
        badness = np.abs(predicted - test.labels)
        said = [f"{score:.2f}" for score in predicted]
    worst = [place for place in np.argsort(-badness, kind="stable")[:MISTAKES_SHOWN] if badness[place] > 0]
    return [
        PairMistake(
            row=int(test.rows[place]),
            first=test.texts[place],
            second=test.seconds[place],
            target=classes[test.labels[place]] if classes else f"{test.labels[place]:g}",
            predicted=said[place],
        )
        for place in worst
    ]


def _warnings(corpus: PairCorpus, models: Sequence[PairStanding], score: str) -> Iterator[str]:
    test = corpus.facts.split.test
    if test < FEW_PAIRS:
        yield f"{test:,} test pairs are few: look at the intervals before the order"
    named = {model.name: model.scores[score] for model in models}
    if NOTHING in named and ONE_SIDED in named and named[ONE_SIDED].low > named[NOTHING].high:
        yield (
            f"the second text alone tells something of the target ({ONE_SIDED} {named[ONE_SIDED].mean:.3f}, {NOTHING} "
            f"{named[NOTHING].mean:.3f}): that much can be had without comparing the texts"
        )
    for model in models:
        if model.name == NOTHING:
            continue
        for side, found in (("first", model.exchanges.first), ("second", model.exchanges.second)):
            if found.moved < IGNORED:
                yield (
                    f"{model.name} does not look at the {side} text: {found.moved:.1%} of its answers change when the "
                    f"{side} texts are those of other pairs"
                )
        if model.cut.rows:
            yield f"{model.name}: {model.cut.rows:,} test texts are longer than it takes and were cut"
