"""Word senses: what a fitted model can be asked about a marked word in a text, whatever is in it.

Stored as `model/{config.json, model.safetensors, tokenizer.json}`, of nearest neighbours also memory.safetensors and
memory.json; nothing in these files is executed.

Axes: n texts with a marked word, C classes (all words' senses), D width.
"""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np

from headwork.base.disambiguate import Inventory
from headwork.base.files import read_config, write_json
from headwork.base.recipes import Recipe
from headwork.base.results import Cut
from headwork.data.marked import Occurrence, folded
from headwork.data.senses import SenseColumns
from headwork.measure.calibration import softmax
from headwork.models import kind_of


class Neighbour(NamedTuple):
    """A training text whose word is near."""

    item: Occurrence
    label: int
    cosine: float


class Answered(NamedTuple):
    probabilities: np.ndarray
    """(n, C)"""
    neighbours: list[list[Neighbour]] | None
    """the nearest training texts of each; None where the model keeps none"""


class StoredDisambiguator(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """model/config.json."""

    recipe: Recipe
    classes: list[str]
    columns: SenseColumns
    """of the table that it learnt from"""
    forms: dict[str, str]
    """spellings in training that differ from the word they stand for"""
    temperature: float = 1.0
    chosen: str = ""
    settings: dict[str, Any] = {}
    """what a classical model keeps beside its tensors"""


class Disambiguator(ABC):
    """A recipe and the senses of words around a model."""

    def __init__(self, recipe: Recipe, inventory: Inventory):
        self.recipe, self.inventory = recipe, inventory
        self.temperature = 1.0
        self.columns = SenseColumns()
        self.forms: dict[str, str] = {}
        self.chosen = ""
        """what the dev side decided, in words"""

    @property
    def text_column(self) -> str:
        return self.columns.text

    @abstractmethod
    def logits(self, items: Sequence[Occurrence]) -> np.ndarray:
        """(n, C) unnormalised log-probabilities, not yet divided by the temperature; -inf for other words' senses."""

    @abstractmethod
    def cut(self, items: Sequence[Occurrence]) -> Cut:
        """How much of the texts the model does not see."""

    @property
    @abstractmethod
    def parameters(self) -> int: ...

    @abstractmethod
    def store(self, folder: Path) -> dict[str, Any]:
        """Write the tensors (and the tokenizer) and return the settings that belong into config.json."""

    def vectors(self, items: Sequence[Occurrence]) -> np.ndarray | None:
        """(n, D) what the model makes of the marked words, or None where it makes no vectors."""
        return None

    def probabilities(self, items: Sequence[Occurrence]) -> np.ndarray:
        """(n, C) calibrated probabilities, 0 for other words' senses."""
        return softmax(self.logits(items) / self.temperature)

    def answer(self, items: Sequence[Occurrence], *, near: int) -> Answered:
        """The probabilities, with `near` training texts of each word where the model keeps some."""
        return Answered(self.probabilities(items), None)

    def learn_forms(self, items: Sequence[Occurrence]) -> None:
        """Which word a spelling stands for that is not the word itself: the one it does most often."""
        counts = Counter((folded(item.surface), item.word) for item in items)
        self.forms = {form: word for (form, word), _ in reversed(counts.most_common()) if form != word}

    def known(self, item: Occurrence) -> Occurrence:
        """With the word that its spelling stood for in training, where it is none itself."""
        if item.word in self.inventory.words:
            return item
        return item._replace(word=self.forms.get(item.word, item.word))

    def save(self, folder: Path) -> int:
        """Store the model and return the bytes it takes."""
        folder.mkdir(parents=True, exist_ok=True)
        stored = StoredDisambiguator(
            recipe=self.recipe,
            classes=self.inventory.classes,
            columns=self.columns,
            forms=self.forms,
            temperature=self.temperature,
            chosen=self.chosen,
            settings=self.store(folder),
        )
        write_json(folder / "config.json", stored)
        return sum(file.stat().st_size for file in folder.iterdir() if file.name != "README.md")


def new_disambiguator(
    recipe: Recipe,
    inventory: Inventory,
    texts: Sequence[str],
    *,
    seed: int,
    offline: bool = False,
    device: str = "cpu",
) -> Disambiguator:
    """A model to be fitted: for a neural recipe with its tokenizer fitted on `texts` and its weights drawn."""
    if kind_of(recipe).neural:
        from headwork.tasks.neural_disambiguate import neural_kind

        return neural_kind(recipe).new(recipe, inventory, texts, seed=seed, offline=offline, device=device)
    from headwork.tasks.classical_disambiguate import ClassicalDisambiguator

    return ClassicalDisambiguator(recipe, inventory)


def load_disambiguator(folder: Path, *, device: str = "cpu") -> Disambiguator:
    """What is stored in `folder` (the `model` folder of a run); anything damaged is refused."""
    stored = read_config(folder, StoredDisambiguator)
    if kind_of(stored.recipe).neural:
        from headwork.tasks.neural_disambiguate import neural_kind

        loaded: Disambiguator = neural_kind(stored.recipe).restore(stored, folder, device=device)
    else:
        from headwork.tasks.classical_disambiguate import ClassicalDisambiguator

        loaded = ClassicalDisambiguator.restore(stored, folder)
    loaded.temperature, loaded.columns = stored.temperature, stored.columns
    loaded.forms, loaded.chosen = stored.forms, stored.chosen
    return loaded
