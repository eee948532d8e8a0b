"""One trial of a model of search. The test side is read once, after training has ended.

Every test query is to find its document among the distractors that `headwork.data.distractors` gives it, the same for
all models and seeds. Where scores are mixed, the share of the vectors is fitted on dev.

Axes: n queries, D documents.
"""

import time
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from headwork.base.errors import HeadworkError
from headwork.base.files import write_text
from headwork.base.recipes import Recipe
from headwork.base.retrieve import Indexing, RetrieveRun
from headwork.base.runs import Identity, Run
from headwork.compare.ended import ended
from headwork.compare.fitting import fit_in
from headwork.compare.predictions import write_predictions
from headwork.compare.work import Settings
from headwork.data.distractors import Pool
from headwork.data.pairs import PairExamples
from headwork.data.searched import SearchCorpus
from headwork.measure.latency import measure_latency
from headwork.measure.ranks import rank_of, rank_values
from headwork.models import config_of, kind_of
from headwork.tasks.libraries import EVEN, Library, Mixed, mixed
from headwork.tasks.retrieve import Retriever, new_retriever
from headwork.train.any import check_recipe
from headwork.train.config import train_config
from headwork.train.record import Fitted, Progress

BLOCK = 256
"""queries that are scored together"""
DEV_QUERIES = 400
"""of dev, at most: documents of all of it would take longer than many a training"""
LATENCY_QUERIES = 200
SHARES = np.linspace(0, 1, 21)
"""of the vectors in a mixed score, from which one is chosen"""


def check(recipe: Recipe) -> None:
    check_recipe(recipe)
    if not kind_of(recipe).neural:
        return
    train, model = train_config(recipe), config_of(recipe)
    if train.label_smoothing:
        raise HeadworkError(f"recipe {recipe.name}: train.label_smoothing means nothing for search; leave it out")
    if train.fit.startswith("logistic"):
        raise HeadworkError(f"recipe {recipe.name}: train.fit is {train.fit!r}, but there is no head; use 'gradient'")
    if train.pretrain and not getattr(model, "denoising", False):
        raise HeadworkError(
            f"recipe {recipe.name}: train.pretrain is {train.pretrain}, but the model has no heads for it; set "
            "model.denoising=true (a dual-encoder from scratch has it), or leave train.pretrain out"
        )


def trial(
    run: Run, recipe: Recipe, corpus: SearchCorpus, identity: Identity, settings: Settings, progress: Progress
) -> RetrieveRun:
    """Train, measure and write all of the run folder but result.json."""
    began = time.perf_counter()
    facts, dev = corpus.facts, corpus.part("dev")
    train = corpus.part("train").share(settings.share)
    retriever = new_retriever(recipe, train, seed=identity.seed, offline=settings.offline, device=settings.device)
    retriever.columns = (facts.text_column, facts.second_column)
    fitted = fit_in(run, retriever, train, dev, identity=identity, settings=settings, progress=progress)
    result = measure_and_store(retriever, run, corpus, fitted, identity, began)
    write_text(run.model / "README.md", model_card(result, corpus))
    return result


def measure_and_store(
    retriever: Retriever, run: Run, corpus: SearchCorpus, fitted: Fitted, identity: Identity, began: float
) -> RetrieveRun:
    """One reading of test, cost and latency; all of it in the run folder but result.json."""
    looked, test = corpus.part("dev").sample(DEV_QUERIES), corpus.part("test")
    dev_score = fit_share(retriever, looked)
    size = retriever.save(run.model)
    pool, started = Pool.of(test.texts, test.seconds), time.perf_counter()
    library = retriever.index(pool.documents)
    indexing = Indexing(documents=len(pool.documents), seconds=time.perf_counter() - started)
    found = found_in(library, test.texts, pool)
    write_predictions(run, {"test": (test.rows, told(pool, found))})
    return RetrieveRun(
        **ended(retriever.recipe, identity, fitted, parameters=retriever.parameters, size=size),
        dev_score=dev_score,
        scores={name: float(values.mean()) for name, values in rank_values(found.ranks).items()},
        latency=measure_latency(library.scores, test.sample(LATENCY_QUERIES).texts),
        indexing=indexing,
        cut=retriever.cut(test.items),
        distractors=pool.fewest,
        share=retriever.share,
        seconds=time.perf_counter() - began,
    )


class Ranked(NamedTuple):
    """Of each query."""

    ranks: np.ndarray
    """(n,) of its own document"""
    first: np.ndarray
    """(n,) place of the document with the best score; of equals a distractor"""


def found_in(library: Library, queries: Sequence[str], pool: Pool) -> Ranked:
    """Every query against its own document and its distractors."""
    blocks = [
        ranked(library.scores(queries[start : start + BLOCK]), pool, start) for start in range(0, len(queries), BLOCK)
    ]
    return Ranked(*map(np.concatenate, zip(*blocks, strict=True)))


def ranked(scores: np.ndarray, pool: Pool, start: int = 0) -> Ranked:
    """From the (n, D) scores of the queries from place `start` on."""
    ranks, first = [], []
    for place, row in enumerate(scores, start):
        own, others = pool.own[place], pool.distractors(place)
        ranks.append(rank_of(row[own], row[others]))
        first.append(own if ranks[-1] == 1 else others[np.argmax(row[others])])
    return Ranked(np.array(ranks), np.array(first))


def fit_share(retriever: Retriever, dev: PairExamples) -> float:
    """The MRR on dev. Where scores are mixed, by the share that makes it best, of several the one nearest to a half."""
    pool = Pool.of(dev.texts, dev.seconds)
    library = retriever.index(pool.documents)
    if not isinstance(library, Mixed):
        return float((1 / found_in(library, dev.texts, pool).ranks).mean())
    cosines, words = library.parts(dev.texts)
    by_share = {float(s): float((1 / ranked(mixed(cosines, words, s), pool).ranks).mean()) for s in SHARES}
    retriever.share = max(by_share, key=lambda share: (by_share[share], -abs(share - EVEN)))
    return by_share[retriever.share]


def told(pool: Pool, found: Ranked) -> dict[str, pa.Array]:
    """Columns of predictions.parquet: of each query the rank of its document, and which document stood first."""
    columns = {
        "rank": found.ranks,
        "distractors": [len(pool.distractors(place)) for place in range(len(pool.own))],
        "right": pool.own,
        "first": found.first,
    }
    return {name: pa.array(values, pa.int64()) for name, values in columns.items()}


def model_card(result: RetrieveRun, corpus: SearchCorpus) -> str:
    """model/README.md: what the model is and how it scored, for whoever finds the folder."""
    facts, scores = corpus.facts, result.scores
    return (
        f"# {result.title}\n\n"
        f"Finds {facts.second_column} for {facts.text_column}. Recipe `{result.model}`, seed {result.seed}, trained on "
        f"{facts.split.train:,} pairs of {facts.source}.\n\n"
        f"On {facts.split.test:,} test queries, each against {result.distractors:,} other documents or more: MRR "
        f"{scores['mrr']:.3f}, found first {scores['recall_1']:.3f}, among ten {scores['recall_10']:.3f}.\n\n"
        "Use it with `headwork search` or `headwork predict` on the folder that holds this one.\n"
    )
