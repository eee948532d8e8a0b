"""A Transformer encoder with a tag for each word: from scratch, or started from a published one.

    h = core(pieces);   logits of a word = A h_first + b

h_first is the state of the word's first piece (Devlin, Chang, Lee and Toutanova 2019, "BERT", section 5.3).

Axes: N packed pieces of all sentences, W words that are asked for, D width, C tags.
"""

from pathlib import Path
from typing import Any

from torch import Tensor, nn

from headwork.layers.transformer import Core
from headwork.models.encoder import EncoderConfig
from headwork.models.pretrained import core_config, load_core, own_settings
from headwork.ops.dropout import drop
from headwork.ops.packed import WordBatch


class EncoderTaggerConfig(EncoderConfig, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Those of an encoder of texts, but for what makes one vector of a text."""

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, plain in (("pooling", "mean"), ("between", "none")):
            if getattr(self, name) != plain:
                raise ValueError(f"{name} is {getattr(self, name)!r}; each word keeps its own state: leave it out")


class EncoderTagger(nn.Module):
    SPELLS = False

    def __init__(self, config: EncoderTaggerConfig, *, vocabulary: int, classes: int) -> None:
        super().__init__()
        self.config = config
        self.core = Core(config.core(vocabulary))
        self.head = nn.Linear(self.core.config.dim, classes)
        frozen = {"nothing": [], "embeddings": [self.core.embeddings], "encoder": [self.core]}
        for part in frozen[config.freeze]:
            part.requires_grad_(False)

    def forward(self, batch: WordBatch) -> Tensor:
        """(W, C) logits."""
        states = self.core(batch.pieces)[batch.firsts].to(self.head.weight.dtype)
        return self.head(drop(states, self.config.dropout, self.training))

    @staticmethod
    def given_by(folder: Path) -> dict[str, Any]:
        """The settings that the pretrained encoder in `folder` gives."""
        return {"published": own_settings(core_config(folder))}

    def load_pretrained(self, folder: Path) -> None:
        """Start from the published encoder in `folder`; HeadworkError names what does not fit."""
        load_core(self.core, folder)
