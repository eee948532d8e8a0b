"""One trial of a model that gives a text any number of labels. The test side is read once, after training has ended."""

import time

import numpy as np
import pyarrow as pa

from headwork.base.files import write_text
from headwork.base.multilabel import MultilabelRun
from headwork.base.recipes import Recipe
from headwork.base.runs import Identity, Run
from headwork.compare.ended import ended
from headwork.compare.fitting import fit_in
from headwork.compare.predictions import lists, write_predictions
from headwork.compare.work import Settings
from headwork.data.corpus import Examples
from headwork.data.multilabel import MultilabelCorpus
from headwork.measure.labels import mean_rank_scores, set_scores
from headwork.measure.latency import measure_latency
from headwork.tasks.multilabel import Labeller, new_labeller
from headwork.train.record import Fitted, Progress

LATENCY_TEXTS = 1000


def trial(
    run: Run, recipe: Recipe, corpus: MultilabelCorpus, identity: Identity, settings: Settings, progress: Progress
) -> MultilabelRun:
    """Train, measure and write all of the run folder but result.json."""
    began = time.perf_counter()
    train, dev = corpus.part("train").share(settings.share), corpus.part("dev")
    labeller = new_labeller(
        recipe, corpus.facts.classes, train.texts, seed=identity.seed, offline=settings.offline, device=settings.device
    )
    labeller.model.text_column = corpus.facts.text_column
    fitted = fit_in(run, labeller.model, train, dev, identity=identity, settings=settings, progress=progress)
    result = measure_and_store(labeller, run, corpus, fitted, identity, began)
    write_text(run.model / "README.md", model_card(result, corpus))
    return result


def measure_and_store(
    labeller: Labeller, run: Run, corpus: MultilabelCorpus, fitted: Fitted, identity: Identity, began: float
) -> MultilabelRun:
    """Temperatures and thresholds from dev, one reading of test, cost and latency; all but result.json is written."""
    dev, test = corpus.part("dev"), corpus.part("test")
    dev_logits = labeller.logits(dev.texts)
    labeller.settle(dev_logits, dev.labels)
    size = labeller.save(run.model)
    logits = labeller.logits(test.texts)
    sides = {"dev": (dev, dev_logits), "test": (test, logits)}
    write_predictions(run, {name: (side.rows, told(labeller, side, found)) for name, (side, found) in sides.items()})
    return MultilabelRun(
        **ended(labeller.recipe, identity, fitted, parameters=labeller.parameters, size=size),
        dev_score=scores_of(labeller, dev_logits, dev)["macro_f1"],
        scores=scores_of(labeller, logits, test),
        temperatures=labeller.temperatures.tolist(),
        thresholds=labeller.thresholds.tolist(),
        latency=measure_latency(labeller.probabilities, test.texts[:LATENCY_TEXTS]),
        cut=labeller.cut(test.texts),
        seconds=time.perf_counter() - began,
    )


def scores_of(labeller: Labeller, logits: np.ndarray, side: Examples) -> dict[str, float]:
    given = labeller.given(labeller.calibrated(logits))
    return set_scores(side.labels, given) | mean_rank_scores(side.labels, logits)


def told(labeller: Labeller, side: Examples, logits: np.ndarray) -> dict[str, pa.Array]:
    """Columns of predictions.parquet: lists over the labels."""
    chances = labeller.calibrated(logits)
    return {
        "label": lists(side.labels.astype(bool)),
        "predicted": lists(labeller.given(chances).astype(bool)),
        "logits": lists(logits.astype(np.float64)),
        "probabilities": lists(chances.astype(np.float64)),
    }


def model_card(result: MultilabelRun, corpus: MultilabelCorpus) -> str:
    """model/README.md: what the model is and how it scored, for whoever finds the folder."""
    facts, scores = corpus.facts, result.scores
    auc = f", mean AUC {scores['auc']:.3f}" if "auc" in scores else ""
    return (
        f"# {result.title}\n\n"
        f"Gives a text any of {len(facts.classes)} labels. Recipe `{result.model}`, seed {result.seed}, trained on "
        f"{facts.split.train:,} texts of {facts.source}.\n\n"
        f"On {facts.split.test:,} test texts: macro-F1 {scores['macro_f1']:.3f}, micro-F1 {scores['micro_f1']:.3f}, "
        f"{100 * scores['subset_accuracy']:.1f}% with all labels right{auc}.\n"
        f"Labels: {', '.join(facts.classes)}.\n\n"
        "Use it with `headwork predict` on the folder that holds this one.\n"
    )
