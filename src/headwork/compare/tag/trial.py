"""One trial of a tagger. The test side is read once, after training has ended."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from headwork.base.files import write_text
from headwork.base.recipes import Recipe
from headwork.base.runs import Identity, Run
from headwork.base.tag import TagRun
from headwork.compare.ended import ended
from headwork.compare.fitting import fit_in
from headwork.compare.predictions import write_predictions
from headwork.compare.work import Settings
from headwork.data.tagged import TaggedCorpus, TaggedExamples
from headwork.measure.entities import facts_of, formulas_of
from headwork.measure.latency import measure_latency
from headwork.tasks.tag import Tagger, new_tagger
from headwork.train.record import Fitted, Progress

LATENCY_SENTENCES = 1000
Found = Mapping[str, tuple[TaggedExamples, list[list[str]]]]
"""by side the sentences and their tags"""


def trial(
    run: Run, recipe: Recipe, corpus: TaggedCorpus, identity: Identity, settings: Settings, progress: Progress
) -> TagRun:
    """Train, measure and write all of the run folder but result.json."""
    began = time.perf_counter()
    train, dev = corpus.part("train").share(settings.share), corpus.part("dev")
    tagger = new_tagger(
        recipe, corpus.facts.classes, train.items, seed=identity.seed, offline=settings.offline, device=settings.device
    )
    tagger.splitting = corpus.splitting
    fitted = fit_in(run, tagger, train, dev, identity=identity, settings=settings, progress=progress)
    found = read_sides(tagger, run, {"dev": dev, "test": corpus.part("test")})
    result = TagRun(
        **measured(tagger, run, found, fitted, identity),
        scores=scores_of(*found["test"]),
        seconds=time.perf_counter() - began,
    )
    write_text(
        run.model / "README.md",
        model_card(result, corpus, does=f"Tells the tag ({corpus.facts.label_column}) of each word."),
    )
    return result


def read_sides(tagger: Tagger, run: Run, sides: Mapping[str, TaggedExamples]) -> Found:
    """One reading of each side, which is written down."""
    found = {side: (examples, tagger.tag(examples.items)) for side, examples in sides.items()}
    write_predictions(run, {name: (side.rows, told(side, tags)) for name, (side, tags) in found.items()})
    return found


def measured(tagger: Tagger, run: Run, found: Found, fitted: Fitted, identity: Identity) -> dict[str, Any]:
    """Store the tagger; the fields of `TagRun` but its scores on test and the seconds of the trial."""
    items = found["test"][0].items
    return {
        **ended(tagger.recipe, identity, fitted, parameters=tagger.parameters, size=tagger.save(run.model)),
        "dev_score": next(iter(scores_of(*found["dev"]).values())),
        "latency": measure_latency(tagger.tag, items[:LATENCY_SENTENCES]),
        "windows": tagger.in_windows(items),
        "cut": tagger.cut(items),
    }


def scores_of(examples: TaggedExamples, found: Sequence[Sequence[str]]) -> dict[str, float]:
    """The score that models are ranked by comes first."""
    sums = facts_of(examples.truth, found, examples.tags).sum(0)
    return {name: float(formula(sums)) for name, formula in formulas_of(examples.tags).items()}


def told(side: TaggedExamples, found: list[list[str]]) -> dict[str, pa.Array]:
    """Columns of predictions.parquet: lists over the words."""
    strings = pa.list_(pa.string())
    return {"tags": pa.array([list(tags) for tags in side.truth], strings), "predicted": pa.array(found, strings)}


def model_card(result: TagRun, corpus: TaggedCorpus, *, does: str, more: str = "") -> str:
    """model/README.md: what the model is and how it scored, for whoever finds the folder."""
    unit = corpus.facts.unit
    return (
        f"# {result.title}\n\n"
        f"{does} Recipe `{result.model}`, seed {result.seed}, trained on {corpus.facts.split.train:,} {unit} of "
        f"{corpus.facts.source}.\n\n"
        f"On {corpus.facts.split.test:,} test {unit}: {in_words(result.scores)}.\n{more}"
        f"Tags: {', '.join(corpus.facts.classes)}.\n\n"
        "Use it with `headwork predict` on the folder that holds this one.\n"
    )


def in_words(scores: Mapping[str, float]) -> str:
    return ", ".join(f"{name.replace('_', '-')} {score:.3f}" for name, score in scores.items())
