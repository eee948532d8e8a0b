"""One trial of a model that answers from passages. The test side is read once, after training has ended.

The threshold below which an answer is withheld is fitted on dev: where some of its questions have no answer, so that F1
is best; else on its questions about their own passage and about the one of another that BM25 finds most like them, for
questions about whole folders, of which most passages answer nothing.
"""

import time

import numpy as np
import pyarrow as pa

from headwork.base.errors import HeadworkError
from headwork.base.files import write_text
from headwork.base.recipes import Recipe
from headwork.base.runs import Identity, Run
from headwork.base.span import SpanRun
from headwork.compare.ended import ended
from headwork.compare.fitting import fit_in
from headwork.compare.predictions import write_predictions
from headwork.compare.work import Settings
from headwork.data.questions import Asked, QuestionCorpus, Questions
from headwork.measure.answers import best, best_threshold, exact, f1
from headwork.measure.latency import measure_latency
from headwork.models import kind_of
from headwork.models.retrieval import Index
from headwork.tasks.span import Answerer, Found, new_answerer
from headwork.train.any import check_recipe
from headwork.train.config import train_config
from headwork.train.record import Fitted, Progress

LATENCY_QUESTIONS = 200
STRANGERS = 200
"""questions of dev that are asked about another passage too, at most"""
NEAREST = 10
"""passages that BM25 finds, until one lacks the answer"""


def check(recipe: Recipe) -> None:
    check_recipe(recipe)
    if kind_of(recipe).neural and train_config(recipe).label_smoothing:
        raise HeadworkError(f"recipe {recipe.name}: train.label_smoothing means nothing for spans; leave it out")


def trial(
    run: Run, recipe: Recipe, corpus: QuestionCorpus, identity: Identity, settings: Settings, progress: Progress
) -> SpanRun:
    """Train, measure and write all of the run folder but result.json."""
    began = time.perf_counter()
    train, dev = corpus.part("train").share(settings.share), corpus.part("dev")
    answerer = new_answerer(recipe, train, seed=identity.seed, offline=settings.offline, device=settings.device)
    fitted = fit_in(run, answerer, train, dev, identity=identity, settings=settings, progress=progress)
    result = measure_and_store(answerer, run, corpus, train, fitted, identity, began)
    write_text(run.model / "README.md", model_card(result, corpus))
    return result


def measure_and_store(
    answerer: Answerer,
    run: Run,
    corpus: QuestionCorpus,
    train: Questions,
    fitted: Fitted,
    identity: Identity,
    began: float,
) -> SpanRun:
    """Threshold from dev, one reading of test, cost and latency; all of it in the run folder but result.json."""
    dev, test = corpus.part("dev"), corpus.part("test")
    found_dev = answerer.find(dev.asked)
    answerer.abstains = corpus.unanswerable
    answerer.threshold = threshold_of(answerer, dev, found_dev)
    size = answerer.save(run.model)
    found = answerer.find(test.asked)
    scored_dev, scored = scores_of(answerer, dev, found_dev), scores_of(answerer, test, found)
    sides = {"dev": (dev, found_dev, scored_dev), "test": (test, found, scored)}
    write_predictions(run, {name: (side[0].rows, told(answerer, *side)) for name, side in sides.items()})
    return SpanRun(
        **ended(answerer.recipe, identity, fitted, parameters=answerer.parameters, size=size),
        dev_f1=float(scored_dev["f1"].mean()),
        scores={name: float(values.mean()) for name, values in scored.items()},
        threshold=answerer.threshold,
        abstains=answerer.abstains,
        latency=measure_latency(answerer.answer, test.sample(LATENCY_QUESTIONS).asked),
        reading=answerer.reading(test.asked),
        not_learnt=answerer.unlearnable(train),
        seconds=time.perf_counter() - began,
    )


def scores_of(answerer: Answerer, side: Questions, found: list[Found]) -> dict[str, np.ndarray]:
    """(n,) F1 and exact match of each question; the score that models are ranked by comes first."""
    texts = answerer.texts(side.asked, found)
    return {
        name: np.array([best(score, text, people) for text, people in zip(texts, side.people, strict=True)])
        for name, score in (("f1", f1), ("exact", exact))
    }


def threshold_of(answerer: Answerer, dev: Questions, found: list[Found]) -> float:
    """What an answer must score on dev for F1 to be best, among questions with and without an answer."""
    asked, people, spans = list(dev.asked), list(dev.people), list(found)
    if not answerer.abstains:
        some = dev.sample(STRANGERS)
        strange = strangers(dev, some)
        asked += strange
        people += [[] for _ in strange]
        spans += answerer.find(strange)
    said = [one.passage[span.start : span.end] for one, span in zip(asked, spans, strict=True)]
    counted = [place for place, span in enumerate(spans) if span.end > span.start]  # the others answer nothing anyway
    if not counted:
        return 0.0
    return best_threshold(
        np.array([spans[place].score for place in counted]),
        np.array([best(f1, said[place], people[place]) for place in counted]),
        np.array([float(not people[place]) for place in counted]),
    )


def strangers(dev: Questions, some: Questions) -> list[Asked]:
    """Each question about the passage of another that is most like it and lacks its answer, where one is found."""
    passages = list(dict.fromkeys(one.passage for one in dev.asked))
    index, folded = Index(passages), [passage.casefold() for passage in passages]
    found = []
    for one, people in zip(some.asked, some.people, strict=True):
        lacking = [
            place
            for place in index.best(one.question, NEAREST)
            if passages[place] != one.passage and not any(person.casefold() in folded[place] for person in people)
        ]
        found += [Asked(one.question, passages[place]) for place in lacking[:1]]
    return found


def told(answerer: Answerer, side: Questions, found: list[Found], scored: dict[str, np.ndarray]) -> dict[str, pa.Array]:
    """Columns of predictions.parquet."""
    return {
        "answer": pa.array(answerer.texts(side.asked, found), pa.large_string()),
        "start": pa.array([span.start for span in found], pa.int64()),
        "end": pa.array([span.end for span in found], pa.int64()),
        "score": pa.array([span.score for span in found], pa.float64()),
        **{score: pa.array(values) for score, values in scored.items()},
    }


def model_card(result: SpanRun, corpus: QuestionCorpus) -> str:
    """model/README.md: what the model is and how it scored, for whoever finds the folder."""
    facts = corpus.facts
    return (
        f"# {result.title}\n\n"
        f"Answers questions from passages. Recipe `{result.model}`, seed {result.seed}, trained on "
        f"{facts.split.train:,} questions of {facts.source}.\n\n"
        f"On {facts.split.test:,} test questions: F1 {result.scores['f1']:.3f}, exact match "
        f"{result.scores['exact']:.3f}.\n\n"
        "Use it with `headwork predict` or `headwork ask` on the folder that holds this one.\n"
    )
