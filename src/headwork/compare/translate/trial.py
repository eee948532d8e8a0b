"""One trial of a translator. The test side is read once, after training has ended."""

import time
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from headwork.base.files import write_atomically, write_json, write_text
from headwork.base.recipes import Recipe
from headwork.base.runs import Identity, Run
from headwork.base.translation import Alignments, TranslationRun, Writing
from headwork.compare.ended import ended
from headwork.compare.work import Settings
from headwork.data.bitext import Bitext, Pairs
from headwork.explain.translations import draw, head_use
from headwork.measure.bleu import score_translations
from headwork.models import config_of
from headwork.tasks.decoding import Search
from headwork.tasks.translate import Translation, Translator
from headwork.train.config import train_config
from headwork.train.fit import fit
from headwork.train.record import Fitted, Place, Progress, write_curve
from headwork.train.translate import Translate

SEARCH = Search(beam=5)
"""how the test side is translated; the same for every model"""
BETWEEN = " / "
"""references, where they are shown"""
DRAWN_PAIRS = 6
MEASURED_PAIRS = 50
"""whose maps the entropy and density of heads are taken from"""


def check(recipe: Recipe) -> None:
    """Refuse unknown keys and impossible values before anything is written."""
    config_of(recipe)
    train_config(recipe)


def trial(
    run: Run, recipe: Recipe, bitext: Bitext, identity: Identity, settings: Settings, progress: Progress
) -> TranslationRun:
    """Train, measure and write all of the run folder but result.json."""
    began = time.perf_counter()
    train = share_of(bitext.part("train"), settings.share)
    facts = bitext.facts
    translator = Translator.new(
        recipe,
        (facts.text_column, facts.label_column),
        train,
        seed=identity.seed,
        device=settings.device,
        picture=facts.picture,
    )
    problem = Translate(translator, train, bitext.part("dev"), train_config(recipe), seed=identity.seed)
    fitted = fit(problem, budget_seconds=settings.budget_seconds, place=Place.of(run), progress=progress)
    write_curve(run, fitted)
    result = measure_and_store(translator, problem, run, bitext, fitted, identity, began, settings)
    write_text(run.model / "README.md", model_card(result, bitext))
    return result


def measure_and_store(
    translator: Translator,
    problem: Translate,
    run: Run,
    bitext: Bitext,
    fitted: Fitted,
    identity: Identity,
    began: float,
    settings: Settings,
) -> TranslationRun:
    """One reading of test, its scores and what it cost; all of it in the run folder but result.json."""
    size, test = translator.save(run.model), bitext.part("test")
    writing_began = time.perf_counter()
    written = translator.translate(test.sources, SEARCH)
    seconds = time.perf_counter() - writing_began
    write_predictions(run, test, written, pictures=bitext.facts.picture is not None)
    scored = score_translations([each.text for each in written], test.references)
    heads = ()
    if settings.explains and translator.network.LOOKS:
        short = test[[row for row, each in enumerate(written) if each.pieces == 1]]
        shown = short[sample_of(short, DRAWN_PAIRS)]
        translations = {row: each.text for row, each in zip(test.rows.tolist(), written, strict=True)}
        texts = [translations[row] for row in shown.rows.tolist()]
        write_json(run.alignments_file, Alignments(pairs=draw(translator, shown.sources, texts, shown.rows.tolist())))
        many = short[sample_of(short, MEASURED_PAIRS)]
        heads = tuple(head_use(translator, many.sources, [translations[row] for row in many.rows.tolist()]))
    tokens = sum(each.tokens for each in written)
    best = min(fitted.points, key=lambda point: point.dev_loss)
    return TranslationRun(
        **ended(translator.recipe, identity, fitted, parameters=translator.parameters, size=size),
        dev_loss=best.dev_loss,
        bleu=scored.scores["bleu"],
        chrf=scored.scores["chrf"],
        signatures=scored.signatures,
        writing=Writing(
            beam=SEARCH.beam,
            length_penalty=SEARCH.length_penalty,
            seconds=seconds,
            tokens_per_second=tokens / max(seconds, 1e-9),
        ),
        trained_tokens_per_second=fitted.epochs * problem.written / max(fitted.seconds, 1e-9),
        in_pieces=sum(each.pieces > 1 for each in written),
        left_out=problem.left_out,
        heads=heads,
        seconds=time.perf_counter() - began,
    )


def write_predictions(run: Run, test: Pairs, written: Sequence[Translation], *, pictures: bool) -> None:
    """predictions.parquet: a row for each test pair; the intensities of a picture are left out."""
    sources = [""] * len(test) if pictures else test.sources
    table = pa.table(
        {
            "row": pa.array(test.rows, pa.int64()),
            "source": pa.array(sources, pa.large_string()),
            "reference": pa.array(map(BETWEEN.join, test.references), pa.large_string()),
            "written": pa.array([each.text for each in written], pa.large_string()),
            "log_probability": pa.array([each.log_probability for each in written]),
            "tokens": pa.array([each.tokens for each in written], pa.int32()),
        }
    )
    write_atomically(run.predictions_file, lambda path: pq.write_table(table, path))


def sample_of(pairs: Pairs, count: int) -> list[int]:
    """The same few places for every model: chosen by a fixed generator."""
    return np.sort(np.random.default_rng(0).permutation(len(pairs))[:count]).tolist()


def share_of(pairs: Pairs, share: float) -> Pairs:
    """A share of the pairs, at least one; a smaller share is part of a larger one."""
    if share == 1.0:
        return pairs
    order = np.random.default_rng(0).permutation(len(pairs))
    return pairs[np.sort(order[: max(1, round(share * len(pairs)))]).tolist()]


def model_card(result: TranslationRun, bitext: Bitext) -> str:
    """model/README.md: what the model is and how it scored, for whoever finds the folder."""
    facts = bitext.facts
    return (
        f"# {result.title}\n\n"
        f"Translates {facts.text_column} into {facts.label_column}. Recipe `{result.model}`, seed {result.seed}, "
        f"trained on {facts.split.train:,} pairs of {facts.source}.\n\n"
        f"On {facts.split.test:,} test pairs: BLEU {result.bleu:.1f} ({result.signatures['bleu']}), "
        f"chrF {result.chrf:.1f}.\n\n"
        "Use it with `headwork predict` on the folder that holds this one.\n"
    )
