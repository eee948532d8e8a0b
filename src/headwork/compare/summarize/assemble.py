"""From finished trials of models that summarise to one result: scores with intervals, paired differences, the verdict.

Axes: S seeds, n test documents.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from msgspec.structs import replace

from headwork.base.runs import Run
from headwork.base.summary import (
    BASELINE,
    PLACES,
    Bound,
    SummaryComparison,
    SummaryRun,
    SummarySample,
    SummaryStanding,
    Written,
)
from headwork.compare.predictions import tested
from headwork.compare.seeds import by_model, mean
from headwork.compare.standing import compared, middle_latency, placed, standing
from headwork.compare.summarize.trial import scores_of, written_of
from headwork.compare.work import Conditions
from headwork.data.summaries import Summaries, SummaryCorpus
from headwork.measure.means import mean_differences, mean_score
from headwork.measure.rouge import SCORES, Judge, by_subsequence, signature
from headwork.measure.verdict import ROUGE_L, best_model
from headwork.tasks.summarize import joined

SAMPLES = 6
FEW_DOCUMENTS = 100


@dataclass(frozen=True)
class Answers:
    """What a model's seeds gave for the test documents."""

    runs: list[SummaryRun]
    scores: dict[str, np.ndarray]
    """(S, n) by score"""
    chosen: list[list[list[int]]]
    """by seed and document the places of sentences"""
    texts: list[str]
    """of the first seed"""

    @classmethod
    def of(cls, runs: Sequence[Run]) -> "Answers":
        tables = [tested(run) for run in runs]
        return cls(
            [run.result(SummaryRun) for run in runs],
            {name: np.stack([table[name].to_numpy() for table in tables]) for name in SCORES},
            [table["chosen"].to_pylist() for table in tables],
            tables[0]["summary"].to_pylist(),
        )


def assemble(
    corpus: SummaryCorpus, runs: Sequence[Run], curve_runs: Sequence[Run], conditions: Conditions
) -> SummaryComparison:
    """The result of a comparison from its trials; `curve_runs` saw only a share of the training documents."""
    test, train = corpus.part("test"), corpus.part("train")
    answers = {name: Answers.of(own) for name, own in by_model(runs).items()}
    models = [_describe(each) for each in answers.values()]
    best = best_model(models, ROUGE_L).name
    ranked_by = {name: each.scores[ROUGE_L.score] for name, each in answers.items()}
    models = placed(models, mean_differences(best, ranked_by), answers, curve_runs, train, score=ROUGE_L.score)
    if BASELINE in answers:
        to_lead = mean_differences(BASELINE, ranked_by)
        models = [replace(model, against_lead=to_lead[model.name]) for model in models]
    oracle = [
        Judge(references, test.words).chosen(document, by_subsequence)
        for document, references in zip(test.items, test.references, strict=True)
    ]
    return SummaryComparison(
        **compared(corpus, models, ROUGE_L, [*runs, *curve_runs], conditions),
        best=best,
        oracle=_bound(test, oracle),
        references=_people(test),
        signature=signature(test.words),
        samples=list(_samples(test, oracle, answers)),
        warnings=list(_warnings(test, models)),
    )


def _describe(answers: Answers) -> SummaryStanding:
    """One row of the comparison, not yet compared with others."""
    runs = answers.runs
    return SummaryStanding(
        **standing(runs),
        scores={name: mean_score(values) for name, values in answers.scores.items()},
        against_lead=None,
        sentences=[run.sentences for run in runs],
        written=Written(
            **{name: mean(getattr(run.written, name) for run in runs) for name in Written.__struct_fields__}
        ),
        latency=middle_latency([run.latency for run in runs]),
        reading=runs[0].reading,
        not_learnt=runs[0].not_learnt,
        places=places_of([chosen for seed in answers.chosen for chosen in seed]),
    )


def places_of(chosen: Sequence[Sequence[int]]) -> list[float]:
    """Shares of the chosen sentences that are first, second, … and of all later ones; empty where there are none."""
    found = [min(place, PLACES - 1) for places in chosen for place in places]
    return (np.bincount(found, minlength=PLACES) / len(found)).tolist() if found else []


def _bound(test: Summaries, oracle: Sequence[Sequence[int]]) -> Bound:
    texts = [joined(document, places) for document, places in zip(test.items, oracle, strict=True)]
    scores = scores_of(test, texts)
    return Bound(
        scores={name: mean_score(scores[None, :, place]) for place, name in enumerate(SCORES)},
        written=written_of(test.items, texts, [len(places) for places in oracle]),
        places=places_of(oracle),
    )


def _people(test: Summaries) -> Written:
    """What the references look like; all of a document count."""
    pairs = [(doc, text) for doc, texts in zip(test.items, test.references, strict=True) for text in texts]
    return written_of([document for document, _ in pairs], [text for _, text in pairs], [0] * len(pairs))


def _samples(test: Summaries, oracle: Sequence[list[int]], answers: dict[str, Answers]) -> Iterator[SummarySample]:
    """A few documents, the same for every model."""
    sample = {row: place for place, row in enumerate(test.rows.tolist())}
    for row in test.sample(SAMPLES).rows.tolist():
        place = sample[row]
        choosers = {name: each.chosen[0][place] for name, each in answers.items() if each.runs[0].sentences}
        yield SummarySample(
            row=row,
            sentences=list(test.items[place]),
            references=test.references[place],
            oracle=oracle[place],
            chosen=choosers,
            written={name: each.texts[place] for name, each in answers.items() if name not in choosers},
            scores={name: float(each.scores[ROUGE_L.score][0, place]) for name, each in answers.items()},
        )


def _warnings(test: Summaries, models: Sequence[SummaryStanding]) -> Iterator[str]:
    if len(test) < FEW_DOCUMENTS:
        yield f"{len(test):,} test documents are few: look at the intervals before the order"
    if test.words == "any":
        yield (
            "the summaries are not written in a-z: words of any script are counted, where the published scorer would "
            "see none of them"
        )
    for model in models:
        if model.reading.in_windows:
            many = model.reading.in_windows
            yield f"{model.name} reads {many:,} test documents in windows, longer than it takes at once"
        if model.reading.sentences_cut:
            yield f"{model.name} does not see the ends of {model.reading.sentences_cut:,} very long test sentences"
