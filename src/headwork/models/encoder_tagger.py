"""A Transformer encoder with a tag for each word: from scratch, or started from a published one.

    h = core(pieces);   logits of a word = A h_first + b

h_first is the state of the word's first piece (Devlin, Chang, Lee and Toutanova 2019, "BERT", section 5.3).

Axes: N packed pieces of all sentences, W words that are asked for, D width, C tags.
"""

from torch import Tensor, nn

from headwork.models.encoder import EncoderConfig, WithCore
from headwork.ops.dropout import drop
from headwork.ops.packed import WordBatch


class EncoderTaggerConfig(EncoderConfig, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Those of an encoder of texts, but for what makes one vector of a text."""

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, plain in (("pooling", "mean"), ("between", "none"), ("long", "cut")):
            if getattr(self, name) != plain:
                raise ValueError(
                    f"{name} is {getattr(self, name)!r}, which means nothing where words keep their own states; leave "
                    "it out"
                )


class EncoderTagger(WithCore):
    SPELLS = False

    def __init__(self, config: EncoderTaggerConfig, *, vocabulary: int, classes: int) -> None:
        super().__init__(config, vocabulary=vocabulary)
        self.head = nn.Linear(self.core.config.dim, classes)

    def forward(self, batch: WordBatch) -> Tensor:
        """(W, C) logits."""
        states = self.core(batch.pieces)[batch.firsts].to(self.head.weight.dtype)
        return self.head(drop(states, self.config.dropout, self.training))
