"""Product-key memory: a feed-forward sublayer of keys² slots, of which a token reads few and searches few.

    q = BN(W x + b)                                         Lample et al. 2019, "Large Memory Layers with Product Keys"
    I = top-k of q · (c_i, c'_j) = q1 · c_i + q2 · c'_j     section 3.1, eq. 1, and section 3.2
    w = softmax of those k scores                           eq. 2
    m = sum over heads and over I of w_ij v_ij              eq. 3, and section 3.3: all heads read the same values

The search is exact: a pair whose halves hold ranks r and s (from 1) among their keys has at least r s - 1 pairs above
it or equal to it, so a top-k lies in the pairs with r s <= k: 119 for k = 32, of the 1024 that the paper sums. Rounding
keeps the order: the scores are those of a search through all pairs, to the last bit. Which of several equals are taken
is left open.

Axes: N tokens (packed: batch norm sees no padding), D width, H heads, K keys of a half, c width of a half key, k slots
read, S = K² slots, V width of a value. Slot i K + j belongs to the half keys i and j.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from headwork.attention.record import Recorder
from headwork.base.errors import HeadworkError

SPARSE_FROM_SLOTS = 100_000
"""with more slots than that, a gradient of the rows touched costs less than one of the table"""


class Slots(NamedTuple):
    """The slots that each head reads, the best first, (N, H, k) each: number, share (summing to one), score."""

    indices: Tensor
    weights: Tensor
    scores: Tensor


class ProductKeyMemory(nn.Module):
    """(N, D) to (N, V). `sparse` says whether `values` gets a sparse gradient, for `headwork.ops.row_adam.RowAdam`;
    None: from 100,000 slots on."""

    first: Tensor
    second: Tensor

    def __init__(
        self,
        dim: int,
        *,
        keys: int = 128,
        heads: int = 4,
        knn: int = 32,
        key_dim: int = 256,
        value_dim: int | None = None,
        sparse: bool | None = None,
    ):
        super().__init__()
        if not 1 <= knn <= keys**2 or key_dim % 2:
            raise HeadworkError(
                f"product keys: knn={knn} of {keys**2} slots, key_dim={key_dim}; at most all slots, and an even width"
            )
        self.heads, self.knn = heads, knn
        self.tape: Recorder | None = None
        self.sparse = keys**2 > SPARSE_FROM_SLOTS if sparse is None else sparse
        self.query = nn.Linear(dim, heads * key_dim)
        self.norm = nn.BatchNorm1d(heads * key_dim)
        half = key_dim // 2
        self.keys = nn.Parameter(torch.empty(heads, 2, keys, half).uniform_(-(half**-0.5), half**-0.5))
        self.values = nn.Parameter(torch.randn(keys**2, value_dim or dim) * (value_dim or dim) ** -0.5)
        first, second = _candidates(keys, knn)
        self.register_buffer("first", first, persistent=False)
        self.register_buffer("second", second, persistent=False)

    def queries(self, tokens: Tensor) -> Tensor:
        """(N, D) to (N, H, 2c). Batch norm over the tokens; a single one has no variance and takes the running one."""
        if tokens.dim() != 2:
            raise HeadworkError(f"product keys: input of {tuple(tokens.shape)}; pack tokens to (N, D), without padding")
        projected, norm = self.query(tokens), self.norm
        if self.training and len(tokens) < 2:
            normal = F.batch_norm(projected, norm.running_mean, norm.running_var, norm.weight, norm.bias, eps=norm.eps)
        else:
            normal = norm(projected)
        return normal.unflatten(1, (self.heads, -1))

    def scores(self, query: Tensor) -> Tensor:
        """(N, H, 2c) to (N, H, 2, K): each half of a query against the half keys of its side."""
        return torch.einsum("nhtc,htkc->nhtk", query.unflatten(-1, (2, -1)), self.keys)

    def lookup(self, query: Tensor) -> Slots:
        """(N, H, 2c) to the k best of all K² slots; weights in at least single precision."""
        keys = self.keys.shape[2]
        best, ranked = self.scores(query).topk(min(self.knn, keys), dim=-1)
        sums = best[:, :, 0, self.first] + best[:, :, 1, self.second]
        scores, chosen = sums.topk(self.knn, dim=-1)
        rows = ranked[:, :, 0].gather(-1, self.first[chosen])
        columns = ranked[:, :, 1].gather(-1, self.second[chosen])
        weights = scores.softmax(-1, dtype=torch.promote_types(scores.dtype, torch.float32))
        return Slots(rows * keys + columns, weights, scores)

    def read(self, slots: Slots) -> Tensor:
        """The (N, V) weighted sums of the slots' values, without a tensor of (N, H, k, V)."""
        weights = slots.weights.flatten(1).to(self.values.dtype)
        return F.embedding_bag(
            slots.indices.flatten(1), self.values, mode="sum", per_sample_weights=weights, sparse=self.sparse
        )

    def forward(self, tokens: Tensor) -> Tensor:
        """(N, D) packed tokens to (N, V)."""
        slots = self.lookup(self.queries(tokens))
        if self.tape is not None:
            self.tape.note_slots(slots)
        return self.read(slots)


def _candidates(keys: int, knn: int) -> tuple[Tensor, Tensor]:
    """The ranks (from 0) in the two halves of the pairs that can be among the `knn` best."""
    ranks = torch.arange(1, min(knn, keys) + 1, device="cpu")  # also where weights are only counted, on no device
    first, second = torch.nonzero(ranks[:, None] * ranks <= knn, as_tuple=True)
    return first, second
