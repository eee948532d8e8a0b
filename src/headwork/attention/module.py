"""Attention as a module that stands where torch.nn.MultiheadAttention stood, with any mechanism inside.

    head_h = attend(q W_q, k W_k, v W_v),   o = [head_1; …; head_H] W_o      Vaswani et al. 2017, section 3.2.2

Axes: B texts, H heads, Q queries, K keys, D width of the model, d = D / H width of a head.
"""

from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from headwork.attention.attend import run
from headwork.attention.layout import Padded
from headwork.attention.mechanism import Mechanism, weights
from headwork.attention.memory.pairs import Extends
from headwork.attention.mix import Mix, WeightedSum
from headwork.attention.normalisers import Normaliser, Softmax
from headwork.attention.parts import Part
from headwork.attention.record import Recorder
from headwork.attention.scopes import Causal, Full, Given
from headwork.attention.scores import ScaledDot, Score
from headwork.attention.where import Where
from headwork.base.errors import HeadworkError


class Attention(nn.Module):
    """(B, Q, D), (B, K, D), (B, K, D) to ((B, Q, D), weights or None), as nn.MultiheadAttention with batch_first.

    The weights have the names of nn.MultiheadAttention, so that its state loads. `kv_heads` fewer heads of keys and
    values serve several of queries each (Ainslie et al. 2023).
    """

    def __init__(
        self,
        dim: int,
        *,
        heads: int,
        kv_heads: int | None = None,
        bias: bool = True,
        dropout: float = 0.0,
        score: Score = ScaledDot(),
        position: tuple[Part, ...] = (),
        scope: Part = Full(),
        normaliser: Normaliser = Softmax(),
        mix: Mix = WeightedSum(),
        memory: Extends | None = None,
        kernel: str = "auto",
    ) -> None:
        super().__init__()
        self.heads, self.kv_heads, self.dropout, self.kernel = heads, kv_heads or heads, dropout, kernel
        if dim % heads or heads % self.kv_heads:
            raise HeadworkError(
                f"Attention: dim {dim}, heads {heads}, kv_heads {self.kv_heads}; heads must divide dim, kv_heads heads"
            )
        narrow = dim // heads * self.kv_heads
        self.widths = (dim, narrow, narrow)
        self.in_proj_weight = nn.Parameter(torch.empty(sum(self.widths), dim))
        self.in_proj_bias = nn.Parameter(torch.zeros(sum(self.widths))) if bias else None
        self.out_proj = nn.Linear(dim, dim, bias=bias)
        nn.init.xavier_uniform_(self.in_proj_weight)
        if bias:
            nn.init.zeros_(self.out_proj.bias)
        self.mechanism = Mechanism(score, position, scope, normaliser, mix)
        self.parts = nn.ModuleList(self.mechanism.modules())
        self.memory = memory
        self.tape: Recorder | None = None

    def forward(
        self,
        query: Tensor,
        key: Tensor | None = None,
        value: Tensor | None = None,
        key_padding_mask: Tensor | None = None,
        need_weights: bool = False,
        attn_mask: Tensor | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
        *,
        layout: Padded | None = None,
    ) -> tuple[Tensor, Tensor | None]:
        """`key_padding_mask` (B, K) and `attn_mask` (Q, K) or (B H, Q, K) are true where not to look, or are added.

        `layout` says the same as a padding mask in lengths, for less. `is_causal` is aligned to the lower right.
        """
        key = query if key is None else key
        q, k, v = self.project(query, key, key if value is None else value)
        if self.memory is not None:
            k, v = self.memory.extend(k, v)
        (texts, heads, queries, _), keys = q.shape, k.shape[2]
        _check_mask("key_padding_mask", key_padding_mask, (texts, keys))
        _check_mask("attn_mask", attn_mask, (queries, keys), (texts * heads, queries, keys))
        mechanism = self.mechanism_for(texts, key_padding_mask, attn_mask, is_causal)
        mixed = run(mechanism, q, k, v, layout=layout, tape=self.tape, kernel=self.kernel)
        output = self.out_proj(mixed.transpose(1, 2).flatten(2))
        if not need_weights:
            return output, None
        k = k.repeat_interleave(heads // k.shape[1], 1)
        where = Where.of(q, k, scale=mechanism.score.scale(q.shape[-1]))
        if layout is not None:
            where = layout.where(q, k, where.scale)
        shares = weights(mechanism, where, layout.present(where) if layout else None)
        return output, shares.mean(1) if average_attn_weights else shares

    def project(self, query: Tensor, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(B, Q, D), (B, K, D) twice to (B, H, Q, d), (B, H', K, d) twice."""
        dim = self.widths[0]
        for name, x in (("query", query), ("key", key), ("value", value)):
            if x.dim() != 3 or x.shape[-1] != dim:
                raise HeadworkError(f"Attention: expected {name} (texts, places, {dim}); found {tuple(x.shape)}")
        weight = self.in_proj_weight.split(self.widths)
        bias = (None,) * 3 if self.in_proj_bias is None else self.in_proj_bias.split(self.widths)
        heads = (self.heads, self.kv_heads, self.kv_heads)
        q, k, v = (
            F.linear(x, w, b).unflatten(-1, (many, -1)).transpose(1, 2)
            for x, w, b, many in zip((query, key, value), weight, bias, heads, strict=True)
        )
        return q, k, v

    def mechanism_for(
        self, texts: int, key_padding_mask: Tensor | None, attn_mask: Tensor | None, is_causal: bool
    ) -> Mechanism:
        """The module's own mechanism, with the masks of one call."""
        scope = self.mechanism.scope
        if is_causal:
            scope, attn_mask = scope & Causal(), None
        for mask in (None if key_padding_mask is None else key_padding_mask[:, None, None], attn_mask):
            if mask is not None:
                mask = mask.unflatten(0, (texts, -1)) if mask.dim() == 3 else mask
                scope = scope & (Given(~mask) if mask.dtype == torch.bool else Given(added=mask))
        return replace(self.mechanism, scope=scope, dropout=self.dropout if self.training else 0.0)


def _check_mask(name: str, mask: Tensor | None, *shapes: tuple[int, ...]) -> None:
    if mask is not None and (mask.shape not in shapes or not (mask.dtype == torch.bool or mask.is_floating_point())):
        raise HeadworkError(
            f"Attention: {name} must be bool or float, {' or '.join(map(str, shapes))}; "
            f"found {mask.dtype}, {tuple(mask.shape)}"
        )
