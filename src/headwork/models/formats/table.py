"""How a published file's tensors become those of headwork, and back: a table of names, and two ways to read it.

A table names every tensor of every layer and head, so that what is missing, wrongly shaped or left over is found by its
name and nothing is dropped in silence.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn

from headwork.base.errors import HeadworkError
from headwork.layers.transformer import Activation, CoreConfig

Published = Literal["relu", "gelu", "gelu_new", "gelu_pytorch_tanh", "quick_gelu"]
"""an activation in the words of config.json"""
ACTIVATIONS: dict[Published, Activation] = {
    "relu": "relu",
    "gelu": "gelu",
    "gelu_new": "gelu_tanh",
    "gelu_pytorch_tanh": "gelu_tanh",
    "quick_gelu": "quick_gelu",
}


def published_name(activation: Activation) -> Published:
    """The first name under which an activation is published; ValueError where there is none."""
    names: list[Published] = [name for name, ours in ACTIVATIONS.items() if ours == activation]
    if not names:
        raise ValueError(f"no published name for the activation {activation}")
    return names[0]


class Layout(NamedTuple):
    """A tensor of the file whose numbers ours holds in another arrangement."""

    shape: tuple[int, ...]
    """in the file"""
    read: Callable[[Tensor], Tensor]
    write: Callable[[Tensor], Tensor]


class Rename(NamedTuple):
    """Tensors of the file, each transposed where the file keeps it so, one below the other make one of ours."""

    sources: tuple[str, ...]
    target: str
    transposed: bool = False
    layout: Layout | None = None
    """of each source, where it is more than transposed"""

    def read(self, tensors: Mapping[str, Tensor]) -> Tensor:
        parts = [self._read(tensors[source]) for source in self.sources]
        return parts[0] if len(parts) == 1 else torch.cat(parts)

    def write(self, tensor: Tensor) -> Iterator[tuple[str, Tensor]]:
        parts = (tensor,) if len(self.sources) == 1 else tensor.chunk(len(self.sources))
        for source, part in zip(self.sources, parts, strict=True):
            if self.layout is not None:
                yield source, self.layout.write(part)
            else:
                yield source, part.T if self.transposed else part

    def _read(self, tensor: Tensor) -> Tensor:
        if self.layout is not None:
            return self.layout.read(tensor)
        return tensor.T if self.transposed else tensor


class Table(NamedTuple):
    """One family's file."""

    prefix: str
    """before the names of what belongs to the encoder, in files that also hold heads; the table leaves it out"""
    own: tuple[str, ...]
    """beginnings of the names that the prefix stands before"""
    body: list[Rename]
    heads: dict[str, list[Rename]]
    """by the name of a head: its tensors, of which a file has all or none; the first that fits is written"""
    tied: dict[str, str]
    """names under which some files repeat a tensor of ours"""
    constant: tuple[str, ...] = ()
    """endings of the names of constant buffers, which some files hold and no model needs"""
    unused: tuple[str, ...] = ()
    """beginnings of the names of what the authors' training alone used"""
    unread: tuple[tuple[str, str], ...] = ()
    """beginnings of the names of what headwork does not read, and what that is"""

    def spelt(self, name: str) -> str:
        """A tensor's name in any of the published spellings to that of the table.

        Files made from TensorFlow checkpoints call a norm's weight gamma and its bias beta; those of wrapped models
        begin with `module.`
        """
        name = name.removeprefix("module.").removeprefix(self.prefix)
        return name.replace("LayerNorm.gamma", "LayerNorm.weight").replace("LayerNorm.beta", "LayerNorm.bias")

    def present(self, names: set[str]) -> list[Rename]:
        """The body's renames and those of the heads of which a file has any tensor."""
        heads = [group for group in self.heads.values() if names & {s for rename in group for s in rename.sources}]
        return [*self.body, *(rename for group in heads for rename in group)]


def weight(source: str, target: str) -> Rename:
    return Rename((f"{source}.weight",), f"{target}.weight")


def weight_and_bias(sources: str, target: str, *, transposed: bool = False) -> list[Rename]:
    """Both tensors of a linear layer or a norm; `sources` that we keep as one layer are separated by spaces."""
    return [
        Rename(tuple(f"{source}.weight" for source in sources.split()), f"{target}.weight", transposed),
        Rename(tuple(f"{source}.bias" for source in sources.split()), f"{target}.bias"),
    ]


AGAIN = "is it the file of another model, or damaged?"
MOST = {
    "vocabulary": 10**8, "positions": 10**8, "ff": 10**7, "dim": 10**6, "embedding_dim": 10**6, "heads": 10**4,
    "layers": 10**3,
}  # fmt: skip
"""sizes far beyond any published one, checked before anything of that size is made"""


def checked_sizes(core: CoreConfig) -> CoreConfig:
    """The settings themselves; ValueError where one of their sizes is none."""
    for name, most in MOST.items():
        size = getattr(core, name)
        if name == "vocabulary" and core.patches is not None:
            continue
        if size is not None and not 0 < size <= most:
            raise ValueError(f"{name} is {size:,} there; expected 1 to {most:,}")
    if not 0 <= core.eps < 1:
        raise ValueError(f"eps is {core.eps} there; expected 0 to 1")
    return core


def convert(tensors: Mapping[str, Tensor], table: Table, where: str) -> dict[str, Tensor]:
    """Our tensors from a file's; `where` begins every error."""
    left = {table.spelt(name): tensor for name, tensor in tensors.items()}
    if len(left) < len(tensors):
        raise HeadworkError(f"{where}: two of its tensors have one name in two spellings; {AGAIN}")
    converted = {}
    for rename in table.present(set(left)):
        for source in rename.sources:
            if source not in left:
                raise HeadworkError(f"{where}: tensor {source!r} is missing; {AGAIN}")
            if rename.layout is not None and left[source].shape != rename.layout.shape:
                found, expected = tuple(left[source].shape), rename.layout.shape
                raise HeadworkError(f"{where}: tensor {source!r} has shape {found}, expected {expected}; {AGAIN}")
        try:
            converted[rename.target] = rename.read(left)
        except (RuntimeError, IndexError) as error:
            raise HeadworkError(f"{where}: tensor {rename.sources[0]!r} does not fit its fellows; {AGAIN}") from error
        for source in rename.sources:
            del left[source]
    for name, target in table.tied.items():
        if name in left and not (target in converted and torch.equal(left.pop(name), converted[target])):
            raise HeadworkError(f"{where}: tensor {name!r} differs from what it should repeat ({target}); {AGAIN}")
    for name in left:
        for beginning, what in table.unread:
            if name.startswith(beginning):
                raise HeadworkError(f"{where}: tensor {name!r} is of {what}, which headwork does not read")
        if not name.endswith(table.constant or "\0") and not name.startswith(table.unused or "\0"):
            raise HeadworkError(f"{where}: tensor {name!r} has no place in the model; {AGAIN}")
    return converted


def check_shapes(tensors: Mapping[str, Tensor], expected: Mapping[str, tuple[int, ...]], where: str) -> None:
    """Refuse a tensor of ours that the model lacks, that is missing or that is wrongly shaped."""
    for name in tensors:
        if name not in expected:
            raise HeadworkError(f"{where}: what gives {name!r} has no place in this model; {AGAIN}")
    for name, shape in expected.items():
        found = tuple(tensors[name].shape) if name in tensors else None
        if found is None:
            raise HeadworkError(f"{where}: nothing gives {name!r}, {shape}; {AGAIN}")
        if found != shape:
            raise HeadworkError(f"{where}: {name!r} would have shape {found}, expected {shape}; {AGAIN}")


def fill(model: nn.Module, tensors: Mapping[str, Tensor], where: str) -> None:
    """Give a model, which may be on meta, its tensors in fp32; HeadworkError names what does not fit."""
    check_shapes(tensors, {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}, where)
    model.load_state_dict({name: tensor.float() for name, tensor in tensors.items()}, assign=True)


def publish(tensors: Mapping[str, Tensor], table: Table, *, prefixed: bool) -> dict[str, Tensor]:
    """A file's tensors from ours, each of which has its place in the table."""
    left, published = dict(tensors), {}
    for group in (table.body, *table.heads.values()):
        if all(rename.target in left for rename in group):
            for rename in group:
                published |= dict(rename.write(left.pop(rename.target)))
    if left:
        raise ValueError(f"no place in a published file for {min(left)}")
    prefix = table.prefix if prefixed else ""
    return {
        (prefix if name.startswith(table.own) else "") + name: tensor.contiguous() for name, tensor in published.items()
    }
