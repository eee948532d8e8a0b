"""The one call of attention.

Axes: B texts, H heads, Q queries, K keys, d and e widths of a head; packed: N queries and M keys of all texts together.
"""

import warnings
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import torch
from torch import Tensor

from headwork.attention.kernels import buckets, dense, fused, linear, windows
from headwork.attention.kernels.base import Rectangles, Request
from headwork.attention.kernels.packed import PADDED, SEGMENTS, padded, runs, runs_of, segments
from headwork.attention.layout import Layout, Packed, Padded
from headwork.attention.mechanism import Mechanism
from headwork.attention.mix import Mix, WeightedSum
from headwork.attention.normalisers import Normaliser, Softmax
from headwork.attention.parts import Part
from headwork.attention.plan import CHUNKS, KERNELS, RECTANGLES, Plan, choose, choose_packed
from headwork.attention.scopes import Full
from headwork.attention.scores import ScaledDot, Score
from headwork.attention.where import Where
from headwork.base.errors import HeadworkError

if TYPE_CHECKING:
    from headwork.attention.record import Recorder


def attend(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    *,
    score: Score = ScaledDot(),
    position: tuple[Part, ...] = (),
    scope: Part = Full(),
    normaliser: Normaliser = Softmax(),
    dropout: float = 0.0,
    mix: Mix = WeightedSum(),
    layout: Layout | None = None,
    tape: "Recorder | None" = None,
    kernel: str = "auto",
) -> Tensor:
    """(B, H, Q, d), (B, H, K, d), (B, H, K, e) to (B, H, Q, e); packed: (N, H, d), (M, H, d), (M, H, e) to (N, H, e).

    Keys and values may have fewer heads, each then serving as many query heads (Ainslie et al. 2023). `dropout` drops
    weights and is given in training only. A query that may look at no key gets zeros.
    """
    mechanism = Mechanism(score, position, scope, normaliser, mix, dropout)
    return run(mechanism, query, key, value, layout=layout, tape=tape, kernel=kernel)


def run(
    mechanism: Mechanism,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    *,
    layout: Layout | None = None,
    tape: "Recorder | None" = None,
    kernel: str = "auto",
) -> Tensor:
    """`attend` with a mechanism that is already put together."""
    check(query, key, value, layout, kernel, one_width=not mechanism.score.learned)
    if key.shape[1] != query.shape[1]:
        shared = query.shape[1] // key.shape[1]
        key, value = key.repeat_interleave(shared, 1), value.repeat_interleave(shared, 1)
    if isinstance(layout, Packed):
        output = _packed(mechanism, query, key, value, layout, kernel)
    else:
        scale = mechanism.score.scale(query.shape[-1])
        where = layout.where(query, key, scale) if layout else Where.of(query, key, scale=scale)
        present = layout.present(where) if layout else None
        output = _rectangle(kernel, layout, mechanism, value, where, present)
    if tape is not None:
        tape.note(mechanism, query, key, value, layout, output)
    return output


def check(
    query: Tensor, key: Tensor, value: Tensor, layout: Layout | None, kernel: str, *, one_width: bool = False
) -> None:
    """Refuse shapes that do not fit each other, in one line. `one_width`: of queries and keys."""
    shapes = f"query {tuple(query.shape)}, key {tuple(key.shape)}, value {tuple(value.shape)}"
    dims = 3 if isinstance(layout, Packed) else 4
    axes = "(tokens, heads, width), as a packed layout has" if dims == 3 else "(texts, heads, places, width)"
    if not query.dim() == key.dim() == value.dim() == dims:
        raise HeadworkError(f"attend: expected {axes}; found {shapes}")
    if key.shape[:-1] != value.shape[:-1] or (dims == 4 and query.shape[0] != key.shape[0]):
        raise HeadworkError(f"attend: keys and values must agree in all but their width; found {shapes}")
    if one_width and query.shape[-1] != key.shape[-1]:
        raise HeadworkError(f"attend: this score compares queries and keys of one width; found {shapes}")
    if not key.shape[1] or query.shape[1] % key.shape[1]:
        raise HeadworkError(f"attend: heads of keys must divide those of queries; found {shapes}")
    if kernel != "auto" and kernel not in KERNELS:
        raise HeadworkError(f"attend: kernel {kernel!r}; expected auto or one of {', '.join(KERNELS)}")
    if layout is not None:
        layout.check(query, key)


def request_of(mechanism: Mechanism, query: Tensor, key: Tensor, value: Tensor, layout: Layout | None) -> Request:
    """What the planner may know of a call: shapes and kinds, no numbers."""
    if not isinstance(layout, Packed):
        kind = layout_kind(query, key, layout)
        return Request(
            texts=len(query),
            queries=query.shape[2],
            keys=key.shape[2],
            layout=kind,
            **_common(mechanism, query, key, value),
        )
    queries, keys = (max(lengths, default=0) for lengths in (zip(*layout.lengths, strict=True)))
    one_query = all(queries == 1 for queries, _ in layout.lengths)
    of_text = [queries * keys for queries, keys in layout.lengths]
    return Request(
        texts=len(layout.keys),
        queries=queries,
        keys=keys,
        layout="packed",
        one_query=one_query,
        runs=sum(1 for _ in runs_of(layout)),
        pairs=sum(of_text),
        **_common(mechanism, query, key, value),
    )


def _common(mechanism: Mechanism, query: Tensor, key: Tensor, value: Tensor) -> dict[str, Any]:
    trains = torch.is_grad_enabled() and (any(x.requires_grad for x in (query, key, value)) or mechanism.trains)
    return {
        "heads": query.shape[1],
        "width": query.shape[-1],
        "value_width": value.shape[-1],
        "dtype": query.dtype,
        "device": query.device.type,
        "trains": trains,
    }


def layout_kind(query: Tensor, key: Tensor, layout: Padded | None) -> Literal["whole", "padded", "across"]:
    if layout is None:
        return "whole"
    alike = layout.queries in (None, layout.keys) and query.shape[2] == key.shape[2]
    return "padded" if alike else "across"


def _packed(mechanism: Mechanism, query: Tensor, key: Tensor, value: Tensor, layout: Packed, kernel: str) -> Tensor:
    if not layout.keys:
        return query.new_zeros(0, *value.shape[1:])
    chosen = choose_packed(mechanism, request_of(mechanism, query, key, value, layout), kernel)
    if chosen.kernel == SEGMENTS.name:
        return segments(mechanism, query, key, value, layout)
    if kernel == SEGMENTS.name:
        _gives_way(chosen.reason, chosen)
    inner = kernel if kernel in RUN else "auto"
    if chosen.kernel == PADDED.name:
        return padded(
            mechanism, query, key, value, layout, partial(_rectangle, inner, Padded(layout.keys, layout.queries))
        )
    return runs(mechanism, query, key, value, layout, partial(_rectangle, inner, None))


def _rectangle(
    kernel: str, layout: Padded | None, mechanism: Mechanism, value: Tensor, where: Where, present: Tensor | None
) -> Tensor:
    """One score matrix for each text, by the kernel that the planner chooses."""
    chosen = choose(RECTANGLES, mechanism, request_of(mechanism, where.query, where.key, value, layout), kernel)
    if kernel not in ("auto", chosen.kernel):
        _gives_way(chosen.reason if kernel in RUN else f"not {kernel}: the texts are not packed", chosen)
    return RUN[chosen.kernel](mechanism, value, where, present)


def _gives_way(why: str, chosen: Plan) -> None:
    """Say that the kernel which was asked for by name cannot serve."""
    warnings.warn(f"attend: {why}; {chosen.kernel} is taken instead", stacklevel=5)


def _chunk(mechanism: Mechanism, value: Tensor, where: Where, present: Tensor | None) -> Tensor:
    """One chunk of a band and its neighbours."""
    request = replace(request_of(mechanism, where.query, where.key, value, None), layout="chunks")
    return RUN[choose(CHUNKS, mechanism, request).kernel](mechanism, value, where, present)


RUN: dict[str, Rectangles] = {
    "dense": dense.run,
    "fused": fused.run,
    "linear": linear.run,
    "buckets": buckets.run,
    "windows": partial(windows.run, _chunk),
}
