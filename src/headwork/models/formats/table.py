"""How a published file's tensors become a core's: a table of names, and one way to read by it.

A table names every tensor of every layer, so that what is missing, wrongly shaped or left over is found by its name
and nothing is dropped in silence.
"""

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from headwork.base.errors import HeadworkError
from headwork.layers.transformer import Activation

Published = Literal["relu", "gelu", "gelu_new", "gelu_pytorch_tanh", "quick_gelu"]
"""an activation in the words of config.json"""
ACTIVATIONS: dict[Published, Activation] = {
    "relu": "relu",
    "gelu": "gelu",
    "gelu_new": "gelu_tanh",
    "gelu_pytorch_tanh": "gelu_tanh",
    "quick_gelu": "quick_gelu",
}


class Rename(NamedTuple):
    """Tensors of the file, each transposed where the file keeps it so, one below the other make one of the core."""

    sources: tuple[str, ...]
    target: str
    transposed: bool = False


class Table(NamedTuple):
    """How one family's file is read."""

    renames: list[Rename]
    left_out: tuple[str, ...]
    """beginnings of the names that a core has no use for: heads, poolers, constant buffers"""
    spelling: Callable[[str], str]
    """a tensor's name in any of the family's published spellings to that of the table"""


def weight(source: str, target: str) -> Rename:
    return Rename((f"{source}.weight",), f"{target}.weight")


def weight_and_bias(sources: str, target: str, *, transposed: bool = False) -> list[Rename]:
    """Both tensors of a linear layer or a norm; `sources` that the core keeps as one layer are separated by spaces."""
    return [
        Rename(tuple(f"{source}.weight" for source in sources.split()), f"{target}.weight", transposed),
        Rename(tuple(f"{source}.bias" for source in sources.split()), f"{target}.bias"),
    ]


def convert(
    tensors: Mapping[str, Tensor], table: Table, shapes: Mapping[str, torch.Size], where: str
) -> dict[str, Tensor]:
    """The core's tensors from a file's; `shapes` are those of the core's state, `where` begins every error."""
    again = "is it the file of another model, or damaged?"
    named = {table.spelling(name): tensor for name, tensor in tensors.items()}
    left = {name: tensor for name, tensor in named.items() if not name.startswith(table.left_out)}
    converted = {}
    for sources, target, transposed in table.renames:
        for source in sources:
            if source not in left:
                raise HeadworkError(f"{where}: tensor {source!r} is missing; {again}")
        parts = [left.pop(source) for source in sources]
        whole = torch.cat([part.T if transposed else part for part in parts])
        if whole.shape != shapes[target]:
            found, expected = tuple(whole.shape), tuple(shapes[target])
            raise HeadworkError(f"{where}: tensor {sources[0]!r} gives shape {found}, expected {expected}; {again}")
        converted[target] = whole
    if left:
        raise HeadworkError(f"{where}: tensor {min(left)!r} has no place in the model; {again}")
    return converted
