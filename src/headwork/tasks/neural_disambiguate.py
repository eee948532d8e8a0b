"""A neural network as a disambiguator of words, or as the maker of vectors whose neighbours tell the sense."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import msgspec
import numpy as np
import torch

from headwork.base.arrays import load_arrays, save_arrays
from headwork.base.disambiguate import Inventory
from headwork.base.errors import HeadworkError
from headwork.base.files import read_json, write_atomically, write_json
from headwork.base.recipes import Recipe
from headwork.data.batches import ordered_batches
from headwork.data.marked import Occurrence
from headwork.data.tokenizers import TextTokenizer
from headwork.data.vocabulary_tokens import VocabularyTokenizer
from headwork.measure.calibration import softmax
from headwork.models import config_of, kind_of
from headwork.models.sense_encoder import Layer, SenseNeighboursConfig
from headwork.models.sense_memory import SenseMemory
from headwork.models.stored import load_tensors
from headwork.ops.threads import each_in_a_thread
from headwork.tasks.classify import in_blocks
from headwork.tasks.disambiguate import Answered, Disambiguator, Neighbour, StoredDisambiguator
from headwork.tasks.neural import PREDICT_TOKENS, Neural, start
from headwork.tasks.reading_marked import MarkedReader

AGAIN = "copy the run folder again or train it again"


class NeuralDisambiguator(Neural, Disambiguator):
    """A reader of marked words and a network; `network` takes a MarkedBatch and gives (B, C) logits."""

    def __init__(
        self, recipe: Recipe, inventory: Inventory, tokenizer: TextTokenizer | VocabularyTokenizer, device: str
    ):
        Disambiguator.__init__(self, recipe, inventory)
        model, _ = kind_of(recipe).load()
        self.config = config_of(recipe)
        network = model(self.config, vocabulary=tokenizer.vocabulary, of_class=inventory.of_class.tolist())
        written = getattr(model, "WRITTEN", False)
        reader = MarkedReader(tokenizer, self.config.max_tokens, inventory, written)
        Neural.__init__(self, reader, network, device, outputs=len(inventory.classes))

    @classmethod
    def new(
        cls, recipe: Recipe, inventory: Inventory, texts: Sequence[str], *, seed: int, offline: bool, device: str
    ) -> Self:
        """Weights drawn from `seed`, or started from the pretrained encoder that the recipe names."""
        sized, reader, encoder = start(recipe, texts, offline=offline, of_class=inventory.of_class.tolist())
        torch.manual_seed(seed)
        made = cls(sized, inventory, reader.tokenizer, device)
        if encoder is not None:
            made.network.load_pretrained(encoder)
        return made

    @classmethod
    def restore(cls, stored: StoredDisambiguator, folder: Path, *, device: str) -> Self:
        tokenizer = TextTokenizer.load(folder / "tokenizer.json")
        made = cls(stored.recipe, Inventory(stored.classes), tokenizer, device)
        load_tensors(made.network, folder / "model.safetensors")
        made.network.eval()
        return made

    def vectors(self, items: Sequence[Occurrence]) -> np.ndarray:
        """(n, D), or (n, L, D) where the network gives several layers; single precision."""
        return np.concatenate([self._encoded(block) for block in in_blocks(items)])

    def _encoded(self, items: Sequence[Occurrence]) -> np.ndarray:
        read, network = self.reader.read(items), self.fast
        batches = ordered_batches(read.lengths, PREDICT_TOKENS, self.device)
        blocks = each_in_a_thread(lambda rows: network.encode(read.batch(rows).to(self.device)), batches)
        found = np.empty((len(items), *blocks[0].shape[1:]), np.float32)
        for rows, block in zip(batches, blocks, strict=True):
            found[rows] = block.float().cpu().numpy()
        return found

    def store(self, folder: Path) -> dict[str, Any]:
        self.save_network(folder)
        return {}


class Kept(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """memory.json: the training texts, in the order of memory.safetensors, and what was chosen."""

    layer: Layer
    k: int
    items: list[Occurrence]


class NeighbourDisambiguator(NeuralDisambiguator):
    """A network whose vectors of the training texts are kept; `memory` is set by fitting (`train.disambiguate`)."""

    config: SenseNeighboursConfig
    memory: SenseMemory
    items: Sequence[Occurrence]

    @classmethod
    def restore(cls, stored: StoredDisambiguator, folder: Path, *, device: str) -> Self:
        made = super().restore(stored, folder, device=device)
        kept, arrays = read_json(folder / "memory.json", Kept), load_arrays(folder / "memory.safetensors")
        vectors, labels = (arrays.get(name, np.zeros(0)) for name in ("vectors", "labels"))
        fitting = vectors.ndim == 2 and labels.shape == (len(vectors),) == (len(kept.items),)
        if not fitting or labels.dtype.kind != "i" or not np.isfinite(vectors).all():
            raise HeadworkError(f"{folder}: memory.json and memory.safetensors do not fit together; {AGAIN}")
        if len(labels) and not 0 <= labels.min() <= labels.max() < len(stored.classes):
            raise HeadworkError(f"{folder}: memory.safetensors names senses that config.json lacks; {AGAIN}")
        made.remember(vectors, labels, kept.items, layer=kept.layer, k=kept.k)
        return made

    def remember(
        self, vectors: np.ndarray, labels: np.ndarray, items: Sequence[Occurrence], *, layer: Layer, k: int
    ) -> None:
        """Keep (n, D) vectors of length 1 of training texts, which `layer` gave, with their (n,) classes."""
        self.network.layers = (layer,)
        self.changed()
        self.items, self.memory = items, SenseMemory(vectors, labels, self.inventory.of_class, k=k)
        by = f"the {k} nearest texts" if k else "the nearest mean of a sense"
        self.chosen = f"layer {layer}, {by}"

    def vectors(self, items: Sequence[Occurrence]) -> np.ndarray:
        """(n, D)"""
        return super().vectors(items)[:, 0]

    def at_layers(self, items: Sequence[Occurrence]) -> np.ndarray:
        """(n, L, D) of the layers that may be chosen."""
        return super().vectors(items)

    def logits(self, items: Sequence[Occurrence]) -> np.ndarray:
        return self.memory.logits(self.vectors(items), self.numbers(items))

    def answer(self, items: Sequence[Occurrence], *, near: int) -> Answered:
        vectors, words = self.vectors(items), self.numbers(items)
        chances = softmax(self.memory.logits(vectors, words) / self.temperature)
        return Answered(chances, [self._near(*each, near) for each in zip(vectors, words.tolist(), strict=True)])

    def _near(self, vector: np.ndarray, word: int, top: int) -> list[Neighbour]:
        rows, cosines = self.memory.nearest(vector, word, top)
        found = zip(rows.tolist(), cosines.tolist(), strict=True)
        return [Neighbour(self.items[row], int(self.memory.labels[row]), cosine) for row, cosine in found]

    def numbers(self, items: Sequence[Occurrence]) -> np.ndarray:
        """(n,) of their words."""
        return self.inventory.numbers([item.word for item in items])

    @property
    def parameters(self) -> int:
        return super().parameters + self.memory.vectors.size

    def store(self, folder: Path) -> dict[str, Any]:
        arrays = {"vectors": self.memory.vectors, "labels": self.memory.labels}
        write_atomically(folder / "memory.safetensors", lambda path: save_arrays(arrays, path))
        (layer,) = self.network.layers
        write_json(folder / "memory.json", Kept(layer=layer, k=self.memory.k, items=list(self.items)))
        return super().store(folder)


def neural_kind(recipe: Recipe) -> type[NeuralDisambiguator]:
    model, _ = kind_of(recipe).load()
    return NeighbourDisambiguator if getattr(model, "KEEPS", False) else NeuralDisambiguator
