"""Classification of texts: what a fitted classifier can be asked, whatever model is in it.

A classifier is stored as `model/{config.json, model.safetensors, tokenizer.json}`; nothing in these files is executed.
Axes: n texts, C classes.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec
import numpy as np

from headwork.base.files import read_config, write_json
from headwork.base.recipes import Recipe
from headwork.base.results import Cut
from headwork.measure.calibration import softmax
from headwork.models import kind_of

Item = TypeVar("Item", bound=Sequence[Any])

BLOCK_CHARACTERS = 1 << 22
"""of texts that are in memory as tokens at once"""


class Span(NamedTuple):
    """Characters start to end of a text, and what they weighed in the answer (0 or more)."""

    start: int
    end: int
    weight: float


class Seen(NamedTuple):
    """What a classifier looked at in one text: spans of tokens, and of sentences where it reads them."""

    tokens: list[Span]
    sentences: list[Span]


class StoredClassifier(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """model/config.json."""

    recipe: Recipe
    classes: list[str]
    temperature: float = 1.0
    text_column: str = "text"
    about_column: str = ""
    vocabulary: int = 0
    settings: dict[str, Any] = {}
    """what a classical model keeps beside its tensors"""


class Classifier(ABC):
    """A recipe, its classes and a temperature, around a model."""

    def __init__(self, recipe: Recipe, classes: Sequence[str]):
        self.recipe = recipe
        self.classes = list(classes)
        self.temperature = 1.0
        self.text_column = "text"
        self.about_column = ""
        """of what texts are asked about; empty where they are asked as a whole"""

    @property
    def seen_as(self) -> str:
        """What the weights of `look` are, in words."""
        model, _ = kind_of(self.recipe).load()
        return getattr(model, "SEEN_AS", "")

    @abstractmethod
    def logits(self, texts: Sequence[str]) -> np.ndarray:
        """(n, C) unnormalised log-probabilities, not yet divided by the temperature."""

    @abstractmethod
    def cut(self, texts: Sequence[str]) -> Cut:
        """How much of the texts the model does not see."""

    @abstractmethod
    def look(self, texts: Sequence[str]) -> list[Seen] | None:
        """What the model looked at in each text, or None where it has nothing to show."""

    @property
    @abstractmethod
    def parameters(self) -> int: ...

    @abstractmethod
    def store(self, folder: Path) -> StoredClassifier:
        """Write the tensors (and the tokenizer) and return what belongs into config.json."""

    def probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """(n, C) calibrated probabilities."""
        return softmax(self.logits(texts) / self.temperature)

    def save(self, folder: Path) -> int:
        """Store the classifier and return the bytes it takes."""
        folder.mkdir(parents=True, exist_ok=True)
        write_json(folder / "config.json", self.store(folder))
        return sum(file.stat().st_size for file in folder.iterdir() if file.name != "README.md")


def new_classifier(
    recipe: Recipe,
    classes: Sequence[str],
    texts: Sequence[str],
    *,
    seed: int,
    offline: bool = False,
    device: str = "cpu",
) -> Classifier:
    """A classifier to be fitted: for a neural recipe with its tokenizer fitted on `texts` and its weights drawn."""
    if kind_of(recipe).neural:
        from headwork.tasks.neural import NeuralClassifier

        return NeuralClassifier.new(recipe, classes, texts, seed=seed, offline=offline, device=device)
    from headwork.tasks.classical import ClassicalClassifier

    return ClassicalClassifier(recipe, classes)


def load_classifier(folder: Path, *, device: str = "cpu") -> Classifier:
    """The classifier stored in `folder` (the `model` folder of a run); anything damaged is refused."""
    return restored(read_config(folder, StoredClassifier), folder, device=device)


def restored(stored: StoredClassifier, folder: Path, *, device: str = "cpu") -> Classifier:
    """What `store` wrote into `folder`."""
    if kind_of(stored.recipe).neural:
        from headwork.tasks.neural import NeuralClassifier

        loaded: Classifier = NeuralClassifier.restore(stored, folder, device=device)
    else:
        from headwork.tasks.classical import ClassicalClassifier

        loaded = ClassicalClassifier.restore(stored, folder)
    loaded.temperature, loaded.text_column = stored.temperature, stored.text_column
    loaded.about_column = stored.about_column
    return loaded


def in_blocks(texts: Sequence[Item], size: int = 4096) -> Iterator[Sequence[Item]]:
    """Texts, or pairs of them, in blocks, so that tokens of millions of rows are never in memory at once.

    A block ends with the text that fills it up to BLOCK_CHARACTERS.
    """
    start = characters = 0
    for place, item in enumerate(texts, 1):
        characters += _characters(item)
        if place - start == size or characters >= BLOCK_CHARACTERS or place == len(texts):
            yield texts[start:place]
            start, characters = place, 0


def _characters(item: Any) -> int:
    """Of a text, or of all that stand in an item."""
    if isinstance(item, str):
        return len(item)
    return sum(map(_characters, item)) if isinstance(item, tuple | list) else 0
