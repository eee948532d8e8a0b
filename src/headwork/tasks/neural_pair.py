"""A neural network as a matcher of two texts."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from headwork.base.recipes import Recipe
from headwork.data.pairs import Pair
from headwork.data.tokenizers import UNKNOWN, TextTokenizer
from headwork.models import config_of, kind_of
from headwork.models.stored import load_tensors
from headwork.tasks.neural import Neural, start
from headwork.tasks.pair import Matcher, Seen, StoredMatcher, Target
from headwork.tasks.reading import PairReader, ReadTexts, TextReader


class NeuralMatcher(Neural, Matcher):
    """A tokenizer for both texts and a network; `network` takes a PairBatch and gives (B, O) outputs."""

    def __init__(self, recipe: Recipe, target: Target, texts: TextReader, device: str):
        Matcher.__init__(self, recipe, target)
        model, _ = kind_of(recipe).load()
        config = config_of(recipe)
        reader = PairReader(texts, together=getattr(config, "reads", "apart") == "together")
        network = model(config, vocabulary=texts.tokenizer.vocabulary, outputs=target.outputs)
        Neural.__init__(self, reader, network, device, outputs=target.outputs)

    @classmethod
    def new(
        cls, recipe: Recipe, target: Target, texts: Sequence[str], *, seed: int, offline: bool, device: str
    ) -> "NeuralMatcher":
        """Weights drawn from `seed`, or started from the pretrained encoder that the recipe names."""
        sized, reader, encoder = start(recipe, texts, offline=offline, outputs=target.outputs)
        torch.manual_seed(seed)
        matcher = cls(sized, target, reader, device)
        if encoder is not None:
            matcher.network.load_pretrained(encoder)
        return matcher

    @classmethod
    def restore(cls, stored: StoredMatcher, folder: Path, *, device: str) -> "NeuralMatcher":
        tokenizer = TextTokenizer.load(folder / "tokenizer.json")
        reader = TextReader(tokenizer, config_of(stored.recipe).max_tokens, sentences=False)
        matcher = cls(stored.recipe, stored.target, reader, device)
        load_tensors(matcher.network, folder / "model.safetensors")
        matcher.network.eval()
        return matcher

    def store(self, folder: Path) -> dict[str, Any]:
        self.save_network(folder)
        return {}

    def targets(self, labels: np.ndarray) -> np.ndarray:
        return self.target.standard(labels)

    @torch.inference_mode()
    def look(self, pairs: Sequence[Pair]) -> list[Seen] | None:
        """Both maps of each pair; they are empty where a text has no tokens."""
        self.network.eval()
        read, found = self.reader.read(pairs), []
        for row, pair in enumerate(pairs):
            maps = self.network.maps(read.batch([row]).to(self.device))
            if maps is None:
                return None
            first, second = (
                self._words(side, row, text) for side, text in zip((read.first, read.second), pair, strict=True)
            )
            found.append(Seen(first, second, *(each.double().cpu().numpy() for each in maps[0])))
        return found

    def _words(self, read: ReadTexts, row: int, text: str) -> list[str]:
        """The tokens of a text; one that the model does not know is shown as it stands there."""
        written = self.reader.tokenizer.tokens(read.ids[row])
        spans = zip(written, read.offsets[row], strict=True)
        return [text[start:end] if token == UNKNOWN else token for token, (start, end) in spans]
