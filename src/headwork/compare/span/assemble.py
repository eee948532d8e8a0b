"""From finished trials of models that answer from passages to one result: scores with intervals, the verdict, parts.

Questions about one text fare alike, so that whole articles, or where there are few of them whole passages, are drawn
again for intervals.

Axes: S seeds, n test questions.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from headwork.base.runs import Run
from headwork.base.span import SpanComparison, SpanMistake, SpanRun, SpanStanding
from headwork.compare.predictions import tested
from headwork.compare.seeds import by_model
from headwork.compare.span.excerpt import excerpt
from headwork.compare.span.parts import partings
from headwork.compare.standing import compared, middle_latency, placed, standing
from headwork.compare.work import Conditions
from headwork.data.questions import QuestionCorpus, Questions
from headwork.measure.means import mean_differences, mean_score
from headwork.measure.verdict import F1, best_model

MISTAKES_SHOWN = 8
FEW = 30
"""groups below which their bootstrap is rough"""


@dataclass(frozen=True)
class Answers:
    """What a model's seeds answered on the test questions."""

    runs: list[SpanRun]
    f1: np.ndarray
    """(S, n), as the next"""
    exact: np.ndarray
    answers: list[str]
    """of the first seed, as the following"""
    spans: list[tuple[int, int]]
    scores: np.ndarray

    @classmethod
    def of(cls, runs: Sequence[Run]) -> "Answers":
        tables = [tested(run) for run in runs]
        first = tables[0]
        spans = list(zip(first["start"].to_pylist(), first["end"].to_pylist(), strict=True))
        f1, exact = (np.stack([table[name].to_numpy() for table in tables]) for name in ("f1", "exact"))
        results = [run.result(SpanRun) for run in runs]
        return cls(results, f1, exact, first["answer"].to_pylist(), spans, first["score"].to_numpy())


def assemble(
    corpus: QuestionCorpus, runs: Sequence[Run], curve_runs: Sequence[Run], conditions: Conditions
) -> SpanComparison:
    """The result of a comparison from its trials; `curve_runs` saw only a share of the training questions."""
    test, train = corpus.part("test"), corpus.part("train")
    drawn, groups = test.together()
    answers = {name: Answers.of(own) for name, own in by_model(runs).items()}
    models = [_describe(each, groups) for each in answers.values()]
    best = best_model(models, F1).name
    to_best = mean_differences(best, {name: each.f1 for name, each in answers.items()}, groups=groups)
    models = placed(models, to_best, answers, curve_runs, train, score=F1.score)
    ranked = sorted(models, key=F1.rank)
    return SpanComparison(
        **compared(corpus, models, F1, [*runs, *curve_runs], conditions),
        best=best,
        drawn=drawn,
        groups=len(np.unique(groups)),
        partings=partings(test, {name: each.f1 for name, each in answers.items()}, groups),
        mistakes={model.name: _mistakes(test, answers[model.name]) for model in ranked[:2]},
        warnings=list(_warnings(drawn, len(np.unique(groups)), models)),
    )


def _describe(answers: Answers, groups: np.ndarray) -> SpanStanding:
    """One row of the comparison, not yet compared with others."""
    runs = answers.runs
    return SpanStanding(
        **standing(runs),
        scores={
            "f1": mean_score(answers.f1, groups=groups),
            "exact": mean_score(answers.exact, groups=groups),
        },
        latency=middle_latency([run.latency for run in runs]),
        reading=runs[0].reading,
        not_learnt=runs[0].not_learnt,
        thresholds=[run.threshold for run in runs if run.abstains],
    )


def _mistakes(test: Questions, answers: Answers) -> list[SpanMistake]:
    """The first seed's worst answers: those with the lowest F1, the surest of them first, one of a passage."""
    f1 = answers.f1[0]
    order = np.lexsort((-answers.scores, f1))
    found, passages = [], set()
    for place in order[f1[order] < 1].tolist():
        passage = test.asked[place].passage
        if passage in passages or len(found) == MISTAKES_SHOWN:
            continue
        passages.add(passage)
        answer, given = answers.answers[place], test.answers[place]
        people = [(person.start, person.start + len(person.text)) for person in given]
        found.append(
            SpanMistake(
                row=int(test.rows[place]),
                title=test.titles[place],
                question=test.asked[place].question,
                people=list(dict.fromkeys(person.text for person in given)),
                answer=answer,
                score=float(answers.scores[place]) if np.isfinite(answers.scores[place]) else None,
                pieces=excerpt(passage, people, answers.spans[place] if answer else None),
            )
        )
    return found


def _warnings(drawn: str, groups: int, models: Sequence[SpanStanding]) -> Iterator[str]:
    if drawn == "passages":
        yield (
            "the test questions come from few articles, so that passages are drawn again for intervals: they speak of "
            "other passages of such articles, and not of articles about something else"
        )
    if groups < FEW:
        yield f"{groups} {drawn} are few to draw again: intervals are rough, and rather too narrow"
    for model in models:
        if cut := model.reading.questions_cut:
            yield f"{model.name}: {cut:,} test questions are longer than it takes and were cut"
        if left_out := model.reading.left_out:
            whole = left_out + model.reading.windows
            yield f"{model.name}: of {whole:,} windows of test passages {left_out:,} were not read (model.windows)"
        if model.not_learnt:
            yield f"{model.name}: {model.not_learnt:,} training answers fit no window and were not learnt from"
