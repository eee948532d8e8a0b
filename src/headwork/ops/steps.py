"""Packed texts laid out step by step, for recurrence: first tokens of all texts, then their second tokens, …

The longest text comes first, so that the texts that reach step t are the first `sizes[t]` of those at step t - 1; each
step then is one dense product, and no step computes on padding.

Axes: N tokens of all texts together, T steps (tokens of the longest text), H width; a leading 2 stands for the
directions, forward and backward.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor


class Steps(NamedTuple):
    """`places`: (2, N) which packed token each row is, read forward and backward; `sizes`: texts at each step."""

    places: Tensor
    sizes: tuple[int, ...]


def steps_of(lengths: Sequence[int], device: torch.device | str = "cpu") -> Steps:
    """The layout of texts of these lengths, of which one at least is not 0."""
    counts = torch.tensor(lengths)
    ends = counts.cumsum(0)
    falling = counts.sort(descending=True, stable=True)
    reached = torch.arange(max(lengths))[:, None] < falling.values
    step, rank = reached.nonzero(as_tuple=True)
    text = falling.indices[rank]
    places = torch.stack([(ends - counts)[text] + step, ends[text] - 1 - step])
    return Steps(places.to(device), tuple(reached.sum(1).tolist()))


def one_step_before(rows: Tensor, sizes: Sequence[int]) -> Tensor:
    """(2, N, H) rows to the rows of the same texts one step before; zeros at the first step."""
    counts = torch.tensor(sizes)
    places = torch.arange(sizes[0], rows.shape[1]) - torch.repeat_interleave(counts[:-1], counts[1:])
    return torch.cat([torch.zeros_like(rows[:, : sizes[0]]), rows[:, places.to(rows.device)]], dim=1)
