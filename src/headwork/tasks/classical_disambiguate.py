"""A classical model of word senses (`headwork.models.sense_linear`) as a disambiguator. Needs no torch."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from headwork.base.arrays import load_arrays, save_arrays
from headwork.base.disambiguate import Inventory
from headwork.base.errors import HeadworkError
from headwork.base.files import write_atomically
from headwork.base.recipes import Recipe
from headwork.base.results import Cut
from headwork.data.marked import Occurrence
from headwork.models import config_of, kind_of
from headwork.tasks.disambiguate import Disambiguator, StoredDisambiguator


class ClassicalDisambiguator(Disambiguator):
    """A model that is fitted in one call and reads whole texts."""

    def __init__(self, recipe: Recipe, inventory: Inventory):
        super().__init__(recipe, inventory)
        model, _ = kind_of(recipe).load()
        self.model = model(config_of(recipe))

    @classmethod
    def restore(cls, stored: StoredDisambiguator, folder: Path) -> "ClassicalDisambiguator":
        made = cls(stored.recipe, Inventory(stored.classes))
        made.model = type(made.model).restore(stored.settings, load_arrays(folder / "model.safetensors"))
        found = made.model.logits([Occurrence("a", 0, 1, "a")]).shape[1]
        if found != len(stored.classes):
            raise HeadworkError(f"{folder}: the model tells {found} senses, config.json names {len(stored.classes)}")
        return made

    def fit(self, items: Sequence[Occurrence], labels: np.ndarray, *, seed: int) -> None:
        self.model.fit(items, labels, of_class=self.inventory.of_class, seed=seed)

    def logits(self, items: Sequence[Occurrence]) -> np.ndarray:
        possible = self.inventory.possible([item.word for item in items])
        return np.where(possible, self.model.logits(items), -np.inf).astype(np.float64)

    def cut(self, items: Sequence[Occurrence]) -> Cut:
        return Cut(rows=0, tokens=0, of_tokens=sum(len(item.text.split()) for item in items))

    @property
    def parameters(self) -> int:
        return self.model.parameters

    def store(self, folder: Path) -> dict[str, Any]:
        write_atomically(folder / "model.safetensors", lambda path: save_arrays(self.model.tensors(), path))
        return self.model.settings()
