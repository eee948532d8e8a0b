"""One trial of a model that summarises. The test side is read once, after training has ended.

Of models that choose, the number of sentences with the best ROUGE-L on dev is taken.
"""

import time
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from headwork.base.errors import HeadworkError
from headwork.base.files import write_text
from headwork.base.recipes import Recipe
from headwork.base.runs import Identity, Run
from headwork.base.summary import SummaryRun, Written
from headwork.base.words import words_of
from headwork.compare.ended import ended
from headwork.compare.fitting import fit_in
from headwork.compare.predictions import write_predictions
from headwork.compare.work import Settings
from headwork.data.summaries import Document, Summaries, SummaryCorpus
from headwork.measure.latency import measure_latency
from headwork.measure.rouge import SCORES, Judge
from headwork.models import kind_of
from headwork.tasks.summarize import Summarizer, Summary, new_summarizer
from headwork.train.any import check_recipe
from headwork.train.config import train_config
from headwork.train.record import Fitted, Progress

LATENCY_DOCUMENTS = 100


def check(recipe: Recipe) -> None:
    check_recipe(recipe)
    kind = kind_of(recipe)
    if kind.neural and not kind.load()[0].WRITES and train_config(recipe).label_smoothing:
        raise HeadworkError(
            f"recipe {recipe.name}: train.label_smoothing means nothing where sentences are chosen; leave it out"
        )


def trial(
    run: Run, recipe: Recipe, corpus: SummaryCorpus, identity: Identity, settings: Settings, progress: Progress
) -> SummaryRun:
    """Train, measure and write all of the run folder but result.json."""
    began = time.perf_counter()
    train, dev = corpus.part("train").share(settings.share), corpus.part("dev")
    summarizer = new_summarizer(recipe, train, seed=identity.seed, offline=settings.offline, device=settings.device)
    summarizer.listed, summarizer.text_column = corpus.facts.listed, corpus.facts.text_column
    fitted = fit_in(run, summarizer, train, dev, identity=identity, settings=settings, progress=progress)
    result = measure_and_store(summarizer, run, corpus, train, fitted, identity, began)
    write_text(run.model / "README.md", model_card(result, corpus))
    return result


def measure_and_store(
    summarizer: Summarizer,
    run: Run,
    corpus: SummaryCorpus,
    train: Summaries,
    fitted: Fitted,
    identity: Identity,
    began: float,
) -> SummaryRun:
    """One reading of test, cost and latency; all of it in the run folder but result.json."""
    dev, test = corpus.part("dev"), corpus.part("test")
    found = {"dev": summarizer.settle(dev)}
    size = summarizer.save(run.model)
    found["test"] = summarizer.summarize(test.items)
    scored = {"dev": scores_of(dev, texts_of(found["dev"])), "test": scores_of(test, texts_of(found["test"]))}
    sides = {"dev": dev, "test": test}
    write_predictions(run, {name: (side.rows, told(found[name], scored[name])) for name, side in sides.items()})
    return SummaryRun(
        **ended(summarizer.recipe, identity, fitted, parameters=summarizer.parameters, size=size),
        dev_score=float(scored["dev"][:, SCORES.index("rouge_l")].mean()),
        scores=dict(zip(SCORES, scored["test"].mean(0).tolist(), strict=True)),
        sentences=summarizer.sentences,
        written=written_of(test.items, texts_of(found["test"]), [len(one.sentences) for one in found["test"]]),
        latency=measure_latency(summarizer.summarize, test.sample(LATENCY_DOCUMENTS).items),
        reading=summarizer.reading(test.items),
        not_learnt=summarizer.unlearnable(train),
        seconds=time.perf_counter() - began,
    )


def texts_of(found: Sequence[Summary]) -> list[str]:
    return [summary.text for summary in found]


def scores_of(side: Summaries, texts: Sequence[str]) -> np.ndarray:
    """(n, 3) of SCORES."""
    pairs = zip(side.references, texts, strict=True)
    return np.array([Judge(references, side.words).of_text(text) for references, text in pairs])


def written_of(documents: Sequence[Document], texts: Sequence[str], sentences: Sequence[int]) -> Written:
    """What summaries with these texts look like, of which so many sentences were chosen."""
    words = [len(words_of(text)) for text in texts]
    whole = [max(1, sum(len(words_of(sentence)) for sentence in document)) for document in documents]
    return Written(
        sentences=float(np.mean(sentences)),
        words=float(np.mean(words)),
        compression=float(np.mean([own / of for own, of in zip(words, whole, strict=True)])),
    )


def told(found: Sequence[Summary], scored: np.ndarray) -> dict[str, pa.Array]:
    """Columns of predictions.parquet."""
    chosen = [[each.place for each in one.sentences] for one in found]
    return {
        "summary": pa.array(texts_of(found), pa.large_string()),
        "chosen": pa.array(chosen, pa.list_(pa.int64())),
        **{score: pa.array(scored[:, place]) for place, score in enumerate(SCORES)},
    }


def model_card(result: SummaryRun, corpus: SummaryCorpus) -> str:
    """model/README.md: what the model is and how it scored, for whoever finds the folder."""
    facts, scores = corpus.facts, result.scores
    how = (
        f"Chooses {result.sentences} sentences of a document" if result.sentences else "Writes a summary of a document"
    )
    return (
        f"# {result.title}\n\n"
        f"{how}. Recipe `{result.model}`, seed {result.seed}, trained on {facts.split.train:,} documents of "
        f"{facts.source}.\n\n"
        f"On {facts.split.test:,} test documents: ROUGE-L {scores['rouge_l']:.3f}, ROUGE-1 {scores['rouge_1']:.3f}, "
        f"ROUGE-2 {scores['rouge_2']:.3f} (F1, without stemming).\n\n"
        "Use it with `headwork predict` on the folder that holds this one.\n"
    )
