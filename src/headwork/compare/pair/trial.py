"""One trial of a model of text pairs. The test side is read once, after training has ended.

Then each side of the test pairs is exchanged: pair i keeps one text and takes the other from pair i + n // 2. What a
model answers then says whether it looks at both texts.
"""

import time
from collections.abc import Callable

import numpy as np
import pyarrow as pa

from headwork.base.files import write_json, write_text
from headwork.base.pair import DrawnPair, Exchange, Exchanges, PairMaps, PairRun
from headwork.base.recipes import Recipe
from headwork.base.runs import Identity, Run
from headwork.compare.ended import ended
from headwork.compare.fitting import fit_in
from headwork.compare.predictions import lists, write_predictions
from headwork.compare.work import Settings
from headwork.data.pairs import Pair, PairCorpus, PairExamples
from headwork.measure.calibration import fit_temperature, softmax
from headwork.measure.correlation import pearson, spearman
from headwork.measure.latency import measure_latency
from headwork.measure.scores import accuracy, macro_f1
from headwork.tasks.pair import Matcher, Target, new_matcher
from headwork.train.record import Fitted, Progress

SHOWN_PAIRS = 6
LONGEST_SHOWN = 40
"""tokens of a text whose maps are drawn"""
LATENCY_PAIRS = 1000
DIGITS = 4
"""of a weight that is written down"""
MOVED = 1e-3
"""of the spread of scores: a smaller change of an answer is none"""


def trial(
    run: Run, recipe: Recipe, corpus: PairCorpus, identity: Identity, settings: Settings, progress: Progress
) -> PairRun:
    """Train, measure and write all of the run folder but result.json."""
    began = time.perf_counter()
    facts, dev = corpus.facts, corpus.part("dev")
    train = corpus.part("train").share(settings.share)
    target = Target.of(facts.classes, train.labels)
    matcher = new_matcher(recipe, target, train, seed=identity.seed, offline=settings.offline, device=settings.device)
    matcher.columns = (facts.text_column, facts.second_column)
    fitted = fit_in(run, matcher, train, dev, identity=identity, settings=settings, progress=progress)
    result = measure_and_store(matcher, run, corpus, fitted, identity, began, settings)
    write_text(run.model / "README.md", model_card(result, corpus))
    return result


def measure_and_store(
    matcher: Matcher,
    run: Run,
    corpus: PairCorpus,
    fitted: Fitted,
    identity: Identity,
    began: float,
    settings: Settings,
) -> PairRun:
    """Temperature from dev, one reading of test, cost and latency; all of it in the run folder but result.json."""
    dev, test = corpus.part("dev"), corpus.part("test")
    dev_logits = matcher.logits(dev.items)
    if matcher.target.classes:
        matcher.temperature = fit_temperature(dev_logits, dev.labels)
    size = matcher.save(run.model)
    logits = matcher.logits(test.items)
    sides = {"dev": (dev, dev_logits), "test": (test, logits)}
    write_predictions(run, {name: (side.rows, told(matcher, side, found)) for name, (side, found) in sides.items()})
    if settings.explains and (maps := drawn_pairs(matcher, test)):
        write_json(run.maps_file, PairMaps(pairs=maps))
    return PairRun(
        **ended(matcher.recipe, identity, fitted, parameters=matcher.parameters, size=size),
        dev_score=next(iter(scores_of(matcher, dev_logits, dev.labels).values())),
        scores=scores_of(matcher, logits, test.labels),
        temperature=matcher.temperature,
        latency=measure_latency(matcher.answer, test.items[:LATENCY_PAIRS]),
        cut=matcher.cut(test.items),
        exchanges=Exchanges(
            first=exchange(matcher, test, logits, lambda pair, other: Pair(other.first, pair.second)),
            second=exchange(matcher, test, logits, lambda pair, other: Pair(pair.first, other.second)),
        ),
        seconds=time.perf_counter() - began,
    )


def answers_of(matcher: Matcher, logits: np.ndarray) -> np.ndarray:
    """(n,) classes or scores."""
    return logits.argmax(axis=1) if matcher.target.classes else matcher.scores(logits)


def scores_of(matcher: Matcher, logits: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """The score that models are ranked by comes first."""
    found = answers_of(matcher, logits)
    if matcher.target.classes:
        return {"accuracy": accuracy(labels, found), "macro_f1": macro_f1(labels, found)}
    return {"spearman": spearman(found, labels), "pearson": pearson(found, labels)}


def exchange(matcher: Matcher, test: PairExamples, logits: np.ndarray, mixed: Callable[[Pair, Pair], Pair]) -> Exchange:
    """How the answers to the test side change when a text of each pair is that of another."""
    pairs, half = test.items, len(test) // 2
    others = [*pairs[half:], *pairs[:half]]
    changed = matcher.logits([mixed(pair, other) for pair, other in zip(pairs, others, strict=True)])
    before, after = answers_of(matcher, logits), answers_of(matcher, changed)
    moved = before != after if matcher.target.classes else np.abs(before - after) > MOVED * matcher.target.spread
    return Exchange(moved=float(moved.mean()), score=next(iter(scores_of(matcher, changed, test.labels).values())))


def told(matcher: Matcher, side: PairExamples, logits: np.ndarray) -> dict[str, pa.Array]:
    """Columns of predictions.parquet."""
    columns = {"label": pa.array(side.labels), "predicted": pa.array(answers_of(matcher, logits))}
    if matcher.target.classes:
        columns["logits"] = lists(logits.astype(np.float64))
        columns["probabilities"] = lists(softmax(logits / matcher.temperature).astype(np.float64))
    return columns


def drawn_pairs(matcher: Matcher, test: PairExamples) -> list[DrawnPair]:
    """Both maps of the same few test pairs for every model, those with the longest texts left out."""
    shown = test.sample(4 * SHOWN_PAIRS)
    fitting = [
        place for place, pair in enumerate(shown.items) if all(len(text.split()) <= LONGEST_SHOWN for text in pair)
    ]
    shown = shown[fitting[:SHOWN_PAIRS]]
    seen, classes = matcher.look(shown.items), matcher.target.classes
    if seen is None:
        return []
    found = []
    for look, row, label, answer in zip(seen, shown.rows, shown.labels, matcher.answer(shown.items), strict=True):
        predicted = f"{classes[answer.argmax()]} ({answer.max():.0%})" if classes else f"{answer:.2f}"
        found.append(
            DrawnPair(
                row=int(row),
                target=classes[label] if classes else f"{label:g}",
                predicted=predicted,
                first=look.first,
                second=look.second,
                of_first=look.of_first.round(DIGITS).tolist(),
                of_second=look.of_second.round(DIGITS).tolist(),
            )
        )
    return found


def model_card(result: PairRun, corpus: PairCorpus) -> str:
    """model/README.md: what the model is and how it scored, for whoever finds the folder."""
    facts = corpus.facts
    scored = ", ".join(f"{name.replace('_', '-')} {score:.3f}" for name, score in result.scores.items())
    return (
        f"# {result.title}\n\n"
        f"Tells {facts.label_column} from {facts.text_column} and {facts.second_column}. Recipe `{result.model}`, seed "
        f"{result.seed}, trained on {facts.split.train:,} pairs of {facts.source}.\n\n"
        f"On {facts.split.test:,} test pairs: {scored}.\n\n"
        "Use it with `headwork predict` on the folder that holds this one.\n"
    )
