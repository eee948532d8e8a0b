"""From finished trials of disambiguators to one result: scores with intervals, paired tests, the verdict.

Axes: S seeds, n test texts, C classes (all words' senses), F facts of a text.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from msgspec.structs import replace

from headwork.base.disambiguate import (
    Inventory,
    SenseComparison,
    SenseMistake,
    SenseRun,
    SenseStanding,
    sense_of,
)
from headwork.base.results import Difference
from headwork.base.runs import Run
from headwork.compare.predictions import tested
from headwork.compare.seeds import by_model
from headwork.compare.standing import calibrated, compared, middle_latency, placed, standing
from headwork.compare.work import Conditions
from headwork.data.senses import SenseCorpus
from headwork.measure.calibration import softmax
from headwork.measure.scores import confusion, per_class
from headwork.measure.senses import facts_of, formulas_of, most_frequent, word_scores
from headwork.measure.sums import summed_differences, summed_score
from headwork.measure.verdict import ACCURACY, best_model

MISTAKES_SHOWN = 8
FEW_TEXTS, FEW_OF_WORD = 200, 20
FREQUENT, STATIC = "most-frequent", "static-neighbours"
SHOWN_WORDS = 10
"""names in a note"""


@dataclass(frozen=True)
class Answers:
    """What a model's seeds answered on the test texts."""

    runs: list[SenseRun]
    logits: np.ndarray
    """(S, n, C)"""
    facts: np.ndarray
    """(S, n, F)"""

    @classmethod
    def of(cls, runs: Sequence[Run], truth: np.ndarray) -> "Answers":
        tables = [tested(run) for run in runs]
        logits = np.stack([np.stack(table["logits"].to_numpy()) for table in tables])
        facts = np.stack([facts_of(truth, each.argmax(1), classes=logits.shape[2]) for each in logits])
        return cls([run.result(SenseRun) for run in runs], logits, facts)

    @property
    def predicted(self) -> np.ndarray:
        """(n,) of the first seed."""
        return self.logits[0].argmax(1)


def assemble(
    corpus: SenseCorpus, runs: Sequence[Run], curve_runs: Sequence[Run], conditions: Conditions
) -> SenseComparison:
    """The result of a comparison from its trials; `curve_runs` saw only a share of the training texts."""
    test, train, inventory = corpus.part("test"), corpus.part("train"), corpus.inventory
    answers = {name: Answers.of(own, test.labels) for name, own in by_model(runs).items()}
    models = [_describe(each, test.labels, inventory) for each in answers.values()]
    best = best_model(models, ACCURACY).name
    accuracy = formulas_of(inventory)[ACCURACY.score]
    facts = {name: each.facts for name, each in answers.items()}
    models = placed(models, summed_differences(accuracy, best, facts), answers, curve_runs, train, score=ACCURACY.score)
    if FREQUENT in answers:
        models = _beside(models, summed_differences(accuracy, FREQUENT, facts))
    first = answers[best].predicted
    ranked = sorted(models, key=ACCURACY.rank)
    return SenseComparison(
        **compared(corpus, models, ACCURACY, [*runs, *curve_runs], conditions),
        best=best,
        confusion=confusion(test.labels, first, classes=len(inventory.classes)).tolist(),
        per_class=per_class(test.labels, first, inventory.classes),
        per_word=word_scores(test.labels, first, most_frequent(train.labels, inventory), inventory),
        mistakes={model.name: _mistakes(corpus, answers[model.name]) for model in ranked[:2]},
        warnings=list(_warnings(corpus, models)),
    )


def _describe(answers: Answers, truth: np.ndarray, inventory: Inventory) -> SenseStanding:
    """One row of the comparison, not yet compared with others."""
    runs = answers.runs
    return SenseStanding(
        **standing(runs),
        scores={
            name: summed_score(formula, answers.facts, is_share=True)
            for name, formula in formulas_of(inventory).items()
        },
        latency=middle_latency([run.latency for run in runs]),
        cut=runs[0].cut,
        calibrated=calibrated(answers.logits, truth, [run.temperature for run in runs]),
        against_frequent=None,
        chosen=runs[0].chosen,
    )


def _beside(models: Sequence[SenseStanding], gaps: Mapping[str, Difference]) -> list[SenseStanding]:
    """With their differences to the most frequent sense."""
    return [replace(model, against_frequent=gaps[model.name]) for model in models]


def _mistakes(corpus: SenseCorpus, answers: Answers) -> list[SenseMistake]:
    """The first seed's surest wrong answers."""
    test, classes = corpus.part("test"), corpus.facts.classes
    chances = softmax(answers.logits[0] / answers.runs[0].temperature)
    predicted, sure = chances.argmax(1), chances.max(1)
    badness = np.where(predicted != test.labels, sure, -1.0)
    worst = [place for place in np.argsort(-badness, kind="stable")[:MISTAKES_SHOWN] if badness[place] > 0]
    return [
        SenseMistake(
            row=int(test.rows[place]),
            text=test.texts[place],
            start=test.starts[place],
            end=test.ends[place],
            target=sense_of(classes[test.labels[place]]),
            predicted=sense_of(classes[predicted[place]]),
            probability=float(sure[place]),
        )
        for place in worst
    ]


def _warnings(corpus: SenseCorpus, models: Sequence[SenseStanding]) -> Iterator[str]:
    test = corpus.part("test")
    if len(test) < FEW_TEXTS:
        yield f"{len(test):,} test texts are few: look at the intervals before the order"
    counts = Counter(test.words)
    rare = [word for word in corpus.inventory.words if counts[word] < FEW_OF_WORD]
    if rare and len(rare) < len(corpus.inventory.words):
        named = ", ".join(rare[:SHOWN_WORDS]) + (" and others" if len(rare) > SHOWN_WORDS else "")
        yield f"words with fewer than {FEW_OF_WORD} test texts, whose own scores say little: {named}"
    for model in models:
        gap = model.against_frequent
        if model.name == STATIC and gap and gap.low > 0:
            yield (
                f"{model.name} does not see the texts and yet beats the most frequent sense by "
                f"{100 * gap.difference:.1f} points: how the word is spelt gives its sense away"
            )
        if model.cut.rows:
            yield f"{model.name}: {model.cut.rows:,} test texts are longer than it takes and were cut around the word"
