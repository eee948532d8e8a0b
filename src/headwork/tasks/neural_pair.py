"""A neural network as a matcher of two texts."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from headwork.base.recipes import Recipe
from headwork.data.pairs import Pair
from headwork.data.tokenizers import UNKNOWN, TextTokenizer
from headwork.models import config_of, kind_of
from headwork.models.size import as_large
from headwork.models.stored import load_tensors
from headwork.tasks.neural import Neural
from headwork.tasks.pair import Matcher, Seen, StoredMatcher, Target
from headwork.tasks.reading import PairReader, ReadTexts, TextReader, fit_reader


class NeuralMatcher(Neural, Matcher):
    """A tokenizer for both texts and a network; `network` takes a PairBatch and gives (B, O) outputs."""

    def __init__(self, recipe: Recipe, target: Target, reader: PairReader, device: str):
        Matcher.__init__(self, recipe, target)
        model, _ = kind_of(recipe).load()
        network = model(config_of(recipe), vocabulary=reader.tokenizer.vocabulary, outputs=target.outputs)
        Neural.__init__(self, reader, network, device, outputs=target.outputs)

    @classmethod
    def new(cls, recipe: Recipe, target: Target, texts: Sequence[str], *, seed: int, device: str) -> "NeuralMatcher":
        """Weights drawn from `seed`."""
        config = config_of(recipe)
        model, _ = kind_of(recipe).load()
        reader = fit_reader(texts, tokens=config.tokens, max_tokens=config.max_tokens, sentences=False, encoder=None)
        vocabulary = reader.tokenizer.vocabulary
        sized = as_large(recipe, lambda config: model(config, vocabulary=vocabulary, outputs=target.outputs))
        torch.manual_seed(seed)
        return cls(sized, target, PairReader(reader), device)

    @classmethod
    def restore(cls, stored: StoredMatcher, folder: Path, *, device: str) -> "NeuralMatcher":
        tokenizer = TextTokenizer.load(folder / "tokenizer.json")
        reader = PairReader(TextReader(tokenizer, config_of(stored.recipe).max_tokens, sentences=False))
        matcher = cls(stored.recipe, stored.target, reader, device)
        load_tensors(matcher.network, folder / "model.safetensors")
        matcher.network.eval()
        return matcher

    def store(self, folder: Path) -> dict[str, Any]:
        self.save_network(folder)
        return {}

    @torch.inference_mode()
    def look(self, pairs: Sequence[Pair]) -> list[Seen] | None:
        """Both maps of each pair; they are empty where a text has no tokens."""
        self.network.eval()
        read, found = self.reader.read(pairs), []
        for row, pair in enumerate(pairs):
            (maps,) = self.network.maps(read.batch([row]).to(self.device))
            first, second = (
                self._words(side, row, text) for side, text in zip((read.first, read.second), pair, strict=True)
            )
            found.append(Seen(first, second, *(each.double().cpu().numpy() for each in maps)))
        return found

    def _words(self, read: ReadTexts, row: int, text: str) -> list[str]:
        """The tokens of a text; one that the model does not know is shown as it stands there."""
        written = self.reader.tokenizer.tokens(read.ids[row])
        spans = zip(written, read.offsets[row], strict=True)
        return [text[start:end] if token == UNKNOWN else token for token, (start, end) in spans]
