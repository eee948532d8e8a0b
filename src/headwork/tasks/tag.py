"""Tags for words: what a fitted tagger can be asked about sentences, whatever is in it.

Stored as `model/{config.json, model.safetensors, tokenizer.json}`; nothing in these files is executed.

Axes: N words of all sentences, C tags.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from headwork.base.files import read_config, write_json
from headwork.base.recipes import Recipe
from headwork.base.results import Cut
from headwork.data.words import Splitting
from headwork.models import kind_of
from headwork.tasks.tag_paths import Paths

Words = Sequence[str]


class StoredTagger(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """model/config.json."""

    recipe: Recipe
    tags: list[str]
    splitting: Splitting = "words"
    settings: dict[str, Any] = {}
    """what a classical model keeps beside its tensors"""


class Tagger(ABC):
    """A recipe and its tags around a model of words in sentences."""

    text_column = "text"
    """of a table of texts that are asked"""

    def __init__(self, recipe: Recipe, tags: Sequence[str]):
        self.recipe, self.tags = recipe, list(tags)
        self.paths = Paths(self.tags)
        self.splitting: Splitting = "words"
        """how plain texts become words"""

    @abstractmethod
    def logits(self, items: Sequence[Words]) -> np.ndarray:
        """(N, C) what speaks for each tag of each word."""

    @abstractmethod
    def cut(self, items: Sequence[Words]) -> Cut:
        """How much of the words the model does not see."""

    @abstractmethod
    def in_windows(self, items: Sequence[Words]) -> int:
        """How many sentences it reads in several windows."""

    @property
    @abstractmethod
    def parameters(self) -> int: ...

    @abstractmethod
    def store(self, folder: Path) -> dict[str, Any]:
        """Write the tensors (and the tokenizer) and return the settings that belong into config.json."""

    def tag(self, items: Sequence[Words]) -> list[list[str]]:
        """The tags of each sentence's words, the best of those that may follow each other."""
        return self.decode(self.logits(items), [len(words) for words in items])

    def decode(self, logits: np.ndarray, lengths: Sequence[int]) -> list[list[str]]:
        """From (N, C) logits of sentences of these lengths."""
        ends = list(accumulate(lengths))
        parts = np.split(logits, ends[:-1]) if ends else []
        return [[self.tags[tag] for tag in self.paths.best(part)] for part in parts]

    def save(self, folder: Path) -> int:
        """Store the tagger and return the bytes it takes."""
        folder.mkdir(parents=True, exist_ok=True)
        stored = StoredTagger(recipe=self.recipe, tags=self.tags, splitting=self.splitting, settings=self.store(folder))
        write_json(folder / "config.json", stored)
        return sum(file.stat().st_size for file in folder.iterdir() if file.name != "README.md")


def new_tagger(
    recipe: Recipe,
    tags: Sequence[str],
    sentences: Sequence[Words],
    *,
    seed: int,
    offline: bool = False,
    device: str = "cpu",
) -> Tagger:
    """A tagger to be fitted: for a neural recipe with its tokenizer fitted on `sentences` and its weights drawn."""
    if kind_of(recipe).neural:
        from headwork.tasks.neural_tag import NeuralTagger

        return NeuralTagger.new(recipe, tags, sentences, seed=seed, offline=offline, device=device)
    from headwork.tasks.classical_tag import ClassicalTagger

    return ClassicalTagger(recipe, tags)


def load_tagger(folder: Path, *, device: str = "cpu") -> Tagger:
    """The tagger stored in `folder` (the `model` folder of a run); anything damaged is refused."""
    stored = read_config(folder, StoredTagger)
    if kind_of(stored.recipe).neural:
        from headwork.tasks.neural_tag import NeuralTagger

        loaded: Tagger = NeuralTagger.restore(stored, folder, device=device)
    else:
        from headwork.tasks.classical_tag import ClassicalTagger

        loaded = ClassicalTagger.restore(stored, folder)
    loaded.splitting = stored.splitting
    return loaded
