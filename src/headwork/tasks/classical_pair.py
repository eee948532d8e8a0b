"""A classical model of text pairs (`headwork.models.pair_linear`) as a matcher. Needs no torch."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from headwork.base.arrays import load_arrays, save_arrays
from headwork.base.files import write_atomically
from headwork.base.recipes import Recipe
from headwork.base.results import Cut
from headwork.data.pairs import Pair
from headwork.models import config_of, kind_of
from headwork.tasks.pair import Matcher, Seen, StoredMatcher, Target


class ClassicalMatcher(Matcher):
    """A model that is fitted in one call and reads whole texts."""

    def __init__(self, recipe: Recipe, target: Target):
        super().__init__(recipe, target)
        model, _ = kind_of(recipe).load()
        self.model = model(config_of(recipe))

    @classmethod
    def restore(cls, stored: StoredMatcher, folder: Path) -> "ClassicalMatcher":
        matcher = cls(stored.recipe, stored.target)
        matcher.model = type(matcher.model).restore(stored.settings, load_arrays(folder / "model.safetensors"))
        return matcher

    def fit(self, items: Sequence[Pair], labels: np.ndarray, *, seed: int) -> None:
        self.model.fit(items, self.target.standard(labels), outputs=self.target.outputs, seed=seed)

    def logits(self, items: Sequence[Pair]) -> np.ndarray:
        return self.model.logits(items).astype(np.float64)

    def cut(self, items: Sequence[Pair]) -> Cut:
        return Cut(rows=0, tokens=0, of_tokens=sum(len(text.split()) for pair in items for text in pair))

    def look(self, pairs: Sequence[Pair]) -> list[Seen] | None:
        return None

    @property
    def parameters(self) -> int:
        return self.model.parameters

    def store(self, folder: Path) -> dict[str, Any]:
        write_atomically(folder / "model.safetensors", lambda path: save_arrays(self.model.tensors(), path))
        return self.model.settings()
