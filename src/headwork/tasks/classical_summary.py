"""A baseline of `headwork.models.summary_rank` as one that summarises. Needs no torch."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from headwork.base.arrays import load_arrays, save_arrays
from headwork.base.errors import HeadworkError
from headwork.base.files import write_atomically
from headwork.base.recipes import Recipe
from headwork.base.summary import Reading
from headwork.data.summaries import Document, Summaries, references_of, words_for
from headwork.models import config_of, kind_of
from headwork.tasks.summarize import NOTHING_LEARNT, Chooser, StoredSummarizer, best_sentences


class ClassicalChooser(Chooser):
    """A model that is fitted in one call and reads whole documents."""

    def __init__(self, recipe: Recipe) -> None:
        super().__init__(recipe)
        model, _ = kind_of(recipe).load()
        self.model = model(config_of(recipe))

    @classmethod
    def new(
        cls, recipe: Recipe, train: Summaries, *, seed: int, offline: bool = False, device: str = "cpu"
    ) -> "ClassicalChooser":
        return cls(recipe)

    @classmethod
    def restore(cls, stored: StoredSummarizer, folder: Path, *, device: str = "cpu") -> "ClassicalChooser":
        chooser = cls(stored.recipe)
        chooser.model = type(chooser.model).restore(stored.settings, load_arrays(folder / "model.safetensors"))
        return chooser

    def fit(self, items: Sequence[Document], labels: np.ndarray, *, seed: int) -> None:
        """labels: (n,) the summaries of each, as `headwork.data.summaries` has them."""
        if not self.model.LEARNS:
            self.model.fit(items, seed=seed)
            return
        references = references_of(labels)
        best = best_sentences(items, references, words_for([people[0] for people in references]))
        if not any(best):
            raise HeadworkError(NOTHING_LEARNT)
        self.model.fit(items, best, seed=seed)

    def scores(self, documents: Sequence[Document]) -> list[np.ndarray]:
        return [self.model.scores(document) for document in documents]

    def reading(self, documents: Sequence[Document]) -> Reading:
        return Reading()

    @property
    def parameters(self) -> int:
        return self.model.parameters

    def store(self, folder: Path) -> dict[str, Any]:
        write_atomically(folder / "model.safetensors", lambda path: save_arrays(self.model.tensors(), path))
        return self.model.settings()
