"""Texts to vectors of length 1 by a network that makes them.

    v = z / |z|,  z the pooled states of a text (`headwork.models.encoder`)

Axes: n texts, D width.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from torch import nn

from headwork.data.batches import ordered_batches
from headwork.models.towers import unit_vectors
from headwork.ops.linear import for_inference
from headwork.tasks.classify import in_blocks
from headwork.tasks.reading import TextReader

BATCH_TOKENS = 1024
BLOCK = 1024
"""texts between two words of progress"""


class Embedder:
    """A network and the tokenizer that goes with it."""

    def __init__(
        self,
        texts: TextReader,
        encoder: nn.Module,
        *,
        device: str = "cpu",
        text_column: str | None = None,
        queries: "Embedder | None" = None,
    ):
        self.texts, self.device = texts, device
        self.encoder: Any = for_inference(encoder.to(device))
        """a `headwork.models.towers.Tower`"""
        self.text_column = text_column
        self.queries = queries or self
        """what makes the vectors of queries, where documents have a tower of their own"""
        self.cut = 0
        """different texts so far that were longer than it takes, and lost their end"""

    @property
    def width(self) -> int:
        """D"""
        return self.encoder.width

    def vectors(self, texts: Sequence[str], progress: Callable[[float], None] = lambda share: None) -> np.ndarray:
        """(n, D) float32 of length 1, or zeros for a text without tokens. Equal texts have equal bits."""
        different = sorted(dict.fromkeys(texts), key=len)
        found = np.zeros((len(different), self.width), np.float32)
        for place, block in enumerate(in_blocks(different, BLOCK)):
            start = place * BLOCK
            found[start : start + len(block)] = self._block(block)
            if len(different) > BLOCK:
                progress((start + len(block)) / len(different))
        places = {text: place for place, text in enumerate(different)}
        return found[[places[text] for text in texts]]

    def _block(self, texts: Sequence[str]) -> np.ndarray:
        read = self.texts.read(texts)
        self.cut += read.cut.rows
        batches = ordered_batches(read.lengths, BATCH_TOKENS, self.device)
        found = unit_vectors(self.encoder, (read.batch(rows).to(self.device) for rows in batches)).float().cpu().numpy()
        out = np.empty_like(found)
        out[[row for rows in batches for row in rows]] = found
        return out
