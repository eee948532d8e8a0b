"""A published folder to a folder of headwork's own: a run that predicts, or an encoder to start from.

It holds imported.json, model/{config.json, model.safetensors, tokenizer.json} and, of a classifier of texts and of a
model that summarises, recipe.toml; of a model that reads pictures, model/pixels.json. ELMo, which spells its words, has
no tokenizer.
"""

from collections.abc import Sequence
from pathlib import Path

from torch import nn

from headwork.base.errors import HeadworkError
from headwork.base.files import write_json, write_text
from headwork.base.recipes import Recipe, encode_recipe
from headwork.base.runs import Imported, Run
from headwork.data.pixels import Pixels
from headwork.data.published_pixels import read_pixels
from headwork.data.published_tokens import load_published
from headwork.data.tokenizers import TextTokenizer
from headwork.data.weights import find_encoder
from headwork.exchange.clip import is_clip, read_clip
from headwork.exchange.elmo import import_elmo, is_elmo
from headwork.exchange.fastai import import_fastai, is_fastai
from headwork.exchange.presumm import import_presumm, is_presumm
from headwork.layers.transformer import CoreConfig
from headwork.models import clip, published
from headwork.models.encoder import EncoderClassifier
from headwork.models.formats import FORMATS, read_published, tabert
from headwork.models.pretrained import own_settings
from headwork.models.published import Published
from headwork.tasks.neural import NeuralClassifier
from headwork.tasks.pictures import PIXELS, TOKENIZER
from headwork.tasks.reading import TextReader


def import_model(source: str, run: Run, *, offline: bool = False) -> Imported:
    """Read the published model at `source`, by its path or `minilm`, into the folder of `run`."""
    if run.folder.is_dir() and any(run.folder.iterdir()):
        raise HeadworkError(f"{run.folder}: the folder is not empty; choose another with -o")
    if is_fastai(Path(source)):
        return import_fastai(Path(source), run)
    if is_elmo(source):
        imported = import_elmo(source, run)
    elif is_presumm(Path(source)):
        imported = import_presumm(Path(source), run)
    elif (Path(source) / tabert.CONFIG).is_file():
        imported = _tabert(Path(source), run)
    else:
        folder = find_encoder(source, offline=offline)
        imported = _clip(folder, run) if is_clip(folder) else _encoder(folder, run)
    write_json(run.imported_file, imported)
    return imported


def _clip(folder: Path, run: Run) -> Imported:
    model, pixels = read_clip(folder)
    tokenizer = load_published(folder)
    _check_tokens(tokenizer, model.config.texts, folder)
    if model.config.end not in (None, tokenizer.frame[1]):
        raise HeadworkError(
            f"{folder}: the tokenizer ends texts with token {tokenizer.frame[1]}, the model with {model.config.end}; "
            "are these the files of one model?"
        )
    _save_pixels(pixels, model.config.pictures, folder, run)
    clip.save(model, run.model)
    tokenizer.save(run.model / TOKENIZER)
    return _imported(folder, model, model.config.pictures, family="clip", tokens=tokenizer.vocabulary)


def _tabert(folder: Path, run: Run) -> Imported:
    model, tokenizer = tabert.read(folder), load_published(folder)
    _check_tokens(tokenizer, model.config.core, folder)
    published.save(model, run.model)
    tokenizer.save(run.model / TOKENIZER)
    heads = model.config.heads
    return _imported(folder, model, model.config.core, family="tabert", tokens=tokenizer.vocabulary, heads=heads)


def _encoder(folder: Path, run: Run) -> Imported:
    model = read_published(folder)
    config, tokens = model.config, 0
    if config.core.patches is not None:
        _save_pixels(read_pixels(folder, FORMATS[config.family].STEM), config.core, folder, run)
        published.save(model, run.model)
    else:
        tokenizer = load_published(folder)
        _check_tokens(tokenizer, config.core, folder)
        tokens = tokenizer.vocabulary
        if model.classes is not None:
            recipe = _recipe(model, folder)
            _classifier(model, recipe, tokenizer).save(run.model)
            write_text(run.recipe_file, encode_recipe(recipe))
        else:
            published.save(model, run.model)
            tokenizer.save(run.model / TOKENIZER)
    return _imported(
        folder, model, config.core, family=config.family, tokens=tokens, heads=config.heads, labels=list(config.labels)
    )


def _imported(
    folder: Path,
    model: nn.Module,
    core: CoreConfig,
    *,
    family: str,
    tokens: int,
    heads: Sequence[str] = (),
    labels: Sequence[str] = (),
) -> Imported:
    return Imported(
        source=str(folder),
        family=family,
        layers=core.layers,
        width=core.dim,
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        tokens=tokens,
        heads=list(heads),
        labels=list(labels),
        pictures=core.patches is not None,
        writes=core.causal,
    )


def _check_tokens(tokenizer: TextTokenizer, core: CoreConfig, folder: Path) -> None:
    if tokenizer.vocabulary > core.vocabulary:
        raise HeadworkError(
            f"{folder}: the vocabulary has {tokenizer.vocabulary:,} tokens, the model {core.vocabulary:,} embeddings; "
            "are these the files of one model?"
        )


def _save_pixels(pixels: Pixels, core: CoreConfig, folder: Path, run: Run) -> None:
    assert core.patches is not None
    side = core.patches.side
    if pixels.shape != (side, side) or core.patches.channels != 3:
        raise HeadworkError(
            f"{folder}: pictures are prepared as {pixels.shape or 'they are'} in 3 colours, but the model reads "
            f"{(side, side)} in {core.patches.channels}; are these the files of one model?"
        )
    write_json(run.model / PIXELS, pixels)


def _recipe(model: Published, folder: Path) -> Recipe:
    core = model.config.core
    return Recipe(
        name=folder.name,
        title=f"{folder.name}, imported",
        paper=f"the {model.config.family} in {folder}",
        model={
            "kind": "encoder",
            "pretrained": str(folder),
            "published": own_settings(core),
            "tokens": "bert",
            "max_tokens": core.positions - core.position_offset,
            "pooling": "last" if model.config.at_end else "cls",
            "between": model.config.pooler,
        },
    )


def _classifier(model: Published, recipe: Recipe, tokenizer: TextTokenizer) -> NeuralClassifier:
    assert model.classes is not None
    labels = model.config.labels or tuple(map(str, range(model.config.classes)))
    reader = TextReader(tokenizer, recipe.model["max_tokens"], EncoderClassifier.SENTENCES)
    classifier = NeuralClassifier(recipe, labels, reader, "cpu")
    network = classifier.network
    network.core.load_state_dict(model.core.state_dict())
    network.head.load_state_dict({"bias": network.head.bias.detach() * 0, **model.classes.state_dict()})
    if model.pooler is not None:
        network.between.load_state_dict(model.pooler.state_dict())
    return classifier
