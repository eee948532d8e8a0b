"""Two towers of Transformer encoders (`headwork.models.encoder`), from scratch or from a published one.

From scratch they may have learnt the language of queries and documents first, with heads that search does not use
(`headwork.layers.denoising`): Feng et al. 2020, "CodeBERT", section 3.

Axes: B texts, N tokens of all texts together, D width, V tokens of the vocabulary.
"""

from pathlib import Path
from typing import Any, Literal

import msgspec

from headwork.layers.denoising import DenoisingHeads
from headwork.layers.transformer import CoreConfig
from headwork.models.encoder import Encoder, EncoderConfig
from headwork.models.towers import Towers


class DualEncoderConfig(EncoderConfig, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`max_tokens` are those of a query or a document."""

    towers: Literal["one", "two"] = "one"
    """do queries and documents have one set of weights or two"""
    scale: float = 20.0
    """one over the temperature"""
    temperature: Literal["fixed", "learned"] = "fixed"
    words: Literal["none", "bm25"] = "none"
    """is the score of BM25 mixed in, with a weight that is fitted on dev"""
    denoising: bool = False
    """has it the heads that `train.pretrain` needs"""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.long == "windows":
            raise ValueError("long is 'windows', but a document has one vector; use cut or head-tail")
        if self.scale <= 0:
            raise ValueError(f"scale is {self.scale}; expected more than 0")
        if self.denoising and (self.pretrained or self.tokens == "words" or self.towers == "two"):
            raise ValueError("denoising is for one tower from scratch with tokens = 'wordpiece'")

    def core(self, vocabulary: int) -> CoreConfig:
        """For denoising one more token, the mask, and room for a query and a document in a row."""
        core = super().core(vocabulary + self.denoising)
        return msgspec.structs.replace(core, positions=2 * self.max_tokens) if self.denoising else core


class DualEncoder(Towers):
    """One `Encoder` or two."""

    def __init__(self, config: DualEncoderConfig, *, vocabulary: int) -> None:
        super().__init__(
            lambda: Encoder(config, vocabulary=vocabulary),
            towers=config.towers,
            scale=config.scale,
            temperature=config.temperature,
        )
        self.config = config
        self.mask = vocabulary
        """the token that stands for one that is to be told"""
        self.heads = DenoisingHeads(self.documents.width, vocabulary) if config.denoising else None

    @staticmethod
    def given_by(folder: Path) -> dict[str, Any]:
        """The settings that the pretrained encoder in `folder` gives."""
        return Encoder.given_by(folder)

    def load_pretrained(self, folder: Path) -> None:
        """Start both towers from the published encoder in `folder`."""
        for tower in (self.documents, self.queries):
            tower.load_pretrained(folder)
