"""One trial of a language model. The test side is read once, after training has ended."""

import time
from collections.abc import Sequence
from typing import cast

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from headwork.base.errors import HeadworkError
from headwork.base.files import write_atomically, write_text
from headwork.base.language import UNKNOWN_ID, Completion, Insights, LanguageRun, LengthPoint, Slopes, Tokens
from headwork.base.recipes import Recipe
from headwork.base.runs import Identity, Run
from headwork.compare.ended import ended
from headwork.compare.work import Settings
from headwork.data.picture_text import picture_of
from headwork.data.pictures import png_of
from headwork.data.running_text import RunningText
from headwork.measure.slopes import slope
from headwork.measure.text_loss import Blocks, blocks_of
from headwork.models import config_of, kind_of
from headwork.tasks.completing import complete
from headwork.tasks.language import LanguageModel, Sampling, Scored, joined, new_language_model
from headwork.train.config import train_config
from headwork.train.record import Fitted, Place, Progress, write_curve

SAMPLES, SAMPLE_TOKENS, PROMPT_CHARACTERS = 2, 200, 60
SAMPLING = Sampling(temperature=0.8, top_p=0.95)
COMPLETIONS, COMPLETING = 4, Sampling(temperature=0.9)


def check(recipe: Recipe) -> None:
    """Refuse unknown keys and impossible values before anything is written."""
    config_of(recipe)
    if train_config(recipe).fit != "gradient":
        raise HeadworkError(f"recipe {recipe.name}: train.fit is for classifiers; leave it out")


def trial(
    run: Run, recipe: Recipe, text: RunningText, identity: Identity, settings: Settings, progress: Progress
) -> LanguageRun:
    """Train, measure and write all of the run folder but result.json."""
    began = time.perf_counter()
    train = text.part("train")
    picture = text.facts.picture
    model = new_language_model(recipe, train, seed=identity.seed, device=settings.device, picture=picture)
    fitted, trained = fit_language_model(model, train, text.part("dev"), run, identity, settings, progress)
    write_curve(run, fitted)
    size = model.save(run.model)
    dev, _ = measure(model, text.part("dev"))
    reading_began = time.perf_counter()
    test, scored = measure(model, text.part("test"))
    seconds = time.perf_counter() - reading_began
    write_predictions(run, test)
    points = lengths(model, text.part("test")) if settings.explains else ()
    prompt = "" if picture else prompt_of(text, model)
    tokens = tokens_of(model, scored)
    result = LanguageRun(
        **ended(recipe, identity, fitted, parameters=model.parameters, size=size),
        tokens=tokens,
        context=model.context,
        dev=dev.loss,
        test=test.loss,
        trained_tokens_per_second=trained / max(fitted.seconds, 1e-9),
        read_tokens_per_second=tokens.test / max(seconds, 1e-9),
        lengths=points,
        slopes=slopes_of(points),
        prompt=prompt,
        samples=samples(model, prompt) if settings.explains and not picture else (),
        completions=completions(model, text) if settings.explains and picture else (),
        insights=insights(model, text.part("test")) if settings.explains else Insights(),
        seconds=time.perf_counter() - began,
    )
    write_text(run.model / "README.md", model_card(result, text))
    return result


def fit_language_model(
    model: LanguageModel,
    train: Sequence[str],
    dev: Sequence[str],
    run: Run,
    identity: Identity,
    settings: Settings,
    progress: Progress,
) -> tuple[Fitted, float]:
    """How the fit ended, and how many tokens training has seen."""
    if not kind_of(model.recipe).neural:
        from headwork.tasks.counted_language import CountedLanguageModel

        began = time.perf_counter()
        cast(CountedLanguageModel, model).fit(train)
        return Fitted(stopped="fitted", steps=0, epochs=0.0, seconds=time.perf_counter() - began, points=[]), 0.0
    from headwork.tasks.language_datastore import remember
    from headwork.tasks.language_exits import calibrate
    from headwork.tasks.neural_language import NeuralLanguageModel
    from headwork.train.fit import fit
    from headwork.train.language import ModelLanguage

    config = train_config(model.recipe)
    problem = ModelLanguage(cast(NeuralLanguageModel, model), train, dev, config, seed=identity.seed)
    fitted = fit(problem, budget_seconds=settings.budget_seconds, place=Place.of(run), progress=progress)
    calibrate(problem.model, dev)
    remember(problem.model, train, dev)
    return fitted, fitted.steps * problem.streams * problem.context


def measure(model: LanguageModel, documents: Sequence[str]) -> tuple[Blocks, list[Scored]]:
    scored = model.score(documents)
    charged = [
        model.vocabulary.charged(document, each.encoded.ids)[1:]
        for document, each in zip(documents, scored, strict=True)
    ]
    starts, nats = zip(*((each.encoded.starts[1:], each.nats) for each in scored), strict=True)
    return blocks_of(documents, charged, starts, nats), scored


def tokens_of(model: LanguageModel, scored: Sequence[Scored]) -> Tokens:
    ids = np.concatenate([each.encoded.ids[1:] for each in scored])
    return Tokens(
        kind=model.vocabulary.kind,
        vocabulary=model.vocabulary.size,
        test=len(ids),
        unknown=int((ids == UNKNOWN_ID).sum()),
    )


def write_predictions(run: Run, blocks: Blocks) -> None:
    """predictions.parquet: a row for each block of the test side."""
    table = pa.table({name: pa.array(getattr(blocks, name)) for name in Blocks.__dataclass_fields__})
    write_atomically(run.predictions_file, lambda path: pq.write_table(table, path))


def read_predictions(run: Run) -> Blocks:
    table = pq.read_table(run.predictions_file)
    return Blocks(**{name: table[name].to_numpy() for name in Blocks.__dataclass_fields__})


def lengths(model: LanguageModel, documents: Sequence[str]) -> tuple[LengthPoint, ...]:
    if not kind_of(model.recipe).neural or model.config.whole:
        return ()
    from headwork.tasks.language_lengths import lengths_of
    from headwork.tasks.neural_language import NeuralLanguageModel

    return lengths_of(cast(NeuralLanguageModel, model), _ids(model, documents))


def slopes_of(points: Sequence[LengthPoint]) -> Slopes | None:
    if len(points) < 2:
        return None
    at = [point.length for point in points]
    return Slopes(
        seconds=slope(at, [point.seconds for point in points]), bytes=slope(at, [point.bytes for point in points])
    )


def insights(model: LanguageModel, documents: Sequence[str]) -> Insights:
    if not kind_of(model.recipe).neural:
        return Insights()
    from headwork.tasks.language_insights import insights_of
    from headwork.tasks.neural_language import NeuralLanguageModel

    return insights_of(cast(NeuralLanguageModel, model), _ids(model, documents))


def _ids(model: LanguageModel, documents: Sequence[str]) -> np.ndarray:
    return joined([model.vocabulary.encode(document).ids for document in documents])


def prompt_of(text: RunningText, model: LanguageModel) -> str:
    """The test side's first words, as far as the vocabulary knows them."""
    known: list[str] = []
    for symbol in model.vocabulary.split(text.part("test")[0][:PROMPT_CHARACTERS]):
        if model.vocabulary.unknown(symbol):
            break
        known.append(symbol)
    return "".join(known)


def samples(model: LanguageModel, prompt: str) -> tuple[str, ...]:
    texts = (model.generate(prompt, tokens=SAMPLE_TOKENS, sampling=SAMPLING, seed=seed) for seed in range(SAMPLES))
    return tuple(written.text for written in texts)


def completions(model: LanguageModel, text: RunningText) -> tuple[Completion, ...]:
    """The same few pictures of the test side for every model, of which it is given the upper half."""
    shape, test = text.facts.picture, text.part("test")
    assert shape is not None
    rows, chosen = shape[0] // 2, np.random.default_rng(0).permutation(len(test))[:COMPLETIONS]
    originals = [picture_of(test[place], shape) for place in np.sort(chosen)]
    return tuple(
        Completion(
            original=png_of(original),
            rows=rows,
            completed=png_of(complete(model, original, rows=rows, sampling=COMPLETING)),
        )
        for original in originals
    )


def model_card(result: LanguageRun, text: RunningText) -> str:
    """model/README.md: what the model is and how it scored, for whoever finds the folder."""
    facts = text.facts
    return (
        f"# {result.title}\n\n"
        f"A language model of {result.tokens.kind}. Recipe `{result.model}`, seed {result.seed}, trained on "
        f"{facts.split.train:,} {facts.unit} of {facts.source}.\n\n"
        f"On {facts.split.test:,} test {facts.unit}: {result.test.nats:.3f} nats a token (perplexity "
        f"{result.test.perplexity:.2f}), {result.test.bits_per_character:.3f} bits per {result.tokens.unit}.\n\n"
        "Use it with `headwork generate` on the folder that holds this one.\n"
    )
