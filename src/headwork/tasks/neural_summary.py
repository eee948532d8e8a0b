"""A neural network that chooses sentences."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import torch

from headwork.base.recipes import Recipe
from headwork.base.summary import Reading
from headwork.data.batches import ordered_batches
from headwork.data.summaries import Document, Summaries
from headwork.data.tokenizers import TextTokenizer
from headwork.data.weights import find_encoder
from headwork.models import config_of, kind_of
from headwork.models.size import as_large
from headwork.models.stored import load_tensors
from headwork.ops.threads import each_in_a_thread
from headwork.tasks.classify import in_blocks
from headwork.tasks.neural import PREDICT_TOKENS, Neural
from headwork.tasks.reading import fit_framed
from headwork.tasks.reading_sentences import ReadDocuments, SentenceReader
from headwork.tasks.summarize import Chooser, StoredSummarizer, best_sentences

BLOCK = 256
"""documents whose tokens are in memory at once"""


class ReadsDocuments(Neural):
    """What networks over documents share: one that chooses sentences, and one that writes."""

    reader: SentenceReader

    def reading(self, documents: Sequence[Document]) -> Reading:
        found = [self.reader.read(block).reading for block in in_blocks(documents, BLOCK)]
        return Reading(
            in_windows=sum(each.in_windows for each in found), sentences_cut=sum(each.sentences_cut for each in found)
        )


def tokenizer_of(recipe: Recipe, train: Summaries, *, offline: bool) -> tuple[Recipe, TextTokenizer, Path | None]:
    """The recipe with what its pretrained encoder gives, a tokenizer, and the folder of that encoder."""
    config, (model, _) = config_of(recipe), kind_of(recipe).load()
    encoder = find_encoder(config.pretrained, offline=offline) if config.pretrained else None
    if encoder is not None:
        recipe = msgspec.structs.replace(recipe, model={**recipe.model, **model.given_by(encoder)})
    texts = [
        *(sentence for document in train.items for sentence in document),
        *(r for some in train.references for r in some),
    ]
    return recipe, fit_framed(texts, tokens=config.tokens, encoder=encoder), encoder


class NeuralChooser(ReadsDocuments, Chooser):
    """A tokenizer and a network; `network` takes a TokenBatch and gives (S,) what speaks for each sentence."""

    def __init__(self, recipe: Recipe, tokenizer: TextTokenizer, device: str) -> None:
        Chooser.__init__(self, recipe)
        model, _ = kind_of(recipe).load()
        config = config_of(recipe)
        network = model(config, vocabulary=tokenizer.vocabulary)
        Neural.__init__(self, SentenceReader(tokenizer, config.max_tokens), network, device, outputs=1)

    @classmethod
    def new(cls, recipe: Recipe, train: Summaries, *, seed: int, offline: bool, device: str) -> "NeuralChooser":
        """Weights drawn from `seed`, or started from the pretrained encoder that the recipe names."""
        recipe, tokenizer, encoder = tokenizer_of(recipe, train, offline=offline)
        model, _ = kind_of(recipe).load()
        sized = as_large(recipe, lambda config: model(config, vocabulary=tokenizer.vocabulary))
        torch.manual_seed(seed)
        chooser = cls(sized, tokenizer, device)
        if encoder is not None:
            chooser.network.load_pretrained(encoder)
        return chooser

    @classmethod
    def restore(cls, stored: StoredSummarizer, folder: Path, *, device: str) -> "NeuralChooser":
        chooser = cls(stored.recipe, TextTokenizer.load(folder / "tokenizer.json"), device)
        load_tensors(chooser.network, folder / "model.safetensors")
        chooser.network.eval()
        return chooser

    def store(self, folder: Path) -> dict[str, Any]:
        self.save_network(folder)
        return {}

    def scores(self, documents: Sequence[Document]) -> list[np.ndarray]:
        """Probabilities."""
        blocks = (self.logits_of(self.reader.read(block), self.fast) for block in in_blocks(documents, BLOCK))
        return [1 / (1 + np.exp(-logits)) for block in blocks for logits in block]

    def logits_of(self, read: ReadDocuments, network: Any) -> list[np.ndarray]:
        """(n,) float64 of the sentences of each document."""
        network.eval()
        batches = ordered_batches(read.lengths, PREDICT_TOKENS, self.device)
        answers = each_in_a_thread(lambda rows: network(read.batch(rows).to(self.device)).double().cpu(), batches)
        found: dict[int, np.ndarray] = {}
        for rows, logits in zip(batches, answers, strict=True):
            parts = logits.split([len(read.sentences[row]) for row in rows])
            found |= {row: part.numpy() for row, part in zip(rows, parts, strict=True)}
        return [found[row] for row in range(len(read.ids))]

    def unlearnable(self, train: Summaries) -> int:
        return sum(not places for places in best_sentences(train.items, train.references, train.words))
