"""One trial: a recipe with a seed on a corpus, from nothing (or a checkpoint) to a finished run folder.

`headwork train` is one trial; a comparison is many. The test side is read once, after training has ended.
"""

import contextlib
import fcntl
import hashlib
import shutil
import time
from collections.abc import Iterator

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from headwork.base.errors import HeadworkError
from headwork.base.files import told_plainly, write_atomically, write_json, write_text
from headwork.base.recipes import Recipe, encode_recipe
from headwork.base.results import Cost, RunResult
from headwork.base.runs import Identity, Run
from headwork.data.corpus import Corpus, Examples
from headwork.explain.deletion import faithfulness
from headwork.explain.words import explain
from headwork.measure.calibration import fit_temperature, softmax
from headwork.measure.latency import measure_latency
from headwork.measure.memory import peak_bytes
from headwork.measure.scores import accuracy, macro_f1
from headwork.tasks.classify import Classifier, new_classifier
from headwork.train.any import check_recipe, fit_any
from headwork.train.record import Fitted, Place, Progress

SHOWN_TEXTS = 6
DELETION_TEXTS = 100
LATENCY_TEXTS = 1000


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What a trial is told beside its recipe, seed and corpus."""

    budget_seconds: float | None = None
    share: float = 1.0
    device: str = "cpu"
    offline: bool = False
    explains: bool = True


def run_trial(
    run: Run, recipe: Recipe, corpus: Corpus, *, seed: int, settings: Settings, progress: Progress = lambda share: None
) -> RunResult:
    """Train, measure and write down one trial; a finished one is read, a started one continued."""
    check_recipe(recipe)
    identity = identity_of(recipe, corpus, seed=seed, settings=settings)
    with told_plainly(run.folder, "use"), held(run):
        take_up(run, identity, recipe, corpus)
        if run.finished:
            return run.result()
        began = time.perf_counter()
        train, dev = corpus.part("train"), corpus.part("dev")
        train = train if settings.share == 1.0 else share_of(train, settings.share)
        classifier = new_classifier(
            recipe, corpus.facts.classes, train.texts, seed=seed, offline=settings.offline, device=settings.device
        )
        classifier.text_column = corpus.facts.text_column
        fitted = train_in(
            run, classifier, train, dev, seed=seed, budget_seconds=settings.budget_seconds, progress=progress
        )
        result = measure_and_store(classifier, run, corpus, fitted, identity, began, settings)
        write_text(run.model / "README.md", model_card(result, corpus))
        write_json(run.result_file, result)
        shutil.rmtree(run.checkpoint, ignore_errors=True)
        return result


def identity_of(recipe: Recipe, corpus: Corpus, *, seed: int, settings: Settings) -> Identity:
    digest = hashlib.sha256(encode_recipe(recipe).encode()).hexdigest()
    return Identity(
        recipe_sha256=digest,
        data_fingerprint=corpus.facts.fingerprint,
        seed=seed,
        budget_seconds=settings.budget_seconds,
        share=settings.share,
    )


def take_up(run: Run, identity: Identity, recipe: Recipe, corpus: Corpus) -> None:
    """Claim the folder for this run, or refuse it when it holds another."""
    if run.identity_file.is_file():
        refuse_other(run, run.identity(), identity, recipe)
        return
    if run.folder.is_dir() and any(entry.name != LOCK for entry in run.folder.iterdir()):
        raise HeadworkError(f"{run.folder}: the folder is not empty and holds no run; choose another with -o")
    write_text(run.recipe_file, encode_recipe(recipe))
    corpus.save_facts(run.folder)
    write_json(run.identity_file, identity)


def refuse_other(run: Run, found: Identity, asked: Identity, recipe: Recipe) -> None:
    if found == asked:
        return
    told = {
        "recipe_sha256": "another recipe",
        "data_fingerprint": "other data",
        "seed": f"seed {found.seed}",
        "budget_seconds": "another budget",
        "share": "another share of the rows",
    }
    differs = next(text for name, text in told.items() if getattr(found, name) != getattr(asked, name))
    raise HeadworkError(
        f"{run.folder}: asked for {recipe.name} (seed {asked.seed}), but the folder holds a run with {differs}; "
        "choose another folder with -o, or repeat that run's command"
    )


LOCK = ".lock"


@contextlib.contextmanager
def held(run: Run) -> Iterator[None]:
    """The folder for this process alone; the system lets go of it when the process ends, however it ends."""
    run.folder.mkdir(parents=True, exist_ok=True)
    with (run.folder / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise HeadworkError(
                f"{run.folder}: another headwork is at work here; wait for it or choose another folder"
            ) from error
        yield
        (run.folder / LOCK).unlink(missing_ok=True)


def train_in(
    run: Run,
    classifier: Classifier,
    train: Examples,
    dev: Examples,
    *,
    seed: int,
    budget_seconds: float | None,
    progress: Progress,
) -> Fitted:
    """Fit with the run folder as the place of checkpoints, and keep the curve."""
    place = Place(run.plan_file, run.checkpoint / "state.safetensors")
    fitted = fit_any(classifier, train, dev, seed=seed, budget_seconds=budget_seconds, place=place, progress=progress)
    if fitted.points:
        lines = b"".join(msgspec.json.encode(point) + b"\n" for point in fitted.points)
        write_atomically(run.metrics_file, lambda path: path.write_bytes(lines))
    return fitted


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
    write_predictions(run, {"dev": (dev, dev_logits), "test": (test, test_logits)}, classifier.temperature)
    trusted = None
    if settings.explains:
        shown = explain(classifier, sample_of(test, SHOWN_TEXTS))
        if shown is not None:
            write_json(run.explanations_file, shown)
            trusted = faithfulness(classifier, sample_of(test, DELETION_TEXTS).texts)
    predicted = test_logits.argmax(axis=1)
    return RunResult(
        model=classifier.recipe.name,
        title=classifier.recipe.title,
        seed=identity.seed,
        recipe_sha256=identity.recipe_sha256,
        data_fingerprint=identity.data_fingerprint,
        dev_accuracy=accuracy(dev.labels, dev_logits.argmax(axis=1)),
        test_accuracy=accuracy(test.labels, predicted),
        test_macro_f1=macro_f1(test.labels, predicted),
        temperature=classifier.temperature,
        stopped=fitted.stopped,
        steps=fitted.steps,
        epochs=fitted.epochs,
        cost=Cost(train_seconds=fitted.seconds, parameters=classifier.parameters, bytes=size, peak_bytes=peak_bytes()),
        latency=measure_latency(classifier.probabilities, test.texts[:LATENCY_TEXTS]),
        cut=classifier.cut(test.texts),
        faithfulness=trusted,
        seconds=time.perf_counter() - began,
    )


def write_predictions(run: Run, sides: dict[str, tuple[Examples, np.ndarray]], temperature: float) -> None:
    tables = [
        pa.table(
            {
                "row": pa.array(examples.rows, pa.int64()),
                "side": pa.array([side] * len(examples.texts)),
                "label": pa.array(examples.labels, pa.int32()),
                "predicted": pa.array(logits.argmax(axis=1), pa.int32()),
                "logits": pa.array(list(logits), pa.list_(pa.float64())),
                "probabilities": pa.array(list(softmax(logits / temperature)), pa.list_(pa.float64())),
            }
        )
        for side, (examples, logits) in sides.items()
    ]
    write_atomically(run.predictions_file, lambda path: pq.write_table(pa.concat_tables(tables), path))


def sample_of(examples: Examples, count: int) -> Examples:
    """The same few rows for every model: chosen by a fixed generator."""
    chosen = np.sort(np.random.default_rng(0).permutation(len(examples.texts))[:count])
    return Examples([examples.texts[place] for place in chosen], examples.labels[chosen], examples.rows[chosen])


def share_of(examples: Examples, share: float) -> Examples:
    """A share of the rows of each class, at least one; a smaller share is part of a larger one."""
    order = np.random.default_rng(0).permutation(len(examples.texts))
    chosen: list[int] = []
    for label in np.unique(examples.labels):
        of_class = order[examples.labels[order] == label]
        chosen += of_class[: max(1, round(share * len(of_class)))].tolist()
    places = np.sort(chosen)
    return Examples([examples.texts[place] for place in places], examples.labels[places], examples.rows[places])


def model_card(result: RunResult, corpus: Corpus) -> str:
    """model/README.md: what the model is and how it scored, for whoever finds the folder."""
    return (
        f"# {result.title}\n\n"
        f"Recipe `{result.model}`, seed {result.seed}, "
        f"trained on {corpus.facts.split.train:,} texts of {corpus.facts.source}.\n\n"
        f"Accuracy on {corpus.facts.split.test:,} test texts: {result.test_accuracy:.3f} "
        f"(macro-F1 {result.test_macro_f1:.3f}).\n"
        f"Classes: {', '.join(corpus.facts.classes)}.\n\n"
        "Use it with `headwork predict` on the folder that holds this one.\n"
    )
