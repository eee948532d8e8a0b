"""A classical model of tagging (`headwork.models.tag_linear`) as a tagger. Needs no torch."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from headwork.base.arrays import load_arrays, save_arrays
from headwork.base.errors import HeadworkError
from headwork.base.files import write_atomically
from headwork.base.recipes import Recipe
from headwork.base.results import Cut
from headwork.models import config_of, kind_of
from headwork.tasks.tag import StoredTagger, Tagger, Words


class ClassicalTagger(Tagger):
    """A model that is fitted in one call and reads whole sentences."""

    def __init__(self, recipe: Recipe, tags: Sequence[str]):
        super().__init__(recipe, tags)
        model, _ = kind_of(recipe).load()
        self.model = model(config_of(recipe))

    @classmethod
    def restore(cls, stored: StoredTagger, folder: Path) -> "ClassicalTagger":
        tagger = cls(stored.recipe, stored.tags)
        tagger.model = type(tagger.model).restore(stored.settings, load_arrays(folder / "model.safetensors"))
        found = tagger.model.logits([("a",)]).shape[1]
        if found != len(stored.tags):
            raise HeadworkError(f"{folder}: the model tells {found} tags, config.json names {len(stored.tags)}")
        return tagger

    def fit(self, items: Sequence[Words], labels: np.ndarray, *, seed: int) -> None:
        """labels: (N,) places among the tags."""
        self.model.fit(items, labels, tags=self.tags, seed=seed)

    def logits(self, items: Sequence[Words]) -> np.ndarray:
        return self.model.logits(items)

    def cut(self, items: Sequence[Words]) -> Cut:
        return Cut(rows=0, tokens=0, of_tokens=sum(map(len, items)))

    def in_windows(self, items: Sequence[Words]) -> int:
        return 0

    @property
    def parameters(self) -> int:
        return self.model.parameters

    def store(self, folder: Path) -> dict[str, Any]:
        write_atomically(folder / "model.safetensors", lambda path: save_arrays(self.model.tensors(), path))
        return self.model.settings()
