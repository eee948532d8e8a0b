"""torch's fused kernel for softmax attention: the score matrix is never held.

Axes: B texts, H heads, Q queries, K keys, d and e widths of a head.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from headwork.attention.kernels.base import Kernel, Request
from headwork.attention.mechanism import Mechanism, both, leaves
from headwork.attention.mix import WeightedSum
from headwork.attention.normalisers import Softmax
from headwork.attention.scores import ProductScore
from headwork.attention.where import Where

TRAINS_FROM = {torch.float32: 128, torch.bfloat16: 1024, torch.float16: 1024}
"""queries of a text from which it trains faster on a CPU than the products written out"""

FEW = 8
"""queries of a text up to which, on a CPU, the products written out predict faster: a decoder asks one at a time"""


def run(mechanism: Mechanism, value: Tensor, where: Where, present: Tensor | None = None) -> Tensor:
    """Softmax of a product score with anything that can be written as a mask or a bias."""
    parts = mechanism.parts
    query, key = parts.turn(where.query, where.key, where)
    left, right = product_of(mechanism, query, key)
    square = left.shape[2] == right.shape[2]
    if present is None and square and is_causal(mechanism):
        return _sdpa(left, right, value, causal=True)
    allowed, bias = both(parts.allowed(where), present), parts.bias(where)
    if bias is None:
        return _sdpa(left, right, value, mask=allowed)
    if allowed is not None:
        bias = torch.where(allowed, bias, -torch.inf)
    return _sdpa(left, right, value, mask=bias.to(left.dtype))


def product_of(mechanism: Mechanism, query: Tensor, key: Tensor) -> tuple[Tensor, Tensor]:
    """The two factors of a score that is a product; the planner sees to it that it is."""
    product = mechanism.score.product(query, key)
    assert product is not None
    return product


def is_causal(mechanism: Mechanism) -> bool:
    """Is the mask just the causal one, and nothing added?"""
    parts = mechanism.parts
    return parts.exact_band and parts.band() == (None, 0) and not parts.does("bias")


def _sdpa(left: Tensor, right: Tensor, value: Tensor, *, mask: Tensor | None = None, causal: bool = False) -> Tensor:
    if mask is not None:  # alike for all heads or texts, it stays small: the kernel reads it as often as it needs
        mask = mask[(None,) * (4 - mask.dim())]
        mask = mask.expand(*mask.shape[:2], left.shape[2], right.shape[2])
    narrow = left.shape[-1] - value.shape[-1]
    # The kernel wants one width for queries, keys and values; columns of zeros change no product.
    if narrow > 0:
        value = F.pad(value, (0, narrow))
    elif narrow < 0:
        left, right = F.pad(left, (0, -narrow)), F.pad(right, (0, -narrow))
    mixed = F.scaled_dot_product_attention(left, right, value, attn_mask=mask, is_causal=causal, scale=1.0)
    return mixed[..., : mixed.shape[-1] - narrow] if narrow > 0 else mixed


def obstacle(mechanism: Mechanism, request: Request) -> str:
    """Softmax, a product, a plain sum of values; on a CPU no learned bias, no dropout and no second derivative."""
    if not isinstance(mechanism.normaliser, Softmax):
        return f"{type(mechanism.normaliser).__name__} is no softmax"
    if not isinstance(mechanism.score, ProductScore):
        return f"{type(mechanism.score).__name__} is no product of a query and a key"
    if not isinstance(mechanism.mix, WeightedSum):
        return f"{type(mechanism.mix).__name__} is not the plain sum of the values"
    on_cpu, trains = request.device == "cpu", request.trains
    for part in leaves(mechanism.parts):
        if part.does("factor"):
            return f"{type(part).__name__} weighs after the softmax"
        if on_cpu and trains and part.learned and part.does("bias"):
            return f"{type(part).__name__} learns a bias, which the fused kernel of a CPU does not train"
    if mechanism.dropout:
        return "weights are dropped"
    return "gradients of gradients are asked" if request.twice else ""


def worth(mechanism: Mechanism, request: Request) -> bool:
    """Always on a GPU; on a CPU it serves few queries and trains short texts slowly, and many small rectangles fast."""
    if request.device != "cpu" or request.queries >= TRAINS_FROM.get(request.dtype, 0):
        return True
    if request.layout == "chunks":
        return request.dtype == torch.float32
    return request.dtype == torch.float32 and not request.trains and request.queries > FEW


def extra_bytes(mechanism: Mechanism, request: Request) -> int:
    """The mask or bias, where there is one that differs from pair to pair."""
    parts = mechanism.parts
    plain = is_causal(mechanism) and request.queries == request.keys and request.layout == "whole"
    full = parts.exact_band and parts.band() == (None, None) and not parts.does("bias")
    return 0 if plain or (full and request.layout == "whole") else request.pair_bytes


KERNEL = Kernel(
    name="fused", does="torch's fused softmax attention", obstacle=obstacle, worth=worth, extra_bytes=extra_bytes
)
