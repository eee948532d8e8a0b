"""A neural network as a tagger of words."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import torch
from torch import Tensor

from headwork.base.recipes import Recipe
from headwork.data.tokenizers import TextTokenizer
from headwork.data.weights import find_encoder
from headwork.models import config_of, kind_of
from headwork.models.size import as_large
from headwork.models.stored import load_tensors
from headwork.tasks.classify import in_blocks
from headwork.tasks.neural import Neural
from headwork.tasks.reading_words import ReadWords, WordReader, fit_word_reader
from headwork.tasks.tag import StoredTagger, Tagger, Words


class NeuralTagger(Neural, Tagger):
    """A reader of words and a network; `network` takes a WordBatch and gives (W, C) logits."""

    def __init__(self, recipe: Recipe, tags: Sequence[str], reader: WordReader, device: str):
        Tagger.__init__(self, recipe, tags)
        model, _ = kind_of(recipe).load()
        network = model(config_of(recipe), vocabulary=reader.tokenizer.vocabulary, classes=len(tags))
        Neural.__init__(self, reader, network, device, outputs=len(tags))

    @classmethod
    def new(
        cls, recipe: Recipe, tags: Sequence[str], sentences: Sequence[Words], *, seed: int, offline: bool, device: str
    ) -> "NeuralTagger":
        """Weights drawn from `seed`, or started from the pretrained encoder that the recipe names."""
        model, _ = kind_of(recipe).load()
        config = config_of(recipe)
        pretrained = getattr(config, "pretrained", "")
        encoder = find_encoder(pretrained, offline=offline) if pretrained else None
        if encoder is not None:
            recipe = msgspec.structs.replace(recipe, model={**recipe.model, **model.given_by(encoder)})
        reader = fit_word_reader(
            sentences,
            tokens="whole" if model.SPELLS else config.tokens,
            max_tokens=config.max_tokens,
            letters=config.letters if model.SPELLS else 0,
            encoder=encoder,
        )
        vocabulary = reader.tokenizer.vocabulary
        sized = as_large(recipe, lambda config: model(config, vocabulary=vocabulary, classes=len(tags)))
        torch.manual_seed(seed)
        tagger = cls(sized, tags, reader, device)
        if encoder is not None:
            tagger.network.load_pretrained(encoder)
        return tagger

    @classmethod
    def restore(cls, stored: StoredTagger, folder: Path, *, device: str) -> "NeuralTagger":
        config, (model, _) = config_of(stored.recipe), kind_of(stored.recipe).load()
        letters = config.letters if model.SPELLS else 0
        reader = WordReader(TextTokenizer.load(folder / "tokenizer.json"), config.max_tokens, model.SPELLS, letters)
        tagger = cls(stored.recipe, stored.tags, reader, device)
        load_tensors(tagger.network, folder / "model.safetensors")
        tagger.network.eval()
        return tagger

    def logits_of(self, read: ReadWords, network: Any) -> Tensor:
        """(N, C) float64 logits that `network` gives words that are already read, in their order."""
        out = torch.zeros(read.total, self.outputs, dtype=torch.float64)
        for rows, logits in self.each_batch(read, network):
            out[read.answered(rows)] = logits
        return out

    def in_windows(self, items: Sequence[Words]) -> int:
        return sum(self.reader.read(block).in_windows for block in in_blocks(items))

    def store(self, folder: Path) -> dict[str, Any]:
        self.save_network(folder)
        return {}
