"""What a kernel is: a lowering of the dense form, with what stands in its way and when it is worth taking.

Axes: B texts, H heads, Q queries, K keys, d and e widths of a head.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from headwork.attention.mechanism import Mechanism
from headwork.attention.where import Where

Rectangles = Callable[[Mechanism, Tensor, Where, Tensor | None], Tensor]
"""(mechanism, value, where, present) to (B, H, Q, e)"""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What is known of a call before it runs."""

    texts: int = 1
    heads: int
    queries: int
    keys: int
    width: int
    value_width: int
    dtype: torch.dtype = torch.float32
    device: str = "cpu"
    trains: bool = False
    """will gradients be asked of it"""
    layout: Literal["whole", "padded", "across", "chunks", "packed"] = "whole"
    """across: padded, with queries and keys of different lengths in a text; chunks: of a band"""
    one_query: bool = False
    """packed, with one query for each text"""
    runs: int = 1
    """packed: neighbouring texts of one shape count as one run"""
    pairs: int = 0
    """packed: pairs of a query and a key of one text, all texts together"""
    twice: bool = False
    """will gradients of gradients be asked of it; a call cannot know, so this is for whoever asks the planner"""

    @property
    def pair_bytes(self) -> int:
        """One number for each pair of a query and a key."""
        return self.texts * self.heads * self.queries * self.keys * self.dtype.itemsize


@dataclass(frozen=True, kw_only=True)
class Kernel:
    name: str
    does: str
    """what it does, in a few words"""
    obstacle: Callable[[Mechanism, Request], str]
    """why it cannot serve, or nothing"""
    worth: Callable[[Mechanism, Request], bool]
    """would it be the fastest, if it can serve"""
    extra_bytes: Callable[[Mechanism, Request], int]
    """held beside queries, keys, values and output"""


def no_obstacle(mechanism: Mechanism, request: Request) -> str:
    return ""
