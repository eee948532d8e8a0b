"""Search by words (`headwork.models.lexical`) as a model of search. Needs no torch."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from headwork.base.recipes import Recipe
from headwork.base.results import Cut
from headwork.data.pairs import Pair
from headwork.models import config_of, kind_of
from headwork.tasks.libraries import Words
from headwork.tasks.retrieve import Retriever, Tell


class ClassicalRetriever(Retriever):
    """A model that has nothing to learn and reads whole texts."""

    def __init__(self, recipe: Recipe):
        super().__init__(recipe)
        model, _ = kind_of(recipe).load()
        self.model = model(config_of(recipe))

    def fit(self, items: Sequence[Pair], labels: np.ndarray, *, seed: int) -> None:
        """Nothing: what it knows of words it takes from the documents that are searched."""

    def index(self, documents: Sequence[str], tell: Tell = lambda share: None) -> Words:
        return Words(self.model.index(documents))

    def cut(self, items: Sequence[Pair]) -> Cut:
        return Cut(rows=0, tokens=0, of_tokens=sum(len(text.split()) for pair in items for text in pair))

    @property
    def parameters(self) -> int:
        return self.model.parameters

    def store(self, folder: Path) -> None:
        """Its settings stand in the recipe."""
