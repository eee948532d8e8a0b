"""A neural network as a classifier of texts."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol, cast

import msgspec
import numpy as np
import torch
from torch import Tensor

from headwork.base.files import write_atomically
from headwork.base.recipes import Recipe
from headwork.base.results import Cut
from headwork.data.batches import ordered_batches
from headwork.data.vocabulary_tokens import load_tokens
from headwork.data.weights import find_encoder
from headwork.models import Weights, config_of, kind_of
from headwork.models.size import as_large
from headwork.models.stored import load_tensors, save_tensors
from headwork.ops.linear import for_inference
from headwork.ops.threads import each_in_a_thread
from headwork.tasks.classify import Classifier, Seen, Span, StoredClassifier, in_blocks
from headwork.tasks.reading import ReadTexts, TextReader, fit_reader

PREDICT_TOKENS = 2048
"""padded tokens of a batch when predicting: large enough for fast products, small enough for any memory"""


class Read(Protocol):
    """What a reader made of some rows."""

    @property
    def lengths(self) -> list[int]: ...

    @property
    def cut(self) -> Cut: ...

    def batch(self, rows: Sequence[int]) -> Any: ...


class Start(NamedTuple):
    """What a network to be fitted is made of."""

    recipe: Recipe
    """with what its pretrained encoder gives, and as wide as was asked for"""
    reader: TextReader
    encoder: Path | None
    """the folder of the pretrained encoder"""


def start(recipe: Recipe, texts: Sequence[str], *, offline: bool, **outputs: Any) -> Start:
    """Find the pretrained encoder that the recipe names, or fit a tokenizer; `outputs` go to the network."""
    model, _ = kind_of(recipe).load()
    config = config_of(recipe)
    pretrained = getattr(config, "pretrained", "")
    encoder = find_encoder(pretrained, offline=offline) if pretrained else None
    if encoder is not None:
        recipe = msgspec.structs.replace(recipe, model={**recipe.model, **model.given_by(encoder)})
    sentences = getattr(model, "SENTENCES", False)
    reader = fit_reader(
        texts,
        tokens=config.tokens,
        max_tokens=config.max_tokens,
        sentences=sentences,
        encoder=encoder,
        **asked_by(model, config),
    )
    vocabulary = reader.tokenizer.vocabulary
    sized = as_large(recipe, lambda config: model(config, vocabulary=vocabulary, **outputs))
    return Start(sized, reader, encoder)


class Neural:
    """A reader and a network, which answers what the reader reads: texts, or pairs of them."""

    recipe: Recipe
    """that it was made from"""

    def __init__(self, reader: Any, network: Any, device: str, *, outputs: int):
        self.reader, self.device, self.outputs = reader, device, outputs
        self.network: Any = network.to(device)
        """an nn.Module that keeps the contract of `headwork.models`"""
        self._fast: Any = None

    @property
    def parameters(self) -> int:
        return sum(parameter.numel() for parameter in self.network.parameters())

    def read_to_learn(self, items: Sequence[Any]) -> Any:
        """What a step of training sees of some rows."""
        return self.reader.read(items)

    def cut(self, items: Sequence[Any]) -> Cut:
        cuts = [self.reader.read(block).cut for block in in_blocks(items)]
        return Cut(
            rows=sum(c.rows for c in cuts), tokens=sum(c.tokens for c in cuts), of_tokens=sum(c.of_tokens for c in cuts)
        )

    @property
    def fast(self) -> Any:
        """A copy of the network that only predicts, made when it is first asked for."""
        if self._fast is None:
            self._fast = for_inference(self.network)
        return self._fast

    def logits(self, items: Sequence[Any]) -> np.ndarray:
        blocks = [self.logits_of(self.reader.read(block), self.fast).numpy() for block in in_blocks(items)]
        return np.concatenate(blocks) if blocks else np.zeros((0, self.outputs))

    def targets(self, labels: np.ndarray) -> np.ndarray:
        """(n,) labels as the network learns them."""
        return labels

    def changed(self) -> None:
        """The network's weights are new: forget the copy that predicts."""
        self._fast = None

    def logits_of(self, read: Read, network: Any) -> Tensor:
        """(n, C) float64 logits that `network` gives rows that are already tokenized, in their order."""
        out = torch.zeros(len(read.lengths), self.outputs, dtype=torch.float64)
        for rows, logits in self.each_batch(read, network):
            out[rows] = logits
        return out

    def each_batch(self, read: Read, network: Any) -> Iterator[tuple[list[int], Tensor]]:
        """Rows and what `network` says of them, in float64, until all rows have been read."""
        network.eval()
        batches = ordered_batches(read.lengths, PREDICT_TOKENS, self.device)
        answers = each_in_a_thread(lambda rows: network(read.batch(rows).to(self.device)), batches)
        for rows, logits in zip(batches, answers, strict=True):
            yield rows, logits.double().cpu()

    def save_network(self, folder: Path) -> None:
        """Its weights and its tokenizer."""
        save_tensors(self.network, folder / "model.safetensors")
        write_atomically(folder / "tokenizer.json", self.reader.tokenizer.save)


class NeuralClassifier(Neural, Classifier):
    """A tokenizer and a network; `network` takes a TokenBatch and gives (B, C) logits."""

    def __init__(self, recipe: Recipe, classes: Sequence[str], reader: TextReader, device: str):
        Classifier.__init__(self, recipe, classes)
        model, _ = kind_of(recipe).load()
        self.config = config_of(recipe)
        network = model(self.config, vocabulary=reader.tokenizer.vocabulary, classes=len(classes))
        Neural.__init__(self, reader, network, device, outputs=len(classes))

    @classmethod
    def new(
        cls, recipe: Recipe, classes: Sequence[str], texts: Sequence[str], *, seed: int, offline: bool, device: str
    ) -> "NeuralClassifier":
        """Weights drawn from `seed`, or started from the pretrained encoder that the recipe names."""
        sized, reader, encoder = start(recipe, texts, offline=offline, classes=len(classes))
        torch.manual_seed(seed)
        classifier = cls(sized, classes, reader, device)
        if encoder is not None:
            classifier.network.load_pretrained(encoder)
        return classifier

    @classmethod
    def restore(cls, stored: StoredClassifier, folder: Path, *, device: str) -> "NeuralClassifier":
        settings = config_of(stored.recipe)
        model, _ = kind_of(stored.recipe).load()
        tokenizer = load_tokens(folder / "tokenizer.json", settings.tokens)
        reader = TextReader(tokenizer, settings.max_tokens, model.SENTENCES, **asked_by(model, settings))
        classifier = cls(stored.recipe, stored.classes, reader, device)
        load_tensors(classifier.network, folder / "model.safetensors")
        classifier.network.eval()
        return classifier

    def read_to_learn(self, items: Sequence[str]) -> ReadTexts:
        return self.reader.read(items, most_windows=getattr(self.config, "train_windows", 0) or None)

    def store(self, folder: Path) -> StoredClassifier:
        self.save_network(folder)
        return StoredClassifier(
            recipe=self.recipe,
            classes=self.classes,
            temperature=self.temperature,
            text_column=self.text_column,
            about_column=self.about_column,
            vocabulary=self.reader.tokenizer.vocabulary,
        )

    @torch.inference_mode()
    def look(self, texts: Sequence[str]) -> list[Seen] | None:
        if not hasattr(self.network, "weights"):
            return None
        self.network.eval()
        read = self.reader.read(texts)
        return [self._look_at(read, row) for row in range(len(texts))]

    def _look_at(self, read: ReadTexts, row: int) -> Seen:
        if not read.ids[row]:
            return Seen([], [])
        weights = cast(Weights, self.network.weights(read.batch([row]).to(self.device)))
        spans = read.offsets[row]
        tokens = [
            Span(start, end, weight)
            for (start, end), weight in zip(spans, weights.tokens.tolist(), strict=True)
            if end > start
        ]
        if weights.sentences is None or read.sentences is None:
            return Seen(tokens, [])
        ends = np.cumsum(read.sentences[row])
        starts = ends - read.sentences[row]
        sentences = [
            Span(spans[first][0], spans[last - 1][1], weight)
            for first, last, weight in zip(starts, ends, weights.sentences.tolist(), strict=True)
        ]
        return Seen(tokens, sentences)


def asked_by(model: type, config: Any) -> dict[str, Any]:
    """What only some models ask of a reader: more of long texts than their heads, and words as they are written."""
    return {
        "long": getattr(config, "long", "cut"),
        "stride": getattr(config, "stride", 0),
        "written": getattr(model, "WRITTEN", False),
    }
