"""Answers from passages: what a fitted model can be asked about a question and a passage, whatever is in it.

A model finds the best span of characters and what speaks for it; a span below the threshold is withheld. Stored as
`model/{config.json, model.safetensors, tokenizer.json}`; nothing in these files is executed.

Axes: n questions.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from headwork.base.files import read_config, write_json
from headwork.base.recipes import Recipe
from headwork.base.span import Reading
from headwork.data.questions import Asked, Questions
from headwork.models import kind_of


class Found(NamedTuple):
    """The best span of a passage, in its characters; start and end are 0 where it has no words."""

    start: int
    end: int
    score: float
    """what speaks for it: of networks how much likelier it is than that there is no answer, a logarithm"""


NOWHERE = Found(0, 0, -math.inf)


class StoredAnswerer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """model/config.json."""

    recipe: Recipe
    threshold: float
    abstains: bool
    settings: dict[str, Any] = {}
    """what the model keeps beside its tensors"""


class Answerer(ABC):
    """A recipe around a model that answers from passages."""

    def __init__(self, recipe: Recipe):
        self.recipe = recipe
        self.threshold = 0.0
        self.abstains = False

    @abstractmethod
    def find(self, asked: Sequence[Asked]) -> list[Found]:
        """The best span for each question, whatever speaks for it."""

    @abstractmethod
    def reading(self, asked: Sequence[Asked]) -> Reading:
        """How the passages are read."""

    @property
    @abstractmethod
    def parameters(self) -> int: ...

    @abstractmethod
    def store(self, folder: Path) -> dict[str, Any]:
        """Write the tensors (and the tokenizer) and return the settings that belong into config.json."""

    def withheld(self, found: Found, threshold: float | None = None) -> bool:
        """Is there no answer? Without a threshold its own counts, where some of its training questions had none."""
        least = (self.threshold if self.abstains else -math.inf) if threshold is None else threshold
        return found.end == found.start or found.score < least

    def answer(self, asked: Sequence[Asked]) -> list[str]:
        """The texts of the answers, empty where there is none."""
        return self.texts(asked, self.find(asked))

    def texts(self, asked: Sequence[Asked], found: Sequence[Found]) -> list[str]:
        """Of spans that were found."""
        pairs = zip(asked, found, strict=True)
        return ["" if self.withheld(span) else one.passage[span.start : span.end] for one, span in pairs]

    def unlearnable(self, train: Questions) -> int:
        """Training questions whose answer the model could not be shown."""
        return 0

    def save(self, folder: Path) -> int:
        """Store the model and return the bytes it takes."""
        folder.mkdir(parents=True, exist_ok=True)
        stored = StoredAnswerer(
            recipe=self.recipe, threshold=self.threshold, abstains=self.abstains, settings=self.store(folder)
        )
        write_json(folder / "config.json", stored)
        return sum(file.stat().st_size for file in folder.iterdir() if file.name != "README.md")


def new_answerer(
    recipe: Recipe, train: Questions, *, seed: int, offline: bool = False, device: str = "cpu"
) -> Answerer:
    """A model to be fitted: for a neural recipe with its tokenizer, and its weights drawn or taken over."""
    if kind_of(recipe).neural:
        from headwork.tasks.neural_span import NeuralAnswerer

        return NeuralAnswerer.new(recipe, train, seed=seed, offline=offline, device=device)
    from headwork.tasks.classical_span import ClassicalAnswerer

    return ClassicalAnswerer(recipe)


def load_answerer(folder: Path, *, device: str = "cpu") -> Answerer:
    """The model stored in `folder` (the `model` folder of a run); anything damaged is refused."""
    stored = read_config(folder, StoredAnswerer)
    if kind_of(stored.recipe).neural:
        from headwork.tasks.neural_span import NeuralAnswerer

        loaded: Answerer = NeuralAnswerer.restore(stored, folder, device=device)
    else:
        from headwork.tasks.classical_span import ClassicalAnswerer

        loaded = ClassicalAnswerer.restore(stored)
    loaded.threshold, loaded.abstains = stored.threshold, stored.abstains
    return loaded
