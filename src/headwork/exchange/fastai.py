"""An AWD-LSTM of fastai in and out: a folder with its weights (`*.pth`) and its vocabulary (`*.pkl`).

A language model that comes in is a run of the task language, which writes at once and which training goes on from. A
classifier is a run that predicts; `classes.pkl` names its classes, which have numbers otherwise.
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
from headwork.data.vocabulary_tokens import VocabularyTokenizer
from headwork.models.formats import awd_lstm
from headwork.models.language_lstm import LanguageLstm, LanguageLstmConfig
from headwork.models.stored import own_tensors
from headwork.models.ulmfit import Ulmfit
from headwork.tasks.language import load_language_model
from headwork.tasks.neural import NeuralClassifier
from headwork.tasks.neural_language import NeuralLanguageModel
from headwork.tasks.reading import TextReader

RECIPE, CLASSIFIER = "awd-lstm", "ulmfit"
WEIGHTS, WORDS, CLASSES = "model.pth", "vocab.pkl", "classes.pkl"
"""what is written; of what is read, weights and words may be called otherwise before the dot"""
READ = 1440
"""tokens of a text, of whose states fastai's classifiers see the last so many"""
FIRST = [UNKNOWN_WORD, OPENING]
"""tokens that have numbers of their own here, in the order in which a file has them"""


def is_fastai(folder: Path) -> bool:
    return folder.is_dir() and any(folder.glob("*.pth"))


def import_fastai(folder: Path, run: Run) -> Imported:
    weights, words = _one(folder, "*.pth"), _one(folder, "*.pkl", but=CLASSES)
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
    vocabulary = MarkedVocabulary("marked-words", [tokens[i] for i in order[2:]])
    read = found._replace(tensors=_in_order(found.tensors, order))
    model = _classifier(folder, read, vocabulary) if found.head else _language_model(folder, read, vocabulary)
    model.save(run.model)
    write_text(run.recipe_file, encode_recipe(model.recipe))
    imported = Imported(
        source=str(folder),
        family=RECIPE,
        layers=model.config.layers,
        width=model.config.dim,
        parameters=model.parameters,
        tokens=len(tokens),
        heads=["classes" if found.head else "next"],
        labels=list(model.classes) if isinstance(model, NeuralClassifier) else [],
    )
    write_json(run.imported_file, imported)
    return imported


def _language_model(folder: Path, read: awd_lstm.Weights, vocabulary: MarkedVocabulary) -> NeuralLanguageModel:
    model = NeuralLanguageModel(_recipe(folder, RECIPE, "language", read.shape), vocabulary, "cpu")
    model.network.load_state_dict(read.tensors, strict=False)
    return model


def _classifier(folder: Path, read: awd_lstm.Weights, vocabulary: MarkedVocabulary) -> NeuralClassifier:
    """Calibrated on nothing: its probabilities are those of the file."""
    named = folder / CLASSES
    classes = read_words(named) if named.is_file() else [str(number) for number in range(read.classes)]
    if not len(classes) == len(set(classes)) == read.classes:
        raise HeadworkError(
            f"{named}: {len(classes)} classes, {len(set(classes))} of them different, and the weights answer with "
            f"{read.classes}"
        )
    shape = {name: size for name, size in read.shape.items() if name != "ends"}
    recipe = _recipe(folder, CLASSIFIER, "classify", {**shape, "units": read.units, "max_tokens": READ})
    reader = TextReader(VocabularyTokenizer(vocabulary), READ, Ulmfit.SENTENCES)
    classifier = NeuralClassifier(recipe, classes, reader, "cpu")
    language = LanguageLstm(LanguageLstmConfig(**read.shape), vocabulary=vocabulary.size)  # pyright: ignore[reportArgumentType]
    language.load_state_dict(read.tensors, strict=False)
    classifier.network.take(language)
    classifier.network.load_state_dict(read.head, strict=False)
    return classifier


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


def _recipe(folder: Path, name: str, task: str, settings: dict[str, int | str]) -> Recipe:
    ours = load_recipe(name, task)
    return Recipe(
        name=folder.resolve().name,
        title=f"{folder.resolve().name}, imported",
        paper=f"the AWD-LSTM in {folder}",
        task=task,
        model={**ours.model, "tokens": "marked-words", **settings},
        train=ours.train,
    )


def _in_order(tensors: dict[str, Tensor], order: Sequence[int]) -> dict[str, Tensor]:
    """Rows of the words in another order."""
    rows = torch.tensor(order)
    return {
        name: tensor.detach()[rows] if name in ("table.weight", "head.bias") else tensor.detach()
        for name, tensor in tensors.items()
    }


def _one(folder: Path, pattern: str, *, but: str = "") -> Path:
    found = sorted(path for path in folder.glob(pattern) if path.name != but)
    if len(found) != 1:
        names = ", ".join(each.name for each in found) or "none"
        raise HeadworkError(f"{folder}: expected one file {pattern} of fastai, found {names}")
    return found[0]
