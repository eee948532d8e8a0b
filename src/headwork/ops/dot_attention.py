"""Scaled dot-product attention within each text of a packed batch.

    softmax(q k^T / sqrt(d)) v      Vaswani et al. 2017, "Attention is all you need", equation 1

Neighbouring texts of one length are computed together, so that nothing is padded and no mask is needed.

Axes: N packed tokens, B texts of one length, H heads, L tokens of a text, d width of a head, D = H d.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from headwork.ops.dropout import drop
from headwork.ops.packed import equal_length_runs

FUSED_FROM = {torch.float32: 128, torch.bfloat16: 1024}
"""tokens of a text from which torch's fused kernel trains faster on a CPU than the products written out"""


def attend(qkv: Tensor, lengths: Sequence[int], *, heads: int, causal: bool = False, dropout: float = 0.0) -> Tensor:
    """(N, 3D) queries, keys and values side by side to (N, D): every token attends to the tokens of its own text.

    causal: to itself and the tokens before it only. dropout: share of the probabilities that is set to zero.
    """
    mixed = []
    for query, key, value in _runs(qkv, lengths, heads):
        if _fused_is_faster(query, dropout):
            run = F.scaled_dot_product_attention(query, key, value, is_causal=causal)
        else:
            run = drop(probabilities(query, key, causal=causal), dropout) @ value
        mixed.append(run.transpose(1, 2).flatten(2).flatten(0, 1))
    return torch.cat(mixed) if mixed else qkv[:, : qkv.shape[1] // 3]


def probabilities(query: Tensor, key: Tensor, *, causal: bool = False) -> Tensor:
    """(B, H, L, d) queries and keys to the (B, H, L, L) shares that each query gives to the keys."""
    scores = (query * query.shape[-1] ** -0.5) @ key.transpose(-1, -2)
    if causal:
        later = torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).triu(1)
        scores = scores.masked_fill(later, float("-inf"))
    return scores.softmax(-1)


def attention_maps(qkv: Tensor, lengths: Sequence[int], *, heads: int, causal: bool = False) -> list[Tensor]:
    """The (H, L, L) probabilities of each text, whatever kernel `attend` takes; no map for a text without tokens."""
    return [text for query, key, _ in _runs(qkv, lengths, heads) for text in probabilities(query, key, causal=causal)]


def _runs(qkv: Tensor, lengths: Sequence[int], heads: int) -> list[tuple[Tensor, ...]]:
    """(B, H, L, d) queries, keys and values of each run of texts of one length."""
    runs = [(texts, length) for _, texts, length in equal_length_runs(lengths)]
    parts = qkv.split([texts * length for texts, length in runs])
    return [
        # splitting and unbinding, not slicing: their gradients are one concatenation and one stack
        tuple(x.transpose(1, 2) for x in part.view(texts, length, 3, heads, -1).unbind(2))
        for part, (texts, length) in zip(parts, runs, strict=True)
    ]


def _fused_is_faster(query: Tensor, dropout: float) -> bool:
    if dropout:
        return False
    longest_plain = FUSED_FROM.get(query.dtype, 0)
    trains = torch.is_grad_enabled() and query.requires_grad
    return query.shape[2] >= longest_plain or (query.dtype == torch.float32 and not trains)
