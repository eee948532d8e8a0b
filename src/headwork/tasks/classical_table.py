"""A classical model of tables (`headwork.models.table_linear`, `table_overlap`) as one that can be asked. No torch."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from headwork.base.arrays import load_arrays, save_arrays
from headwork.base.files import write_atomically
from headwork.base.recipes import Recipe
from headwork.base.sheets import Asked
from headwork.base.table import TableRead
from headwork.models import config_of, kind_of
from headwork.models.programs.meant import Sheets
from headwork.models.programs.reply import Reply
from headwork.tasks.table import StoredTabler, Tabler


class ClassicalTabler(Tabler):
    """A model that is fitted in one call and reads whole tables."""

    def __init__(self, recipe: Recipe, classes: Sequence[str]):
        super().__init__(recipe, classes)
        model, _ = kind_of(recipe).load()
        self.model = model(config_of(recipe))

    @classmethod
    def restore(cls, stored: StoredTabler, folder: Path) -> "ClassicalTabler":
        tabler = cls(stored.recipe, stored.classes)
        tabler.model = type(tabler.model).restore(stored.settings, load_arrays(folder / "model.safetensors"))
        return tabler

    def fit(self, items: Sequence[Asked], labels: Any, *, seed: int) -> None:
        if self.classes:
            self.model.fit_labels(items, labels, classes=len(self.classes), seed=seed)
        else:
            self.model.fit_answers(items, labels, seed=seed)
            self.not_learnt = self.model.not_learnt

    def replies(self, asked: Sequence[Asked]) -> list[Reply]:
        return self.model.replies(asked)

    def logits(self, asked: Sequence[Asked]) -> np.ndarray:
        return self.model.logits(asked)

    @property
    def sheets(self) -> Sheets | None:
        return self.model.sheets

    def reading(self, asked: Sequence[Asked]) -> TableRead:
        return TableRead()

    @property
    def parameters(self) -> int:
        return self.model.parameters

    def store(self, folder: Path) -> dict[str, Any]:
        write_atomically(folder / "model.safetensors", lambda path: save_arrays(self.model.tensors(), path))
        return self.model.settings()
