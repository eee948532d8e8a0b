"""Two texts by one encoder: apart, as two vectors that are compared, or together, as one sequence.

    apart      u = z(first), v = z(second);   f = cos(u, v), or f = [u; v; |u - v|]
    together   f = z([CLS] first [SEP] second [SEP]), the second text in segment 1
    y = W f + b

z is the pooled encoder of `headwork.models.encoder`. Apart is a bi-encoder: classes by a softmax over [u; v; |u - v|],
scores by the squared error of the cosine (Reimers and Gurevych 2019, "Sentence-BERT", section 3); W and b bring the
cosine into the units of the scores and change no rank. Together is a cross-encoder (Devlin et al. 2019, section 4.1).

Axes: B pairs, D width, F features, O outputs: classes, or one for a score; Q tokens of the first, K of the second text.
"""

from typing import Literal

import msgspec
import torch
from torch import Tensor, nn
from torch.nn import functional

from headwork.attention.two_way import Both
from headwork.layers.transformer import CoreConfig
from headwork.models.encoder import Encoder, EncoderConfig
from headwork.ops.dropout import drop
from headwork.ops.packed import PairBatch


class PairEncoderConfig(EncoderConfig, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`max_tokens` are those of each text."""

    reads: Literal["apart", "together"] = "apart"
    compare: Literal["by-target", "cosine", "difference"] = "by-target"
    """of vectors apart; by-target: the cosine where the target is a score, the difference where it is a class"""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.long == "windows":
            raise ValueError("long is 'windows', but each text of a pair is read at once; use cut or head-tail")
        if self.reads == "apart":
            return
        if self.compare != "by-target":
            raise ValueError(
                f"compare is {self.compare!r}, but texts that are read together are not compared; leave it out"
            )
        if self.tokens == "words":
            raise ValueError("tokens is 'words', and nothing would stand between the texts; use wordpiece or bert")
        room = self.layers_of.positions - self.layers_of.position_offset
        if self.pretrained and 2 * self.max_tokens > room:
            raise ValueError(
                f"two texts of {self.max_tokens} tokens, but {room} positions; set model.max_tokens={room // 2}"
            )

    def core(self, vocabulary: int) -> CoreConfig:
        core = super().core(vocabulary)
        if self.reads == "apart" or self.pretrained:
            return core
        return msgspec.structs.replace(core, types=2, positions=2 * self.max_tokens)


class PairEncoder(Encoder):
    """An encoder for both texts and a linear head."""

    def __init__(self, config: PairEncoderConfig, *, vocabulary: int, outputs: int) -> None:
        super().__init__(config, vocabulary=vocabulary)
        dim = self.core.config.dim
        self.together = config.reads == "together"
        self.by_cosine = config.compare == "cosine" or (config.compare == "by-target" and outputs == 1)
        self.head = nn.Linear(dim if self.together else 1 if self.by_cosine else 3 * dim, outputs)

    def forward(self, batch: PairBatch) -> Tensor:
        """(B, O)."""
        features = self.encode(batch)
        if features.shape[1] > 1:  # of a cosine nothing would be left
            features = drop(features, self.config.dropout, self.training)
        return self.head(features)

    def encode(self, batch: PairBatch) -> Tensor:
        """(B, F): what the head sees."""
        if self.together:
            texts, types = batch.together()
            return self.vectors(texts, types=self._segments(types))
        first, second = self.vectors(batch.joined()).chunk(2)
        if self.by_cosine:
            return functional.cosine_similarity(first, second)[:, None]
        return torch.cat([first, second, (first - second).abs()], dim=1)

    @torch.no_grad()
    def maps(self, batch: PairBatch) -> list[Both] | None:
        """Of texts together: what the tokens of each give those of the other in the last layer, a mean over the heads,
        as shares, (Q, K) and (K, Q). None of texts apart, which do not see each other."""
        if not self.together:
            return None
        texts, types = batch.together()
        whole = [text.mean(0) for text in self.core.maps(texts, types=self._segments(types))]
        ends = batch.first.lengths
        blocks = [Both(text[:end, end:], text[end:, :end]) for text, end in zip(whole, ends, strict=True)]
        return [Both(*(block / block.sum(1, keepdim=True) for block in both)) for both in blocks]

    def _segments(self, types: Tensor) -> Tensor | None:
        """Where the encoder tells no segments apart, none."""
        return types if self.core.config.types > 1 else None
