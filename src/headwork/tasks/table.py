"""Tables: what a fitted model can be asked about a table, whatever is in it.

A question is answered by a program that is run over the table; a statement is given a label. Stored as
`model/{config.json, model.safetensors, tokenizer.json}`; nothing in these files is executed.

Axes: n questions, C classes.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from headwork.base.files import read_config, write_json
from headwork.base.recipes import Recipe
from headwork.base.sheets import Asked
from headwork.base.table import Searched, TableRead
from headwork.data.table_questions import TableQuestions
from headwork.measure.calibration import softmax
from headwork.measure.denotations import denotation
from headwork.models import kind_of
from headwork.models.programs.meant import Sheets
from headwork.models.programs.reply import Reply, linked_cells


class StoredTabler(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """model/config.json."""

    recipe: Recipe
    classes: tuple[str, ...]
    temperature: float = 1.0
    settings: dict[str, Any] = {}
    """what a classical model keeps beside its tensors"""


class Tabler(ABC):
    """A recipe around a model of tables."""

    def __init__(self, recipe: Recipe, classes: Sequence[str]):
        self.recipe, self.classes = recipe, tuple(classes)
        self.temperature = 1.0
        self.views = Sheets()
        self.not_learnt = 0
        """training questions that no program answers rightly"""

    @abstractmethod
    def replies(self, asked: Sequence[Asked]) -> list[Reply]:
        """The answer to each question, where answers are asked for."""

    @abstractmethod
    def logits(self, asked: Sequence[Asked]) -> np.ndarray:
        """(n, C), not yet divided by the temperature, where statements have labels."""

    @property
    @abstractmethod
    def sheets(self) -> Sheets | None:
        """Where it looks for programs; None where it does not."""

    @abstractmethod
    def reading(self, asked: Sequence[Asked]) -> TableRead:
        """How the tables are read."""

    @property
    @abstractmethod
    def parameters(self) -> int: ...

    @abstractmethod
    def store(self, folder: Path) -> dict[str, Any]:
        """Write the tensors (and the tokenizer) and return the settings that belong into config.json."""

    def answer(self, asked: Sequence[Asked]) -> list[Reply]:
        """Replies to questions; of statements the label, with the cells that its words stand in."""
        return self.replies(asked) if not self.classes else self.judged(asked, self.logits(asked))

    def judged(self, asked: Sequence[Asked], logits: np.ndarray) -> list[Reply]:
        chances = self.probabilities(logits)
        return [
            Reply((self.classes[int(own.argmax())],), self._cells(one), probability=float(own.max()))
            for one, own in zip(asked, chances, strict=True)
        ]

    def _cells(self, asked: Asked) -> tuple[tuple[int, int], ...]:
        return linked_cells(asked.text, self.views.view(asked.sheet))

    def probabilities(self, logits: np.ndarray) -> np.ndarray:
        """(n, C) calibrated."""
        return softmax(logits / self.temperature)

    def searched(self, side: TableQuestions) -> Searched | None:
        """What programs there are for the questions of a side."""
        if self.sheets is None or self.classes:
            return None
        found = [self.sheets.candidates(asked) for asked in side.asked]
        right = [each.consistent(denotation(answers)).any() for each, answers in zip(found, side.right, strict=True)]
        return Searched(
            reachable=float(np.mean(right)),
            programs=float(np.mean([len(each.found) for each in found])),
            bounded=sum(each.left_out > 0 for each in found),
        )

    def save(self, folder: Path) -> int:
        """Store the model and return the bytes it takes."""
        folder.mkdir(parents=True, exist_ok=True)
        stored = StoredTabler(
            recipe=self.recipe, classes=self.classes, temperature=self.temperature, settings=self.store(folder)
        )
        write_json(folder / "config.json", stored)
        return sum(file.stat().st_size for file in folder.iterdir() if file.name != "README.md")


def new_tabler(
    recipe: Recipe, train: TableQuestions, *, seed: int, offline: bool = False, device: str = "cpu"
) -> Tabler:
    """A model to be fitted: for a neural recipe with its tokenizer, and its weights drawn or taken over."""
    if kind_of(recipe).neural:
        from headwork.tasks.neural_table import NeuralTabler

        return NeuralTabler.new(recipe, train, seed=seed, offline=offline, device=device)
    from headwork.tasks.classical_table import ClassicalTabler

    return ClassicalTabler(recipe, train.classes)


def load_tabler(folder: Path, *, device: str = "cpu") -> Tabler:
    """The model stored in `folder` (the `model` folder of a run); anything damaged is refused."""
    stored = read_config(folder, StoredTabler)
    if kind_of(stored.recipe).neural:
        from headwork.tasks.neural_table import NeuralTabler

        loaded: Tabler = NeuralTabler.restore(stored, folder, device=device)
    else:
        from headwork.tasks.classical_table import ClassicalTabler

        loaded = ClassicalTabler.restore(stored, folder)
    loaded.temperature = stored.temperature
    return loaded
