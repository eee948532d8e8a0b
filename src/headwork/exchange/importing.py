"""A published folder to a folder of headwork's own: a run that predicts, or an encoder to start from.

It holds imported.json, model/{config.json, model.safetensors, tokenizer.json} and, of a classifier, recipe.toml. ELMo,
which spells its words, has no tokenizer.
"""

from pathlib import Path

from headwork.base.errors import HeadworkError
from headwork.base.files import write_json, write_text
from headwork.base.recipes import Recipe, encode_recipe
from headwork.base.runs import Imported, Run
from headwork.data.published_tokens import load_published
from headwork.data.tokenizers import TextTokenizer
from headwork.data.weights import find_encoder
from headwork.models import elmo_folder, published
from headwork.models.encoder import EncoderClassifier
from headwork.models.formats import elmo as elmo_format
from headwork.models.formats import read_published
from headwork.models.pretrained import own_settings
from headwork.models.published import Published
from headwork.ops.spelling import CHARACTERS
from headwork.tasks.neural import NeuralClassifier
from headwork.tasks.reading import TextReader


def import_model(source: str, run: Run, *, offline: bool = False) -> Imported:
    """Read the published model at `source`, by its path or `minilm`, into the folder of `run`."""
    if run.folder.is_dir() and any(run.folder.iterdir()):
        raise HeadworkError(f"{run.folder}: the folder is not empty; choose another with -o")
    folder = find_encoder(source, offline=offline)
    if elmo_format.is_published(folder):
        return _import_elmo(folder, run)
    model = read_published(folder)
    tokenizer = load_published(folder)
    core = model.config.core
    if tokenizer.vocabulary > core.vocabulary:
        raise HeadworkError(
            f"{folder}: the vocabulary has {tokenizer.vocabulary:,} tokens, the model {core.vocabulary:,} embeddings; "
            "are these the files of one model?"
        )
    if model.classes is not None:
        recipe = _recipe(model, folder)
        _classifier(model, recipe, tokenizer).save(run.model)
        write_text(run.recipe_file, encode_recipe(recipe))
    else:
        published.save(model, run.model)
        tokenizer.save(run.model / "tokenizer.json")
    imported = Imported(
        source=str(folder),
        family=model.config.family,
        layers=core.layers,
        width=core.dim,
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        tokens=tokenizer.vocabulary,
        heads=model.config.heads,
        labels=list(model.config.labels),
    )
    write_json(run.imported_file, imported)
    return imported


def _import_elmo(folder: Path, run: Run) -> Imported:
    elmo = elmo_format.read(folder)
    elmo_folder.save(elmo, run.model)
    imported = Imported(
        source=str(folder),
        family="elmo",
        layers=elmo.config.layers,
        width=2 * elmo.config.projection,
        parameters=sum(parameter.numel() for parameter in elmo.parameters()),
        tokens=CHARACTERS,
        heads=[],
        labels=[],
    )
    write_json(run.imported_file, imported)
    return imported


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
            "pooling": "last" if core.causal else "cls",
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
