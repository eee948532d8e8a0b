"""From finished trials of labellers to one result: scores with intervals, paired tests, the verdict.

Axes: S seeds, n test rows, L labels.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from msgspec.structs import replace

from headwork.base.multilabel import (
    LabelCalibration,
    LabelChance,
    LabelMistake,
    MultilabelComparison,
    MultilabelRun,
    MultilabelStanding,
)
from headwork.base.results import Score
from headwork.base.runs import Run
from headwork.compare.predictions import tested
from headwork.compare.seeds import by_model, mean
from headwork.compare.standing import compared, middle_latency, placed, standing
from headwork.compare.work import Conditions
from headwork.data.multilabel import MultilabelCorpus
from headwork.measure.label_calibration import label_errors, label_reliability, sigmoid
from headwork.measure.labels import Sets, bootstrap_sets, label_scores, macro_f1_differences, together
from headwork.measure.verdict import MACRO_F1, best_model

MISTAKES_SHOWN = 8
FEW_ROWS = 20
"""test rows of a label below which its scores say little"""
SHOWN_LABELS = 10
"""names in a note"""
CEILING = 0.98
BASELINE = "tfidf"


@dataclass(frozen=True)
class Answers:
    """What a model's seeds answered on the test rows."""

    runs: list[MultilabelRun]
    given: np.ndarray
    """(S, n, L)"""
    logits: np.ndarray
    """(S, n, L)"""

    @classmethod
    def of(cls, runs: Sequence[Run]) -> "Answers":
        tables = [tested(run) for run in runs]
        given, logits = (
            np.stack([np.stack(table[name].to_numpy()) for table in tables]) for name in ("predicted", "logits")
        )
        return cls([run.result(MultilabelRun) for run in runs], given.astype(bool), logits)

    @property
    def cooled(self) -> np.ndarray:
        """(S, n, L) logits over their temperatures."""
        return self.logits / np.array([run.temperatures for run in self.runs])[:, None]


def assemble(
    corpus: MultilabelCorpus, runs: Sequence[Run], curve_runs: Sequence[Run], conditions: Conditions
) -> MultilabelComparison:
    """The result of a comparison from its trials; `curve_runs` saw only a share of the training rows."""
    test, train = corpus.part("test"), corpus.part("train")
    answers = {name: Answers.of(own) for name, own in by_model(runs).items()}
    models = [_describe(each, test.labels, corpus.facts.classes) for each in answers.values()]
    best = best_model(models, MACRO_F1).name
    to_best = macro_f1_differences(best, test.labels, {name: each.given for name, each in answers.items()})
    models = placed(models, to_best, answers, curve_runs, train, score=MACRO_F1.score)
    return MultilabelComparison(
        **compared(corpus, models, MACRO_F1, [*runs, *curve_runs], conditions),
        best=best,
        together=together(test.labels).tolist(),
        together_given=together(answers[best].given[0]).tolist(),
        mistakes={
            model.name: _mistakes(corpus, answers[model.name]) for model in sorted(models, key=MACRO_F1.rank)[:2]
        },
        warnings=list(_warnings(corpus, models, best)),
    )


def _describe(answers: Answers, truth: np.ndarray, names: Sequence[str]) -> MultilabelStanding:
    """One row of the comparison, not yet compared with others."""
    runs = answers.runs
    scores, ranks = bootstrap_sets(Sets(truth, answers.given, answers.logits))
    labels = label_scores(names, truth, answers.given[0], runs[0].thresholds, ranks)
    chances = sigmoid(answers.cooled).mean((0, 1)).tolist()
    return MultilabelStanding(
        **standing(runs),
        scores=scores,
        latency=middle_latency([run.latency for run in runs]),
        cut=runs[0].cut,
        calibration=_calibration(answers, truth),
        labels=[replace(label, probability=chance) for label, chance in zip(labels, chances, strict=True)],
    )


def _calibration(answers: Answers, truth: np.ndarray) -> LabelCalibration:
    found = {}
    every = np.tile(truth, (len(answers.runs), 1))
    for when, logits in {"before": answers.logits, "after": answers.cooled}.items():
        errors = [label_errors(own, truth) for own in logits]
        found |= {f"{name}_{when}": mean(getattr(each, name) for each in errors) for name in ("nll", "ece")}
        found[when] = label_reliability(sigmoid(np.concatenate(logits)), every)
    return LabelCalibration(**found)


def _mistakes(corpus: MultilabelCorpus, answers: Answers) -> list[LabelMistake]:
    """The first seed's wrong sets, those first whose true set had the least probability."""
    test, given, logits = corpus.part("test"), answers.given[0], answers.cooled[0]
    chances = sigmoid(logits)
    surprise = np.logaddexp(0, np.where(test.labels, -logits, logits)).sum(1)
    surprise[(given == test.labels).all(1)] = -1.0
    worst = [place for place in np.argsort(-surprise, kind="stable")[:MISTAKES_SHOWN] if surprise[place] >= 0]

    def named(place: int, which: np.ndarray) -> list[LabelChance]:
        return [
            LabelChance(name=corpus.facts.classes[label], probability=float(chances[place, label]))
            for label in np.flatnonzero(which[place])
        ]

    return [
        LabelMistake(
            row=int(test.rows[place]),
            text=test.texts[place],
            right=named(place, given & test.labels),
            wrong=named(place, given & ~test.labels),
            missed=named(place, test.labels & ~given),
        )
        for place in worst
    ]


def _warnings(corpus: MultilabelCorpus, models: Sequence[MultilabelStanding], best: str) -> Iterator[str]:
    classes, test = corpus.facts.classes, corpus.part("test").labels.sum(0)
    absent = [name for name, rows in zip(classes, test, strict=True) if rows == 0]
    if absent:
        yield f"no test row has {_listed(absent)}: macro-F1 leaves such a label out, and its AUC is not defined"
    few = [name for name, rows in zip(classes, test, strict=True) if 0 < rows < FEW_ROWS]
    if few:
        yield (
            f"fewer than {FEW_ROWS} test rows have {_listed(few)}: look at the intervals; macro-F1 counts such a label "
            "as much as any other"
        )
    unfitted = [name for name, rows in zip(classes, corpus.part("dev").labels.sum(0), strict=True) if rows == 0]
    if unfitted:
        yield f"no dev row has {_listed(unfitted)}: the threshold there is 0.5, which nothing was fitted to"
    scores: dict[str, Score] = {model.name: model.scores["macro_f1"] for model in models}
    if BASELINE in scores and scores[BASELINE].mean > CEILING:
        yield (
            f"{BASELINE} has a macro-F1 of {100 * scores[BASELINE].mean:.1f}%: single words give the labels away; look "
            "for the labels or their names in the texts"
        )
    half = (scores[best].high - scores[best].low) / 2
    if half > 0.05:
        yield (
            f"with {corpus.facts.split.test:,} test rows the macro-F1 of {best} is known to ±{100 * half:.1f} points "
            "only; four times as many rows would about halve that"
        )


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(f"{name!r:.40}" for name in names[:SHOWN_LABELS])
    return f"{shown} and {len(names) - SHOWN_LABELS} more" if len(names) > SHOWN_LABELS else shown
