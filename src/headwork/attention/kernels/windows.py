"""Attention within a band, by chunks: each chunk of queries meets its own keys and those of its neighbours.

With a band of half-width w, chunks of w queries see at most 3 w keys, so that time and memory grow with K w, not K^2.
What a chunk computes is attention again, dense or fused, with the mask of its own rectangle: any mechanism whose parts
judge each pair for itself works unchanged.

Axes: B texts, H heads, Q queries, K keys, C chunks of w places, S = 2 w or 3 w keys of a chunk, d width of a head.
"""

from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional as F

from headwork.attention.kernels.base import Kernel, Rectangles, Request
from headwork.attention.mechanism import Mechanism, leaves
from headwork.attention.where import Where

WORTH_FROM = 4
"""half-widths of the band that a text must hold"""


def run(inner: Rectangles, mechanism: Mechanism, value: Tensor, where: Where, present: Tensor | None) -> Tensor:
    """`inner` computes the chunks; all texts have their queries aligned alike (the planner sees to it)."""
    back, ahead = (end or 0 for end in mechanism.parts.band())
    size, (queries, keys) = max(back, ahead, 1), (where.query.shape[2], where.key.shape[2])
    frame = -(-max(queries, keys) // size) * size
    # Queries and keys are put into one frame in which a query and the key at its place have the same number.
    last = max(queries, keys)
    before = {"queries": last - queries, "keys": last - keys}
    sides = [-1] * (back > 0) + [0] + [1] * (ahead > 0)

    def framed(x: Tensor, start: int) -> Tensor:
        """(B, H, L, d) to (B, H, C, w, d)."""
        return F.pad(x, (0, 0, start, frame - start - x.shape[2])).unflatten(2, (-1, size))

    def beside(x: Tensor, start: int) -> Tensor:
        """(B, H, L, d) to (B, H, C, S, d): each chunk and its neighbours."""
        return _Beside.apply(framed(x, start), sides)

    def folded(x: Tensor) -> Tensor:
        """(B, H, C, L, d) to (B C, H, L, d)."""
        return x.transpose(1, 2).flatten(0, 1)

    device, texts, chunks = value.device, len(value), frame // size
    start = torch.arange(chunks, device=device).repeat(texts)[:, None, None, None] * size
    i = start + torch.arange(size, device=device)[:, None] - before["keys"]
    first = start + sides[0] * size
    j = first + torch.arange(len(sides) * size, device=device) - before["keys"]
    step = i + (before["keys"] - before["queries"])
    many_keys = where.keys if isinstance(where.keys, int) else where.keys.repeat_interleave(chunks, 0)
    query, key = folded(framed(where.query, before["queries"])), folded(beside(where.key, before["keys"]))
    chunk = Where(query, key, i, step, j, many_keys, where.texts.repeat_interleave(chunks), where.scale)
    real = (j >= 0) & (j < many_keys) & (step >= 0) & (step < queries)
    if present is not None:
        real = real & _of_queries(present, chunk, chunks)
    mixed = inner(mechanism, folded(beside(value, before["keys"])), chunk, real)
    mixed = mixed.unflatten(0, (texts, chunks)).transpose(1, 2).flatten(2, 3)
    return mixed[:, :, before["queries"] : before["queries"] + queries]


class _Beside(torch.autograd.Function):
    """(B, H, C, w, d) to (B, H, C, S, d): each chunk between its neighbours, zeros beyond the ends.

    Cut and joined by slices, each slice would fill a whole gradient with zeros; here there is one for all.
    """

    @staticmethod
    def forward(ctx, chunks: Tensor, sides: list[int]) -> Tensor:
        ctx.sides = sides
        around = F.pad(chunks, (0, 0, 0, 0, 1, 1))
        many = chunks.shape[2]
        return torch.cat([around[:, :, 1 + side : 1 + side + many] for side in sides], dim=3)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, None]:
        parts = gradient.chunk(len(ctx.sides), dim=3)
        total = parts[ctx.sides.index(0)].clone()
        for side, part in zip(ctx.sides, parts, strict=True):
            if side == -1:
                total[:, :, :-1] += part[:, :, 1:]
            elif side == 1:
                total[:, :, 1:] += part[:, :, :-1]
        return total, None


def _of_queries(present: Tensor, chunk: Where, chunks: int) -> Tensor:
    """(B C, 1, w, 1): is there a query? Keys behind the end of a text are masked by their number already."""
    there = present.any(-1).repeat_interleave(chunks, 0)
    places = chunk.step.clamp(0, there.shape[-1] - 1).squeeze(-1)
    return there.gather(-1, places).unsqueeze(-1)


def chunk_request(mechanism: Mechanism, request: Request) -> Request:
    """What each chunk asks of the inner kernel."""
    back, ahead = (end or 0 for end in mechanism.parts.band())
    size = max(back, ahead, 1)
    chunks = -(-max(request.queries, request.keys) // size)
    keys = size * (1 + (back > 0) + (ahead > 0))
    return replace(request, texts=request.texts * chunks, queries=size, keys=keys, layout="chunks")


def obstacle(mechanism: Mechanism, request: Request) -> str:
    if None in mechanism.parts.band():
        return "the scope is no band with two ends"
    if request.layout == "across":
        return "queries and keys are aligned differently in each text"
    whole = [type(part).__name__ for part in leaves(mechanism.parts) if part.whole_keys]
    return f"{whole[0]} judges all keys of a text together" if whole else ""


def worth(mechanism: Mechanism, request: Request) -> bool:
    back, ahead = mechanism.parts.band()
    return back is not None and ahead is not None and request.keys >= WORTH_FROM * max(back, ahead, 1)


def extra_bytes(mechanism: Mechanism, request: Request) -> int:
    """The chunks with their neighbours; what the inner kernel needs comes on top."""
    chunk = chunk_request(mechanism, request)
    return chunk.texts * chunk.heads * chunk.keys * (chunk.width + chunk.value_width) * chunk.dtype.itemsize


KERNEL = Kernel(
    name="windows", does="chunks with their neighbours", obstacle=obstacle, worth=worth, extra_bytes=extra_bytes
)
