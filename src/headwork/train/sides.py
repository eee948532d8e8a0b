"""What is learnt beside a task on its encoder: the language of its texts, and tasks with data of their own."""

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from headwork.base.errors import HeadworkError
from headwork.base.recipes import Recipe
from headwork.data.corpus import prepare
from headwork.data.tagged import prepare_tagged
from headwork.models.token_head import TokenHead, looks_back_only
from headwork.tasks.masked import WholeWordReader
from headwork.tasks.neural import NeuralClassifier
from headwork.tasks.neural_tag import NeuralTagger
from headwork.tasks.reading import TextReader
from headwork.tasks.reading_words import WordReader
from headwork.train.beside import OF_TEXTS, Beside
from headwork.train.classify import Classify
from headwork.train.config import TrainConfig
from headwork.train.masked import FillIn
from headwork.train.next_token import GoOn
from headwork.train.problem import Problem
from headwork.train.tag import Tag
from headwork.train.together import Side, Together

KINDS = {"tag": "encoder-tagger", "classify": "encoder"}
"""the model of a task that is learnt beside another"""


def together(main: Problem, model: Any, train: Any, dev: Any, beside: Sequence[Beside], *, seed: int) -> Together:
    """`main`, which `model` learns from `train`, and what its recipe wants beside it."""
    sides = [_side(each, main, model, train, dev, seed) for each in beside]
    return Together(main, model.recipe.task, sides)


def _side(beside: Beside, main: Problem, model: Any, train: Any, dev: Any, seed: int) -> Side:
    config = replace(main.config, beside="", fit="gradient", class_weights="none", focal=0.0, label_smoothing=0.0)
    if beside.what in OF_TEXTS:
        return Side(beside, _language(beside.what, model, _texts(train), _texts(dev), config, seed))
    return {"tag": _tags, "classify": _classes}[beside.what](beside, model, config, seed)


def _texts(examples: Any) -> list[str]:
    """A sentence of words is a text with blanks between them."""
    return [item if isinstance(item, str) else " ".join(item) for item in examples.items]


def _language(what: str, model: Any, train: list[str], dev: list[str], config: TrainConfig, seed: int) -> Problem:
    core = model.network.core
    if what == "next" and not looks_back_only(core):
        raise HeadworkError(
            "train.beside: next asks for the next token, which this encoder sees; use masked, or let it look back only "
            "with --set model.scope=causal --set model.pooling=last"
        )
    reader = WholeWordReader(model.reader.tokenizer, model.reader.max_tokens)
    head = TokenHead(core, layer=what == "masked").to(model.device)
    problem = {"masked": FillIn, "next": GoOn}[what]
    return problem(head, reader, train, dev, config, seed=seed, device=model.device)


def _tags(beside: Beside, model: Any, config: TrainConfig, seed: int) -> Side:
    corpus = prepare_tagged(beside.data)
    reader = WordReader(model.reader.tokenizer, model.reader.max_tokens, whole=False)
    tagger = NeuralTagger(_recipe(beside, model.recipe), corpus.facts.classes, reader, model.device)
    tagger.splitting = corpus.splitting
    tagger.network.core = model.network.core
    problem = Tag(tagger, corpus.part("train"), corpus.part("dev"), config, seed=seed)
    return Side(beside, problem, tagger, corpus.facts.fingerprint)


def _classes(beside: Beside, model: Any, config: TrainConfig, seed: int) -> Side:
    corpus = prepare(beside.data)
    reader = TextReader(model.reader.tokenizer, model.reader.max_tokens, sentences=False)
    classifier = NeuralClassifier(_recipe(beside, model.recipe), corpus.facts.classes, reader, model.device)
    classifier.text_column = corpus.facts.text_column
    classifier.network.core = model.network.core
    problem = Classify(classifier, corpus.part("train"), corpus.part("dev"), config, seed=seed)
    return Side(beside, problem, classifier, corpus.facts.fingerprint)


def _recipe(beside: Beside, main: Recipe) -> Recipe:
    """That of the main task for another head: what says how its own works is left out."""
    own = ("kind", "pooling", "between", "long", "stride", "window_pool", "window_context", "train_windows")
    shared = {name: value for name, value in main.model.items() if name not in own}
    return Recipe(
        name=f"{main.name}-{beside.what}",
        title=f"{main.title}, learnt beside {main.task}",
        paper=main.paper,
        task=beside.what,
        size=main.size,
        model={"kind": KINDS[beside.what], **shared},
    )
