"""One trial of a disambiguator. The test side is read once, after training has ended."""

import time

import numpy as np
import pyarrow as pa

from headwork.base.disambiguate import Inventory, SenseRun
from headwork.base.files import write_json, write_text
from headwork.base.recipes import Recipe
from headwork.base.runs import Identity, Run
from headwork.compare.disambiguate.maps import maps_of
from headwork.compare.ended import ended
from headwork.compare.fitting import fit_in
from headwork.compare.predictions import lists, write_predictions
from headwork.compare.work import Settings
from headwork.data.senses import SenseCorpus, SenseExamples
from headwork.measure.calibration import fit_temperature, softmax
from headwork.measure.latency import measure_latency
from headwork.measure.senses import facts_of, formulas_of
from headwork.tasks.disambiguate import Disambiguator, new_disambiguator
from headwork.train.record import Fitted, Progress

LATENCY_TEXTS = 1000


def trial(
    run: Run, recipe: Recipe, corpus: SenseCorpus, identity: Identity, settings: Settings, progress: Progress
) -> SenseRun:
    """Train, measure and write all of the run folder but result.json."""
    began = time.perf_counter()
    train, dev = corpus.part("train").share(settings.share), corpus.part("dev")
    model = new_disambiguator(
        recipe, corpus.inventory, train.texts, seed=identity.seed, offline=settings.offline, device=settings.device
    )
    model.columns = corpus.asked_by
    model.learn_forms(train.items)
    fitted = fit_in(run, model, train, dev, identity=identity, settings=settings, progress=progress)
    result = measure_and_store(model, run, corpus, fitted, identity, began)
    if settings.explains and (maps := maps_of(model, train, corpus.part("test"))):
        write_json(run.senses_file, maps)
    write_text(run.model / "README.md", model_card(result, corpus))
    return result


def measure_and_store(
    model: Disambiguator, run: Run, corpus: SenseCorpus, fitted: Fitted, identity: Identity, began: float
) -> SenseRun:
    """Temperature from dev, one reading of test, cost and latency; all of it in the run folder but result.json."""
    dev, test = corpus.part("dev"), corpus.part("test")
    dev_logits = model.logits(dev.items)
    model.temperature = fit_temperature(dev_logits, dev.labels)
    size = model.save(run.model)
    logits = model.logits(test.items)
    sides = {"dev": (dev, dev_logits), "test": (test, logits)}
    write_predictions(run, {name: (side.rows, told(model, side, found)) for name, (side, found) in sides.items()})
    return SenseRun(
        **ended(model.recipe, identity, fitted, parameters=model.parameters, size=size),
        dev_score=next(iter(scores_of(dev_logits, dev.labels, corpus.inventory).values())),
        scores=scores_of(logits, test.labels, corpus.inventory),
        temperature=model.temperature,
        latency=measure_latency(model.probabilities, test.items[:LATENCY_TEXTS]),
        cut=model.cut(test.items),
        chosen=model.chosen,
        seconds=time.perf_counter() - began,
    )


def scores_of(logits: np.ndarray, labels: np.ndarray, inventory: Inventory) -> dict[str, float]:
    """The score that models are ranked by comes first."""
    sums = facts_of(labels, logits.argmax(1), classes=len(inventory.classes)).sum(0)
    return {name: float(formula(sums)) for name, formula in formulas_of(inventory).items()}


def told(model: Disambiguator, side: SenseExamples, logits: np.ndarray) -> dict[str, pa.Array]:
    """Columns of predictions.parquet."""
    return {
        "word": pa.array(side.words),
        "label": pa.array(side.labels),
        "predicted": pa.array(logits.argmax(1)),
        "logits": lists(logits),
        "probabilities": lists(softmax(logits / model.temperature)),
    }


def model_card(result: SenseRun, corpus: SenseCorpus) -> str:
    """model/README.md: what the model is and how it scored, for whoever finds the folder."""
    facts, names = corpus.facts, {"macro_f1": "macro-F1", "word_accuracy": "mean accuracy of the words"}
    scored = ", ".join(f"{names.get(name, name)} {score:.3f}" for name, score in result.scores.items())
    chosen = f"Chosen on dev: {result.chosen}.\n\n" if result.chosen else ""
    return (
        f"# {result.title}\n\n"
        f"Tells the sense ({facts.label_column}) of a marked word. Recipe `{result.model}`, seed {result.seed}, "
        f"trained on {facts.split.train:,} texts of {facts.source}.\n\n"
        f"{chosen}On {facts.split.test:,} test texts: {scored}.\n"
        f"Words: {', '.join(corpus.inventory.words)}.\n\n"
        "Use it with `headwork predict` on the folder that holds this one.\n"
    )
