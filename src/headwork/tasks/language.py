"""Language models: what a fitted one can be asked, whatever is in it.

Stored as `model/{config.json, model.safetensors, tokenizer.json}`, and `datastore.safetensors` where a model has one;
nothing in these files is executed.

    sampling   p(x)^(1 / temperature), of the `top_k` likeliest tokens, of the fewest that hold `top_p` of the chance
               Fan, Lewis and Dauphin 2018 (top-k); Holtzman et al. 2020 (nucleus)

Axes: t tokens of a document, V vocabulary.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import numpy as np

from headwork.base.errors import HeadworkError
from headwork.base.files import read_config, write_json
from headwork.base.language import UNKNOWN_ID
from headwork.base.recipes import Recipe
from headwork.data.vocabulary import Encoded, Vocabulary, fit_vocabulary, load_vocabulary
from headwork.data.weights import find_encoder
from headwork.models import config_of, kind_of
from headwork.models.language_settings import WHOLE

if TYPE_CHECKING:
    from headwork.ops.linear import Precision

WRITABLE = UNKNOWN_ID + 1
"""the tokens before it are no text"""


class StoredLanguageModel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """model/config.json."""

    recipe: Recipe


class _Begun(msgspec.Struct, frozen=True):
    """What config.json says of the recipe, in the folder of any model."""

    recipe: Recipe | None = None


class Sampling(msgspec.Struct, frozen=True, kw_only=True):
    """How the next token is drawn."""

    temperature: float = 1.0
    """0: the likeliest token always"""
    top_k: int = 0
    """0: of all tokens"""
    top_p: float = 1.0

    def __post_init__(self) -> None:
        if self.temperature < 0 or self.top_k < 0 or not 0 < self.top_p <= 1:
            raise ValueError(
                f"temperature {self.temperature}, top-k {self.top_k}, top-p {self.top_p}; expected 0 or more, 0 or "
                "more, above 0 and at most 1"
            )

    def draw(self, log_probabilities: np.ndarray, chance: np.random.Generator) -> int:
        """One of the (V,) tokens."""
        if self.temperature == 0:
            return int(log_probabilities.argmax())
        order = np.argsort(-log_probabilities, kind="stable")
        if self.top_k:
            order = order[: self.top_k]
        scaled = log_probabilities[order] / self.temperature
        shares = np.exp(scaled - scaled[0])
        shares = shares.cumsum() / shares.sum()
        shares = shares[: int(np.searchsorted(shares, self.top_p)) + 1]
        drawn = int(np.searchsorted(shares, chance.random() * shares[-1], side="right"))
        return int(order[min(drawn, len(order) - 1)])


class Written(NamedTuple):
    text: str
    """without the prompt"""
    tokens: int


class Scored(NamedTuple):
    """How a model predicted one document."""

    encoded: Encoded
    nats: np.ndarray
    """(t - 1,) of the tokens behind the first"""


class LanguageModel(ABC):
    """A recipe and a vocabulary, around a model."""

    text_column = "text"
    reserved = WRITABLE
    """the tokens before it are never written"""
    ends: int | None = None
    """the token that closes a text, where there is one: nothing is written behind it"""

    def __init__(self, recipe: Recipe, vocabulary: Vocabulary):
        self.recipe, self.vocabulary = recipe, vocabulary
        self.config = config_of(recipe)

    @property
    def context(self) -> int:
        """Tokens that are read at once."""
        return int(self.config.context)

    @abstractmethod
    def nats(self, documents: Sequence[np.ndarray]) -> list[np.ndarray]:
        """The (t - 1,) losses of each document's tokens behind the first."""

    @abstractmethod
    def writer(self, ids: Sequence[int]) -> "Writer":
        """What says which token follows, behind `ids`."""

    @property
    @abstractmethod
    def parameters(self) -> int: ...

    @abstractmethod
    def store(self, folder: Path) -> None:
        """Write model.safetensors."""

    def score(self, documents: Sequence[str]) -> list[Scored]:
        encoded = [self.vocabulary.encode(document) for document in documents]
        return list(map(Scored, encoded, self.nats([each.ids for each in encoded])))

    def save(self, folder: Path) -> int:
        """Store the model and return the bytes it takes."""
        folder.mkdir(parents=True, exist_ok=True)
        self.store(folder)
        self.vocabulary.save(folder / "tokenizer.json")
        write_json(folder / "config.json", StoredLanguageModel(recipe=self.recipe))
        return sum(file.stat().st_size for file in folder.iterdir() if file.name != "README.md")

    def generate(
        self,
        prompt: str,
        *,
        tokens: int,
        sampling: Sampling,
        seed: int = 0,
        hear: Callable[[str], None] = lambda text: None,
    ) -> Written:
        """Write up to `tokens` tokens behind the prompt, which the vocabulary must know; `hear` is told as they come.

        The same prompt, sampling and seed give the same text.
        """
        self.check(prompt)
        chance = np.random.default_rng(seed)
        given = self.vocabulary.encode(prompt).ids.tolist()
        writer = self.writer(given)
        ids: list[int] = []
        told = ""
        for left in reversed(range(tokens)):
            log_probabilities = writer.log_probabilities.copy()
            log_probabilities[: self.reserved] = -np.inf
            token = sampling.draw(log_probabilities, chance)
            if token == self.ends:
                break
            ids.append(token)
            if left:
                writer.add(token)
            text = self.vocabulary.decode(ids, behind=given)
            # Bytes that are not yet a whole character show as a mark until they are.
            if text.startswith(told) and not text.endswith("\N{REPLACEMENT CHARACTER}"):
                hear(text[len(told) :])
                told = text
        return Written(self.vocabulary.decode(ids, behind=given), len(ids))

    def compute_in(self, precision: "Precision") -> None:
        """HeadworkError where this kind of model knows no other than fp32."""
        if precision != "fp32":
            raise HeadworkError(f"{self.recipe.name} computes in fp32; --precision is of imported decoders")

    def check(self, prompt: str) -> None:
        """Refuse a prompt that the model cannot read, naming what it does not know."""
        unknown = self.vocabulary.unknown(prompt)
        if unknown:
            shown = ", ".join(map(repr, unknown[:10]))
            more = f" and {len(unknown) - 10} more" if len(unknown) > 10 else ""
            raise HeadworkError(
                f"the prompt has {self.vocabulary.kind} that the model has never seen: {shown}{more}; leave them out, "
                "or train a model with --set model.tokens=bytes"
            )

    def note(self, prompt: str) -> str:
        """What a user should know of how this prompt is read; mostly nothing."""
        return ""


class Writer(ABC):
    """Where a model stands in the text that it writes."""

    log_probabilities: np.ndarray
    """(V,) of the next token"""

    @abstractmethod
    def add(self, token: int) -> None: ...


def new_language_model(
    recipe: Recipe, train: Sequence[str], *, seed: int, device: str, picture: tuple[int, int, int] | None = None
) -> LanguageModel:
    """A vocabulary of the training documents, and a model that has learned nothing yet, or what another had learned.

    picture: height, width and channels, where each document is a picture.
    """
    before = _before(recipe)
    recipe = _going_on(recipe, before) if before else recipe
    recipe = _of_pictures(recipe, picture) if picture else _of_texts(recipe)
    config = config_of(recipe)
    if before:
        vocabulary = load_vocabulary(before / "tokenizer.json")
    else:
        vocabulary = fit_vocabulary(config.tokens, train, size=config.vocabulary)
    if not kind_of(recipe).neural:
        from headwork.tasks.counted_language import CountedLanguageModel

        return CountedLanguageModel(recipe, vocabulary)
    from headwork.tasks.neural_language import NeuralLanguageModel

    return NeuralLanguageModel.new(recipe, vocabulary, seed=seed, device=device, before=before)


def _before(recipe: Recipe) -> Path | None:
    """The stored model that the recipe goes on from."""
    pretrained = getattr(config_of(recipe), "pretrained", "")
    return find_encoder(pretrained, offline=True) if pretrained else None


def _going_on(recipe: Recipe, before: Path) -> Recipe:
    """The recipe with the settings on which the weights in `before` depend."""
    stored = read_config(before, _Begun).recipe
    if stored is None or stored.task != "language":
        raise HeadworkError(f"{before}: holds no language model; name the run of one with model.pretrained")
    if stored.kind != recipe.kind:
        raise HeadworkError(
            f"{before}: holds {stored.name}, a {stored.kind}; {recipe.name} goes on from a {recipe.kind}"
        )
    config = config_of(stored)
    given = {name: getattr(config, name) for name in config.__struct_fields__ if name not in config.OF_TRAINING}
    return msgspec.structs.replace(recipe, model={**recipe.model, **msgspec.to_builtins(given)})


def _of_texts(recipe: Recipe) -> Recipe:
    config = config_of(recipe)
    if config.context == WHOLE or config.tokens == "intensities":
        raise HeadworkError(f"recipe {recipe.name}: it reads whole pictures, and the data are texts; give it pictures")
    return recipe


def _of_pictures(recipe: Recipe, picture: tuple[int, int, int]) -> Recipe:
    """The recipe with what the pictures decide."""
    if recipe.model.get("tokens", "intensities") != "intensities":
        raise HeadworkError(
            f"model.tokens = {recipe.model['tokens']!r}: pictures are made of intensities; leave it out"
        )
    own: dict[str, object] = {"tokens": "intensities", "picture": list(picture)}
    if config_of(recipe).context == WHOLE:
        own["context"] = math.prod(picture)
    return msgspec.structs.replace(recipe, model={**recipe.model, **own})


def load_language_model(folder: Path, *, device: str = "cpu") -> LanguageModel:
    """The model stored in `folder` (the `model` folder of a run); anything damaged is refused."""
    recipe = read_config(folder, StoredLanguageModel).recipe
    vocabulary = load_vocabulary(folder / "tokenizer.json")
    if not kind_of(recipe).neural:
        from headwork.tasks.counted_language import CountedLanguageModel

        return CountedLanguageModel.restore(recipe, vocabulary, folder)
    from headwork.tasks.neural_language import NeuralLanguageModel

    return NeuralLanguageModel.load(recipe, vocabulary, folder, device=device)


def joined(documents: Sequence[np.ndarray]) -> np.ndarray:
    """All documents end to end, each opened by token 0."""
    return np.concatenate(documents) if documents else np.zeros(0, dtype=np.int64)
