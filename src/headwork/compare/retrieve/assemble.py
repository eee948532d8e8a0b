"""From finished trials of models of search to one result: scores with intervals, the verdict, examples.

Test queries are drawn again for intervals, the same for models that are compared; each keeps its distractors.

Axes: S seeds, n test queries.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from headwork.base.results import Difference
from headwork.base.retrieve import (
    FirstFound,
    FoundWithin,
    Indexing,
    RetrieveComparison,
    RetrieveRun,
    RetrieveStanding,
    SearchExample,
)
from headwork.base.runs import Run
from headwork.compare.predictions import tested
from headwork.compare.seeds import by_model
from headwork.compare.standing import compared, middle_latency, placed, standing
from headwork.compare.work import Conditions
from headwork.data.distractors import COUNT, Pool
from headwork.data.pairs import PairExamples
from headwork.data.searched import SearchCorpus
from headwork.measure.means import mean_differences, mean_score
from headwork.measure.ranks import rank_values, within
from headwork.measure.verdict import MRR, best_model

BASELINE = "bm25"
EXAMPLES = 10
SHOWN_MODELS = 2
"""the best ones, whose finds are shown beside those of the baseline"""
LADDER = (1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100)
"""the k of the picture"""
FEW = 200


@dataclass(frozen=True)
class Answers:
    """What a model's seeds found for the test queries."""

    runs: list[RetrieveRun]
    ranks: np.ndarray
    """(S, n)"""
    first: np.ndarray
    """(n,) places of documents, by the first seed"""

    @classmethod
    def of(cls, runs: Sequence[Run]) -> "Answers":
        tables = [tested(run) for run in runs]
        ranks = np.stack([table["rank"].to_numpy() for table in tables])
        return cls([run.result(RetrieveRun) for run in runs], ranks, tables[0]["first"].to_numpy())


def assemble(
    corpus: SearchCorpus, runs: Sequence[Run], curve_runs: Sequence[Run], conditions: Conditions
) -> RetrieveComparison:
    """The result of a comparison from its trials; `curve_runs` saw only a share of the training pairs."""
    test, train = corpus.part("test"), corpus.part("train")
    answers = {name: Answers.of(own) for name, own in by_model(runs).items()}
    reciprocal = {name: 1 / each.ranks for name, each in answers.items()}
    to_baseline = mean_differences(BASELINE, reciprocal) if BASELINE in answers else {}
    models = [_describe(each, to_baseline) for each in answers.values()]
    best = best_model(models, MRR).name
    models = placed(models, mean_differences(best, reciprocal), answers, curve_runs, train, score=MRR.score)
    in_order = [model.name for model in sorted(models, key=MRR.rank)]
    shown = [name for place, name in enumerate(in_order) if place < SHOWN_MODELS or name == BASELINE]
    pool = Pool.of(test.texts, test.seconds)
    return RetrieveComparison(
        **compared(corpus, models, MRR, [*runs, *curve_runs], conditions),
        best=best,
        distractors=pool.fewest,
        examples=_examples(test, pool, {name: answers[name] for name in shown}),
        warnings=list(
            _warnings(corpus, models, pool, published=any(run.recipe().model.get("pretrained") for run in runs))
        ),
    )


def _describe(answers: Answers, to_baseline: Mapping[str, Difference]) -> RetrieveStanding:
    """One row of the comparison, not yet compared with others."""
    runs, name = answers.runs, answers.runs[0].model
    ladder = [k for k in LADDER if k <= runs[0].distractors + 1]
    return RetrieveStanding(
        **standing(runs),
        scores={score: mean_score(values) for score, values in rank_values(answers.ranks).items()},
        latency=middle_latency([run.latency for run in runs]),
        indexing=Indexing(
            documents=runs[0].indexing.documents, seconds=float(np.median([run.indexing.seconds for run in runs]))
        ),
        cut=runs[0].cut,
        found=FoundWithin(k=ladder, share=[float(within(answers.ranks, k).mean()) for k in ladder]),
        against_bm25=to_baseline[name] if name != BASELINE and to_baseline else None,
        shares=[run.share for run in runs if run.share is not None],
    )


def _examples(test: PairExamples, pool: Pool, shown: Mapping[str, Answers]) -> list[SearchExample]:
    """A few test queries that are the same whatever the models, with what these found."""
    rows = {int(row): place for place, row in enumerate(test.rows)}
    found = []
    for row, pair in zip(test.sample(EXAMPLES).rows, test.sample(EXAMPLES).items, strict=True):
        place = rows[int(row)]
        own = {
            name: FirstFound(
                rank=int(each.ranks[0, place]),
                first="" if each.ranks[0, place] == 1 else pool.documents[each.first[place]],
            )
            for name, each in shown.items()
        }
        found.append(SearchExample(row=int(row), query=pair.first, right=pair.second, found=own))
    return found


def _warnings(
    corpus: SearchCorpus, models: Sequence[RetrieveStanding], pool: Pool, *, published: bool
) -> Iterator[str]:
    """published: did any model start from weights that others trained."""
    test = corpus.facts.split.test
    if pool.fewest < COUNT:
        yield (
            f"the test side has {len(pool.documents):,} different documents, so that a query stands against all the "
            f"others, {pool.fewest:,} or more, and not against {COUNT}: scores are higher than in larger collections"
        )
    if test < FEW:
        yield f"{test:,} test queries are few: look at the intervals before the order"
    if published:
        yield (
            "a published encoder may have learnt from these very texts: MiniLM's authors name CodeSearchNet, functions "
            "of public repositories with their docstrings, among what it was trained on"
        )
    if cut := [f"{model.name} {model.cut.rows:,}" for model in models if model.cut.rows]:
        yield f"test queries and documents that were cut, for they are longer than a model takes: {', '.join(cut)}"
