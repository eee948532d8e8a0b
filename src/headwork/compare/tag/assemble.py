"""From finished trials of taggers to one result: scores with intervals, paired differences, the verdict.

Axes: S seeds, n test sentences, F facts of a sentence.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from headwork.base.runs import Run
from headwork.base.tag import OUTSIDE, TagComparison, TagMistake, TagRun, TagStanding, entities_of, is_iob2
from headwork.compare.predictions import answered
from headwork.compare.seeds import by_model
from headwork.compare.standing import compared, middle_latency, placed, standing
from headwork.compare.work import Conditions
from headwork.data.tagged import TaggedCorpus, TaggedExamples
from headwork.measure.entities import by_kind, facts_of, formulas_of, kinds_of
from headwork.measure.scores import confusion
from headwork.measure.sums import summed_differences, summed_score
from headwork.measure.verdict import ACCURACY, ENTITY_F1, Yardstick, best_model

MISTAKES_SHOWN = 8
FEW_SENTENCES, FEW_ENTITIES = 200, 100


@dataclass(frozen=True)
class Answers:
    """What a model's seeds answered on the test sentences."""

    runs: list[TagRun]
    predicted: list[list[list[str]]]
    """by seed and sentence the tags"""
    facts: np.ndarray
    """(S, n, F)"""

    @classmethod
    def of(cls, runs: Sequence[Run], test: TaggedExamples, side: str = "test") -> "Answers":
        tables = [answered(run, side) for run in runs]
        predicted = [table["predicted"].to_pylist() for table in tables]
        facts = np.stack([facts_of(test.truth, each, test.tags) for each in predicted])
        return cls([run.result(TagRun) for run in runs], predicted, facts)


def assemble(
    corpus: TaggedCorpus,
    runs: Sequence[Run],
    curve_runs: Sequence[Run],
    conditions: Conditions,
    *,
    by: Yardstick | None = None,
) -> TagComparison:
    """The result of a comparison from its trials; `curve_runs` saw only a share of the training sentences."""
    test, train, tags = corpus.part("test"), corpus.part("train"), corpus.facts.classes
    by = by or (ENTITY_F1 if is_iob2(tags) else ACCURACY)
    answers = {name: Answers.of(own, test) for name, own in by_model(runs).items()}
    models = [_describe(each, tags) for each in answers.values()]
    best = best_model(models, by).name
    formula = formulas_of(tags)[by.score]
    to_best = summed_differences(formula, best, {name: each.facts for name, each in answers.items()})
    models = placed(models, to_best, answers, curve_runs, train, score=by.score)
    kinds = kinds_of(tags)
    ranked = sorted(models, key=by.rank)
    shown = [OUTSIDE, *kinds] if is_iob2(tags) else kinds
    return TagComparison(
        **compared(corpus, models, by, [*runs, *curve_runs], conditions),
        best=best,
        kinds=shown,
        confusion=_confusion(test, answers[best].predicted[0], shown),
        per_class=by_kind(answers[best].facts[0], kinds),
        mistakes={model.name: mistakes_of(test, answers[model.name]) for model in ranked[:2]},
        warnings=list(_warnings(corpus, models)),
    )


def _describe(answers: Answers, tags: Sequence[str]) -> TagStanding:
    """One row of the comparison, not yet compared with others."""
    runs = answers.runs
    return TagStanding(
        **standing(runs),
        scores={
            name: summed_score(formula, answers.facts, is_share=True) for name, formula in formulas_of(tags).items()
        },
        latency=middle_latency([run.latency for run in runs]),
        windows=runs[0].windows,
        cut=runs[0].cut,
    )


def _confusion(test: TaggedExamples, predicted: Sequence[Sequence[str]], kinds: Sequence[str]) -> list[list[int]]:
    """Of words: what tags say without where an entity begins."""
    number = {kind: place for place, kind in enumerate(kinds)}
    stripped = is_iob2(test.tags)

    def numbers(sentences: Sequence[Sequence[str]]) -> np.ndarray:
        return np.array([number[(tag[2:] or tag) if stripped else tag] for tags in sentences for tag in tags])

    return confusion(numbers(test.truth), numbers(predicted), classes=len(kinds)).tolist()


def mistakes_of(test: TaggedExamples, answers: Answers) -> list[TagMistake]:
    """The sentences in which the first seed makes the most errors: missed and false entities, or wrong words."""
    facts = answers.facts[0].reshape(len(test), 3, -1).sum(2)
    hits, true, found = facts.T
    errors = true + found - 2 * hits
    worst = [place for place in np.argsort(-errors, kind="stable")[:MISTAKES_SHOWN] if errors[place] > 0]
    return [
        TagMistake(
            row=int(test.rows[place]),
            words=list(test.sentences[place].words),
            target=list(test.sentences[place].tags),
            predicted=answers.predicted[0][place],
        )
        for place in worst
    ]


def _warnings(corpus: TaggedCorpus, models: Sequence[TagStanding]) -> Iterator[str]:
    test, unit = corpus.part("test"), corpus.facts.unit
    if len(test) < FEW_SENTENCES:
        yield f"{len(test):,} test {unit} are few: look at the intervals before the order"
    if is_iob2(test.tags):
        entities = sum(len(entities_of(tags)) for tags in test.truth)
        if entities < FEW_ENTITIES:
            yield f"{entities:,} test entities are few: look at the intervals before the order"
    unseen = {tag for tags in test.truth for tag in tags} - {tag for tags in corpus.part("train").truth for tag in tags}
    if unseen:
        yield f"tags that none of the training {unit} has cannot be told: {', '.join(sorted(unseen)[:10])}"
    for model in models:
        if model.windows:
            yield f"{model.name} reads {model.windows:,} test {unit} in windows, longer than it takes at once"
        if model.cut.rows:
            yield f"{model.name} does not see the ends of {model.cut.rows:,} test words that are very long"
