"""Linear attention: with positive features, keys and values are summed up once, and each query reads the sum.

    o_i = phi(q_i) · sum_j phi(k_j) v_j / (phi(q_i) · sum_j phi(k_j))      Katharopoulos et al. 2020, equations 5 to 9

Causal sums are taken by chunks: dense within a chunk, a running sum over those before, so that memory grows with K.

Axes: B texts, H heads, Q queries, K keys, m features, e width of a value's head.
"""

from torch import Tensor
from torch.nn import functional as F

from headwork.attention.kernels.base import Kernel, Request
from headwork.attention.kernels.fused import is_causal, product_of
from headwork.attention.mechanism import Mechanism
from headwork.attention.mix import WeightedSum
from headwork.attention.normalisers import Proportional
from headwork.attention.scores import ProductScore
from headwork.attention.where import Where

CHUNK = 128


def run(mechanism: Mechanism, value: Tensor, where: Where, present: Tensor | None = None) -> Tensor:
    """A value column of ones carries the denominator along."""
    query, key = product_of(mechanism, where.query, where.key)
    value = F.pad(value, (0, 1), value=1.0)
    if present is not None:
        key = key * present.any(-2).unsqueeze(-1)
    summed = _causal(query, key, value) if is_causal(mechanism) else query @ (key.transpose(-1, -2) @ value)
    above, below = summed[..., :-1], summed[..., -1:]
    empty = below == 0
    mixed = (above / below.masked_fill(empty, 1.0)).masked_fill(empty, 0.0)
    return mixed if present is None else mixed * present.any(-1).unsqueeze(-1)


def _causal(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """(B, H, Q, m), (B, H, K, m), (B, H, K, e) with as many queries as keys."""
    places = query.shape[2]
    query, key, value = (F.pad(x, (0, 0, 0, -places % CHUNK)).unflatten(2, (-1, CHUNK)) for x in (query, key, value))
    within = (query @ key.transpose(-1, -2)).tril() @ value
    sums = (key.transpose(-1, -2) @ value).cumsum(2)
    before = F.pad(sums, (0, 0, 0, 0, 1, 0))[:, :, :-1]
    return (within + query @ before).flatten(2, 3)[:, :, :places]


def obstacle(mechanism: Mechanism, request: Request) -> str:
    if not isinstance(mechanism.score, ProductScore) or not isinstance(mechanism.normaliser, Proportional):
        return "the weights are not products over their sum"
    if not isinstance(mechanism.mix, WeightedSum):
        return f"{type(mechanism.mix).__name__} is not the plain sum of the values"
    if mechanism.dropout:
        return "weights that are never held cannot be dropped"
    parts = mechanism.parts
    if parts.does("turn") or parts.does("bias") or parts.does("factor"):
        return "a position or scope weighs each pair"
    if parts.exact_band and parts.band() == (None, None):
        return ""
    if is_causal(mechanism) and request.queries == request.keys and request.layout != "across":
        return ""
    return "the scope is neither full nor causal over as many queries as keys"


def extra_bytes(mechanism: Mechanism, request: Request) -> int:
    """One sum of keys times values, for each chunk where it is causal."""
    sums = -(-request.keys // CHUNK) if is_causal(mechanism) else 1
    return sums * request.texts * request.heads * request.width * (request.value_width + 1) * request.dtype.itemsize


KERNEL = Kernel(
    name="linear",
    does="sums of keys times values, in linear time",
    obstacle=obstacle,
    worth=lambda mechanism, request: isinstance(mechanism.normaliser, Proportional),
    extra_bytes=extra_bytes,
)
