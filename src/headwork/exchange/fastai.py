"""An AWD-LSTM of fastai in and out: a folder with its weights (`*.pth`) and its vocabulary (`*.pkl`).

What comes in is a run of the task language, which writes at once and which training goes on from.
"""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from headwork.base.errors import HeadworkError
from headwork.base.files import write_json, write_text
from headwork.base.recipes import Recipe, encode_recipe, load_recipe
from headwork.base.runs import Imported, Run
from headwork.data.marked_words import OPENING, UNKNOWN_WORD
from headwork.data.pickled_words import read_words, write_words
from headwork.data.vocabulary import MarkedVocabulary
from headwork.models.formats import awd_lstm
from headwork.models.stored import own_tensors
from headwork.tasks.language import load_language_model
from headwork.tasks.neural_language import NeuralLanguageModel

RECIPE = "awd-lstm"
WEIGHTS, WORDS = "model.pth", "vocab.pkl"
"""what is written; what is read may be called otherwise before the dot"""
FIRST = [UNKNOWN_WORD, OPENING]
"""tokens that have numbers of their own here, in the order in which a file has them"""


def is_fastai(folder: Path) -> bool:
    return folder.is_dir() and any(folder.glob("*.pth"))


def import_fastai(folder: Path, run: Run) -> Imported:
    weights, words = _one(folder, ".pth"), _one(folder, ".pkl")
    found, tokens = awd_lstm.read(weights), read_words(words)
    if len(tokens) != found.vocabulary:
        raise HeadworkError(
            f"{words}: {len(tokens):,} words, and {weights.name} has embeddings of {found.vocabulary:,}; are these the "
            "files of one model?"
        )
    absent = [token for token in FIRST if tokens.count(token) != 1]
    if absent:
        raise HeadworkError(f"{words}: {absent[0]!r} stands there {tokens.count(absent[0])} times, expected once")
    order = [tokens.index(OPENING), tokens.index(UNKNOWN_WORD)]
    order += [place for place, token in enumerate(tokens) if token not in FIRST]
    recipe = _recipe(folder, found.shape)
    model = NeuralLanguageModel(recipe, MarkedVocabulary("marked-words", [tokens[i] for i in order[2:]]), "cpu")
    model.network.load_state_dict(_in_order(found.tensors, order), strict=False)
    model.save(run.model)
    write_text(run.recipe_file, encode_recipe(recipe))
    config = model.config
    imported = Imported(
        source=str(folder),
        family=RECIPE,
        layers=config.layers,
        width=config.dim,
        parameters=model.parameters,
        tokens=len(tokens),
        heads=["next"],
        labels=[],
    )
    write_json(run.imported_file, imported)
    return imported


def export_fastai(run: Run, out: Path) -> None:
    """Weights and vocabulary as fastai reads them, the usual tokens at their usual places."""
    recipe = run.recipe()
    model = load_language_model(run.model) if recipe.task == "language" else None
    words = model.vocabulary if model else None
    if not isinstance(model, NeuralLanguageModel) or not isinstance(words, MarkedVocabulary) or not _is_awd(model):
        raise HeadworkError(
            f"{run.folder}: fastai has no place for {recipe.name}; it reads an awd-lstm trained with "
            "--set model.tokens=marked-words"
        )
    if model.datastore is not None:
        raise HeadworkError(f"{run.folder}: the model has a datastore, which fastai has no place for")
    order = sorted(range(words.size), key=lambda place: {1: 0, 2: 1, 0: 2}.get(place, place))  # unknown, fill, opening
    tokens = [OPENING, UNKNOWN_WORD, *words.symbols]
    awd_lstm.write(_in_order(own_tensors(model.network), order), model.config.layers, out / WEIGHTS)
    write_words(out / WORDS, [tokens[place] for place in order])


def _is_awd(model: NeuralLanguageModel) -> bool:
    config = model.config
    return model.recipe.kind == "language-lstm" and config.ends == "narrow" and config.tied


def _recipe(folder: Path, shape: dict[str, int | str]) -> Recipe:
    ours = load_recipe(RECIPE, "language")
    return Recipe(
        name=folder.resolve().name,
        title=f"{folder.resolve().name}, imported",
        paper=f"the AWD-LSTM in {folder}",
        task="language",
        model={**ours.model, "tokens": "marked-words", **shape},
        train=ours.train,
    )


def _in_order(tensors: dict[str, Tensor], order: Sequence[int]) -> dict[str, Tensor]:
    """Rows of the words in another order."""
    rows = torch.tensor(order)
    return {
        name: tensor.detach()[rows] if name in ("table.weight", "head.bias") else tensor.detach()
        for name, tensor in tensors.items()
    }


def _one(folder: Path, ending: str) -> Path:
    found = sorted(folder.glob(f"*{ending}"))
    if len(found) != 1:
        names = ", ".join(each.name for each in found) or "none"
        raise HeadworkError(f"{folder}: expected one file *{ending} of fastai, found {names}")
    return found[0]
