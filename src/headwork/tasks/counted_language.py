"""A language model that counts (`headwork.models.ngram`). Needs no torch."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from headwork.base.arrays import load_arrays, save_arrays
from headwork.base.files import write_atomically
from headwork.base.recipes import Recipe
from headwork.data.vocabulary import Vocabulary
from headwork.models.ngram import Ngram
from headwork.tasks.language import LanguageModel, Writer, joined


class CountedLanguageModel(LanguageModel):
    def __init__(self, recipe: Recipe, vocabulary: Vocabulary):
        super().__init__(recipe, vocabulary)
        self.model = Ngram(self.config)

    @classmethod
    def restore(cls, recipe: Recipe, vocabulary: Vocabulary, folder: Path) -> "CountedLanguageModel":
        model = cls(recipe, vocabulary)
        tensors = load_arrays(folder / "model.safetensors")
        model.model = Ngram.restore(model.config, tensors, vocabulary=vocabulary.size)
        return model

    @property
    def context(self) -> int:
        return max(1, self.config.order - 1)

    def fit(self, documents: Sequence[str]) -> None:
        ids = joined([self.vocabulary.encode(document).ids for document in documents])
        self.model.fit(ids, vocabulary=self.vocabulary.size)

    def nats(self, documents: Sequence[np.ndarray]) -> list[np.ndarray]:
        return [self.model.nats(ids) for ids in documents]

    def writer(self, ids: Sequence[int]) -> Writer:
        return _Counting(self.model, ids)

    @property
    def parameters(self) -> int:
        return self.model.parameters

    def store(self, folder: Path) -> None:
        write_atomically(folder / "model.safetensors", lambda path: save_arrays(self.model.tensors(), path))


class _Counting(Writer):
    def __init__(self, model: Ngram, ids: Sequence[int]):
        self.model, self.ids = model, list(ids)
        self.log_probabilities = model.log_probabilities(np.array(self.ids))

    def add(self, token: int) -> None:
        self.ids = [*self.ids[-self.model.config.order :], token]
        self.log_probabilities = self.model.log_probabilities(np.array(self.ids))
