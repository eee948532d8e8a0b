"""Pairs of texts: what a fitted model can be asked about two texts, whatever is in it.

A target is one of some classes, or a score, which a model gives in units of the training scores' spread around their
mean. Stored as `model/{config.json, model.safetensors, tokenizer.json}`; nothing in these files is executed.

Axes: n pairs, O outputs: classes, or one for a score; Q and K tokens of the first and of the second text.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np

from headwork.base.files import read_config, write_json
from headwork.base.recipes import Recipe
from headwork.base.results import Cut
from headwork.data.pairs import Pair, PairExamples
from headwork.measure.calibration import softmax
from headwork.models import kind_of


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be told of a pair."""

    classes: tuple[str, ...] = ()
    """none where it is a score"""
    mean: float = 0.0
    spread: float = 1.0
    """standard deviation; both of the scores of the training side"""

    @classmethod
    def of(cls, classes: Sequence[str], labels: np.ndarray) -> "Target":
        """From the (n,) labels of the training side."""
        if classes:
            return cls(classes=tuple(classes))
        return cls(mean=float(labels.mean()), spread=float(labels.std()) or 1.0)

    @property
    def outputs(self) -> int:
        return len(self.classes) or 1

    def standard(self, labels: np.ndarray) -> np.ndarray:
        """(n,) scores in units of their spread; class indices as they are."""
        return labels if self.classes else (labels - self.mean) / self.spread


class Seen(NamedTuple):
    """Where a model looked in one pair: tokens, and weights (Q, K) of the first text, (K, Q) of the second."""

    first: list[str]
    second: list[str]
    of_first: np.ndarray
    of_second: np.ndarray


class StoredMatcher(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """model/config.json."""

    recipe: Recipe
    target: Target
    columns: tuple[str, str]
    """of the two texts, where it was trained"""
    temperature: float = 1.0
    settings: dict[str, Any] = {}
    """what a classical model keeps beside its tensors"""


class Matcher(ABC):
    """A recipe and a target around a model of two texts."""

    def __init__(self, recipe: Recipe, target: Target):
        self.recipe, self.target = recipe, target
        self.temperature = 1.0
        self.columns: tuple[str, str] = ("first", "second")

    @abstractmethod
    def logits(self, items: Sequence[Pair]) -> np.ndarray:
        """(n, O) unnormalised log-probabilities, not yet divided by the temperature; or standard scores."""

    @abstractmethod
    def cut(self, items: Sequence[Pair]) -> Cut:
        """How much of the texts the model does not see."""

    @abstractmethod
    def look(self, pairs: Sequence[Pair]) -> list[Seen] | None:
        """Where the model looked in each pair, or None where it has nothing to show."""

    @property
    @abstractmethod
    def parameters(self) -> int: ...

    @abstractmethod
    def store(self, folder: Path) -> dict[str, Any]:
        """Write the tensors (and the tokenizer) and return the settings that belong into config.json."""

    def probabilities(self, pairs: Sequence[Pair]) -> np.ndarray:
        """(n, C) calibrated probabilities, where the target is a class."""
        return softmax(self.logits(pairs) / self.temperature)

    def scores(self, logits: np.ndarray) -> np.ndarray:
        """(n,) what (n, 1) logits say in the units of the data, where the target is a score."""
        return self.target.mean + self.target.spread * logits[:, 0]

    def answer(self, pairs: Sequence[Pair]) -> np.ndarray:
        """Probabilities or scores."""
        return self.probabilities(pairs) if self.target.classes else self.scores(self.logits(pairs))

    def save(self, folder: Path) -> int:
        """Store the matcher and return the bytes it takes."""
        folder.mkdir(parents=True, exist_ok=True)
        stored = StoredMatcher(
            recipe=self.recipe,
            target=self.target,
            columns=self.columns,
            temperature=self.temperature,
            settings=self.store(folder),
        )
        write_json(folder / "config.json", stored)
        return sum(file.stat().st_size for file in folder.iterdir() if file.name != "README.md")


def new_matcher(
    recipe: Recipe,
    target: Target,
    train: PairExamples,
    *,
    seed: int,
    offline: bool = False,
    device: str = "cpu",
) -> Matcher:
    """A matcher to be fitted: for a neural recipe with its tokenizer fitted on `train` and its weights drawn."""
    if kind_of(recipe).neural:
        from headwork.tasks.neural_pair import NeuralMatcher

        texts = [*train.texts, *train.seconds]
        return NeuralMatcher.new(recipe, target, texts, seed=seed, offline=offline, device=device)
    from headwork.tasks.classical_pair import ClassicalMatcher

    return ClassicalMatcher(recipe, target)


def load_matcher(folder: Path, *, device: str = "cpu") -> Matcher:
    """The matcher stored in `folder` (the `model` folder of a run); anything damaged is refused."""
    stored = read_config(folder, StoredMatcher)
    if kind_of(stored.recipe).neural:
        from headwork.tasks.neural_pair import NeuralMatcher

        loaded: Matcher = NeuralMatcher.restore(stored, folder, device=device)
    else:
        from headwork.tasks.classical_pair import ClassicalMatcher

        loaded = ClassicalMatcher.restore(stored, folder)
    loaded.temperature, loaded.columns = stored.temperature, stored.columns
    return loaded
