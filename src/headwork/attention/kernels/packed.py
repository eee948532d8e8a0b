"""Attention within each text of a packed batch.

    runs       neighbouring texts of one length are computed together, so that nothing is padded and no mask is needed
    segments   one query for each text: a softmax over segments of unequal length, without any loop
    padded     short texts of many lengths in one rectangle, where a call for each length would cost more than padding

Axes: N queries and M keys of all texts together, B texts of one run, H heads, Q queries and K keys of a text,
d and e widths of a head.
"""

from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

import torch
from torch import Tensor

from headwork.attention.kernels.base import Kernel, Rectangles, Request, no_obstacle
from headwork.attention.kernels.fused import product_of
from headwork.attention.layout import Packed, Padded
from headwork.attention.mechanism import Mechanism
from headwork.attention.mix import WeightedSum
from headwork.attention.normalisers import Softmax
from headwork.attention.scores import ProductScore
from headwork.attention.where import Where
from headwork.ops.packed import pad, segment_softmax, unpad, weighted_sum


class Texts(NamedTuple):
    """Neighbouring texts of one shape."""

    first: int
    count: int
    queries: int
    keys: int


def runs_of(layout: Packed) -> Iterator[Texts]:
    """All texts in their order; those without queries or without keys too."""
    first = 0
    for (queries, keys), same in groupby(layout.lengths):
        count = len(list(same))
        yield Texts(first, count, queries, keys)
        first += count


def runs(
    mechanism: Mechanism,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    layout: Packed,
    inner: Rectangles,
) -> Tensor:
    """(N, H, d), (M, H, d), (M, H, e) to (N, H, e)."""
    same = list(runs_of(layout))
    # Splitting, not slicing: its gradient is one concatenation.
    queries = query.split([run.count * run.queries for run in same])
    keys, values = (x.split([run.count * run.keys for run in same]) for x in (key, value))
    mechanism = mechanism.up_to(max(max(run.queries, run.keys) for run in same))
    scale, mixed = mechanism.score.scale(query.shape[-1]), []
    for run, q, k, v in zip(same, queries, keys, values, strict=True):
        if not run.queries:
            continue
        if not run.keys:
            mixed.append(q.new_zeros(len(q), *value.shape[1:]))
            continue
        q, k, v = (x.unflatten(0, (run.count, -1)).transpose(1, 2) for x in (q, k, v))
        part = inner(mechanism, v, Where.of(q, k, run.first, scale), None)
        mixed.append(part.transpose(1, 2).flatten(0, 1))
    return torch.cat(mixed) if mixed else query.new_zeros(0, *value.shape[1:])


def padded(
    mechanism: Mechanism, query: Tensor, key: Tensor, value: Tensor, layout: Packed, inner: Rectangles
) -> Tensor:
    """(N, H, d), (M, H, d), (M, H, e) to (N, H, e)."""
    lengths = Padded(layout.keys, layout.queries)
    queries = layout.keys if layout.queries is None else layout.queries
    q = pad(query, queries).transpose(1, 2)
    k, v = (pad(x, layout.keys).transpose(1, 2) for x in (key, value))
    where = lengths.where(q, k, mechanism.score.scale(query.shape[-1]))
    return unpad(inner(mechanism, v, where, lengths.present(where)).transpose(1, 2), queries)


def segments(mechanism: Mechanism, query: Tensor, key: Tensor, value: Tensor, layout: Packed) -> Tensor:
    """(B, H, d), (M, H, d), (M, H, e) to (B, H, e): plain softmax over the keys of each text."""
    shares = segment_shares(mechanism, query, key, layout)
    return weighted_sum(shares, value, layout.keys)


def segment_shares(mechanism: Mechanism, query: Tensor, key: Tensor, layout: Packed) -> Tensor:
    """(M, H) weights of the keys in their texts."""
    heads_first = (x.transpose(0, 1)[None] for x in (query, key))
    left, right = (x[0].transpose(0, 1) for x in product_of(mechanism, *heads_first))
    counts = torch.tensor(layout.keys, device=query.device, dtype=torch.int64)
    scores = (left.repeat_interleave(counts, dim=0) * right).sum(-1)
    return segment_softmax(scores, layout.keys)


def _segments_obstacle(mechanism: Mechanism, request: Request) -> str:
    if not request.one_query:
        return "more than one query in a text"
    if not isinstance(mechanism.normaliser, Softmax) or not isinstance(mechanism.mix, WeightedSum):
        return "not a softmax with a plain sum"
    if not isinstance(mechanism.score, ProductScore) or mechanism.dropout:
        return "the score is no product, or weights are dropped"
    parts = mechanism.parts
    plain = parts.exact_band and parts.band() == (None, None)
    return "" if plain and not any(parts.does(name) for name in ("turn", "bias", "factor")) else "a scope or position"


SEGMENTS = Kernel(
    name="segments",
    does="a softmax over segments",
    obstacle=_segments_obstacle,
    worth=lambda mechanism, request: request.one_query,
    extra_bytes=lambda mechanism, request: 2 * request.pair_bytes,
)
SMALL_RUN = 1 << 14
"""pairs of a run below which starting a kernel takes longer than computing it"""
FULL = 0.3
"""share of a rectangle that real pairs must fill"""


def _is_ragged(mechanism: Mechanism, request: Request) -> bool:
    """Many small runs, which fill a rectangle well."""
    small = request.runs > 4 and request.pairs < SMALL_RUN * request.runs
    return small and request.pairs > FULL * request.texts * request.queries * request.keys


PADDED = Kernel(
    name="padded",
    does="short texts in one rectangle",
    obstacle=no_obstacle,
    worth=_is_ragged,
    extra_bytes=lambda mechanism, request: 3 * request.pair_bytes,
)
RUNS = Kernel(
    name="runs",
    does="texts of one length together",
    obstacle=no_obstacle,
    worth=lambda mechanism, request: True,
    extra_bytes=lambda mechanism, request: 0,
)
