"""From finished trials to one result: scores with intervals, paired tests, the verdict, warnings.

Axes: S seeds, n test rows, C classes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from msgspec.structs import replace

from headwork.base.results import (
    AccuracyDifference,
    Calibration,
    Comparison,
    Mistake,
    ModelResult,
    RunResult,
)
from headwork.base.runs import Run
from headwork.compare.classify.labels import count_wrong_labels
from headwork.compare.classify.swaps import blind, swapped, swaps_of
from headwork.compare.predictions import tested
from headwork.compare.seeds import by_model, curve, mean
from headwork.compare.standing import compared, middle_latency, standing
from headwork.compare.work import Conditions
from headwork.data.corpus import Corpus
from headwork.measure.against import differences_against
from headwork.measure.calibration import calibration, reliability, softmax
from headwork.measure.doubts import doubts
from headwork.measure.intervals import bootstrap
from headwork.measure.scores import confusion, per_class
from headwork.measure.verdict import ACCURACY, best_model

BASELINE = "tfidf"
MISTAKES_SHOWN = 8


@dataclass(frozen=True)
class Answers:
    """What a model's seeds answered on the test rows."""

    runs: list[RunResult]
    predicted: np.ndarray
    """(S, n)"""
    logits: np.ndarray
    """(S, n, C)"""

    @classmethod
    def of(cls, runs: Sequence[Run]) -> "Answers":
        tables = [tested(run) for run in runs]
        return cls(
            [run.result(RunResult) for run in runs],
            np.stack([table["predicted"].to_numpy() for table in tables]),
            np.stack([np.stack(table["logits"].to_numpy()) for table in tables]),
        )


def assemble(corpus: Corpus, runs: Sequence[Run], curve_runs: Sequence[Run], conditions: Conditions) -> Comparison:
    """The result of a comparison from its trials; `curve_runs` saw only a share of the training rows."""
    test = corpus.part("test")
    answers = {name: Answers.of(own) for name, own in by_model(runs).items()}
    models = with_differences([describe(each, test.labels) for each in answers.values()], answers, test.labels)
    asked = swapped(test)
    models = [replace(each, swaps=swaps_of(asked, answers[each.name].predicted, test.labels)) for each in models]
    models = [with_curve(model, corpus, answers[model.name], curve_runs) for model in models]
    best = best_model(models)
    first = answers[best.name].predicted[0]
    classes = corpus.facts.classes
    wrong, checked = count_wrong_labels(corpus)
    return Comparison(
        **compared(corpus, models, ACCURACY, [*runs, *curve_runs], conditions),
        best=best.name,
        confusion=confusion(test.labels, first, classes=len(classes)).tolist(),
        per_class=per_class(test.labels, first, classes),
        mistakes={model.name: mistakes(corpus, answers[model.name]) for model in ranked(models)[:2]},
        warnings=[*doubts(corpus.facts, models, looks_wrong=wrong, checked=checked), *blind(models)],
    )


def ranked(models: Sequence[ModelResult]) -> list[ModelResult]:
    """Best mean accuracy first."""
    return sorted(models, key=lambda model: -model.scores["accuracy"].mean)


UNCOMPARED = AccuracyDifference(difference=0.0, low=0.0, high=0.0, p=1.0, p_holm=1.0, mcnemar_p=1.0, mcnemar_p_holm=1.0)


def describe(answers: Answers, truth: np.ndarray) -> ModelResult:
    """One row of the comparison, not yet compared with others."""
    runs = answers.runs
    each = [
        calibration(logits, truth, temperature=run.temperature)
        for logits, run in zip(answers.logits, runs, strict=True)
    ]
    after = [softmax(logits / run.temperature) for logits, run in zip(answers.logits, runs, strict=True)]
    all_truth = np.tile(truth, len(runs))
    return ModelResult(
        **{**standing(runs), "against_best": UNCOMPARED},
        scores=bootstrap(truth, answers.predicted),
        calibration=Calibration(
            **{name: mean(getattr(c, name) for c in each) for name in Calibration.__struct_fields__}
        ),
        latency=middle_latency([run.latency for run in runs]),
        against_tfidf=None,
        cut=runs[0].cut,
        train_cut=runs[0].train_cut,
        reliability_before=reliability(np.concatenate([softmax(logits) for logits in answers.logits]), all_truth),
        reliability_after=reliability(np.concatenate(after), all_truth),
        faithfulness=next((run.faithfulness for run in runs if run.faithfulness), None),
    )


def with_differences(
    models: Sequence[ModelResult], answers: dict[str, Answers], truth: np.ndarray
) -> list[ModelResult]:
    """The models with their paired differences to the best and to the baseline."""
    predicted = {name: each.predicted for name, each in answers.items()}
    to_best = differences_against(best_model(models).name, truth, predicted)
    to_baseline = differences_against(BASELINE, truth, predicted) if BASELINE in predicted else {}
    return [
        replace(model, against_best=to_best[model.name], against_tfidf=to_baseline.get(model.name)) for model in models
    ]


def with_curve(model: ModelResult, corpus: Corpus, whole: Answers, curve_runs: Sequence[Run]) -> ModelResult:
    """The model with its accuracy by share of the training rows."""
    train = corpus.part("train")
    points = curve(
        whole.runs,
        curve_runs,
        RunResult,
        rows=lambda share: len(train.share(share)),
        score=lambda run: run.test_accuracy,
    )
    return replace(model, curve=points)


def mistakes(corpus: Corpus, answers: Answers) -> list[Mistake]:
    """The first seed's wrong answers, most confident first."""
    test, classes = corpus.part("test"), corpus.facts.classes
    chances = softmax(answers.logits[0] / answers.runs[0].temperature)
    predicted = answers.predicted[0]
    wrong = np.flatnonzero(predicted != test.labels)
    worst = wrong[np.argsort(-chances[wrong, predicted[wrong]], kind="stable")][:MISTAKES_SHOWN]
    return [
        Mistake(
            row=int(test.rows[place]),
            text=test.texts[place],
            label=classes[test.labels[place]],
            predicted=classes[predicted[place]],
            probability=float(chances[place, predicted[place]]),
        )
        for place in worst
    ]
