"""One trial of a classifier. The test side is read once, after training has ended."""

import time

import numpy as np
import pyarrow as pa

from headwork.base.files import write_json, write_text
from headwork.base.recipes import Recipe
from headwork.base.results import RunResult
from headwork.base.runs import Identity, Run
from headwork.compare.ended import ended
from headwork.compare.fitting import fit_in
from headwork.compare.predictions import lists, write_predictions
from headwork.compare.work import Settings
from headwork.data.corpus import Corpus, Examples
from headwork.explain.deletion import faithfulness
from headwork.explain.words import explain
from headwork.measure.calibration import fit_temperature, softmax
from headwork.measure.latency import measure_latency
from headwork.measure.scores import accuracy, macro_f1
from headwork.tasks.classify import Classifier, new_classifier
from headwork.train.record import Fitted, Progress

SHOWN_TEXTS = 6
DELETION_TEXTS = 100
LATENCY_TEXTS = 1000


def trial(
    run: Run, recipe: Recipe, corpus: Corpus, identity: Identity, settings: Settings, progress: Progress
) -> RunResult:
    """Train, measure and write all of the run folder but result.json."""
    began = time.perf_counter()
    train, dev = corpus.part("train"), corpus.part("dev")
    train = train.share(settings.share)
    classifier = new_classifier(
        recipe, corpus.facts.classes, train.texts, seed=identity.seed, offline=settings.offline, device=settings.device
    )
    classifier.text_column, classifier.about_column = corpus.facts.text_column, corpus.facts.about_column
    fitted = fit_in(run, classifier, train, dev, identity=identity, settings=settings, progress=progress)
    result = measure_and_store(classifier, run, corpus, fitted, identity, began, settings)
    write_text(run.model / "README.md", model_card(result, corpus))
    return result


def measure_and_store(
    classifier: Classifier,
    run: Run,
    corpus: Corpus,
    fitted: Fitted,
    identity: Identity,
    began: float,
    settings: Settings,
) -> RunResult:
    """Temperature from dev, one reading of test, cost and latency; all of it in the run folder but result.json."""
    dev, test = corpus.part("dev"), corpus.part("test")
    dev_logits = classifier.logits(dev.texts)
    classifier.temperature = fit_temperature(dev_logits, dev.labels)
    size = classifier.save(run.model)
    test_logits = classifier.logits(test.texts)
    sides = {"dev": (dev, dev_logits), "test": (test, test_logits)}
    write_predictions(
        run, {name: (side.rows, told(side, logits, classifier.temperature)) for name, (side, logits) in sides.items()}
    )
    trusted = None
    if settings.explains:
        shown = explain(classifier, test.sample(SHOWN_TEXTS))
        if shown is not None:
            write_json(run.explanations_file, shown)
            trusted = faithfulness(classifier, test.sample(DELETION_TEXTS).texts)
    predicted = test_logits.argmax(axis=1)
    return RunResult(
        **ended(classifier.recipe, identity, fitted, parameters=classifier.parameters, size=size),
        dev_accuracy=accuracy(dev.labels, dev_logits.argmax(axis=1)),
        test_accuracy=accuracy(test.labels, predicted),
        test_macro_f1=macro_f1(test.labels, predicted),
        temperature=classifier.temperature,
        latency=measure_latency(classifier.probabilities, test.texts[:LATENCY_TEXTS]),
        cut=classifier.cut(test.texts),
        train_cut=fitted.cut,
        faithfulness=trusted,
        seconds=time.perf_counter() - began,
    )


def told(side: Examples, logits: np.ndarray, temperature: float) -> dict[str, pa.Array]:
    """Columns of predictions.parquet."""
    return {
        "label": pa.array(side.labels, pa.int32()),
        "predicted": pa.array(logits.argmax(axis=1), pa.int32()),
        "logits": lists(logits.astype(np.float64)),
        "probabilities": lists(softmax(logits / temperature).astype(np.float64)),
    }


def model_card(result: RunResult, corpus: Corpus) -> str:
    """model/README.md: what the model is and how it scored, for whoever finds the folder."""
    asks = "It is asked about something that the text names.\n" if corpus.facts.about_column else ""
    return (
        f"# {result.title}\n\n"
        f"Recipe `{result.model}`, seed {result.seed}, "
        f"trained on {corpus.facts.split.train:,} texts of {corpus.facts.source}.\n\n"
        f"Accuracy on {corpus.facts.split.test:,} test texts: {result.test_accuracy:.3f} "
        f"(macro-F1 {result.test_macro_f1:.3f}).\n"
        f"Classes: {', '.join(corpus.facts.classes)}.\n{asks}\n"
        "Use it with `headwork predict` on the folder that holds this one.\n"
    )
