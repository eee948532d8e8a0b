"""One trial of a model that gives a text any number of labels. The test side is read once, after training has ended."""

import time

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from headwork.base.files import write_atomically, write_text
from headwork.base.multilabel import MultilabelRun
from headwork.base.recipes import Recipe
from headwork.base.runs import Identity, Run
from headwork.compare.ended import ended
from headwork.compare.fitting import fit_in
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
    write_predictions(run, labeller, {"dev": (dev, dev_logits), "test": (test, logits)})
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


def write_predictions(run: Run, labeller: Labeller, sides: dict[str, tuple[Examples, np.ndarray]]) -> None:
    """Rows with lists over the labels."""
    tables = []
    for side, (examples, logits) in sides.items():
        chances = labeller.calibrated(logits)
        lists = {"label": examples.labels, "predicted": labeller.given(chances)}
        numbers = {"logits": logits, "probabilities": chances}
        tables.append(
            pa.table(
                {
                    "row": pa.array(examples.rows, pa.int64()),
                    "side": pa.array([side] * len(examples)),
                    **{name: pa.array(list(values), pa.list_(pa.bool_())) for name, values in lists.items()},
                    **{name: pa.array(list(values), pa.list_(pa.float64())) for name, values in numbers.items()},
                }
            )
        )
    write_atomically(run.predictions_file, lambda path: pq.write_table(pa.concat_tables(tables), path))


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
