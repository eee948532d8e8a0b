"""Search: what a fitted model can be asked about queries and documents, whatever is in it.

Documents are made into a library once (`headwork.tasks.libraries`), which is then asked. Stored as
`model/{config.json, model.safetensors, tokenizer.json}`; nothing in these files is executed.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from headwork.base.files import read_config, write_json
from headwork.base.recipes import Recipe
from headwork.base.results import Cut
from headwork.data.pairs import Pair, PairExamples
from headwork.models import kind_of
from headwork.tasks.libraries import Library

Tell = Callable[[float], None]


class StoredRetriever(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """model/config.json."""

    recipe: Recipe
    columns: tuple[str, str]
    """of queries and documents, where it was trained"""
    share: float | None = None
    """of the vectors in a mixed score"""


class Retriever(ABC):
    """A recipe around a model that searches."""

    def __init__(self, recipe: Recipe):
        self.recipe = recipe
        self.columns: tuple[str, str] = ("query", "document")
        self.share: float | None = None

    @property
    def text_column(self) -> str:
        """Of what is searched."""
        return self.columns[1]

    @abstractmethod
    def index(self, documents: Sequence[str], tell: Tell = lambda share: None) -> Library: ...

    @abstractmethod
    def cut(self, items: Sequence[Pair]) -> Cut:
        """How much of the texts the model does not see."""

    @property
    @abstractmethod
    def parameters(self) -> int: ...

    @abstractmethod
    def store(self, folder: Path) -> None:
        """Write the tensors and the tokenizer, where there are any."""

    def save(self, folder: Path) -> int:
        """Store the model and return the bytes it takes."""
        folder.mkdir(parents=True, exist_ok=True)
        self.store(folder)
        write_json(folder / "config.json", StoredRetriever(recipe=self.recipe, columns=self.columns, share=self.share))
        return sum(file.stat().st_size for file in folder.iterdir() if file.name != "README.md")


def new_retriever(
    recipe: Recipe, train: PairExamples, *, seed: int, offline: bool = False, device: str = "cpu"
) -> Retriever:
    """A model to be fitted: for a neural recipe with its tokenizer, and its weights drawn or taken over."""
    if kind_of(recipe).neural:
        from headwork.tasks.neural_retrieve import NeuralRetriever

        texts = [*train.texts, *train.seconds]
        return NeuralRetriever.new(recipe, texts, seed=seed, offline=offline, device=device)
    from headwork.tasks.classical_retrieve import ClassicalRetriever

    return ClassicalRetriever(recipe)


def load_retriever(folder: Path, *, device: str = "cpu") -> Retriever:
    """The model stored in `folder` (the `model` folder of a run); anything damaged is refused."""
    stored = read_config(folder, StoredRetriever)
    if kind_of(stored.recipe).neural:
        from headwork.tasks.neural_retrieve import NeuralRetriever

        loaded: Retriever = NeuralRetriever.restore(stored, folder, device=device)
    else:
        from headwork.tasks.classical_retrieve import ClassicalRetriever

        loaded = ClassicalRetriever(stored.recipe)
    loaded.columns, loaded.share = stored.columns, stored.share
    return loaded
