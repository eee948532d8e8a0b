"""AWD-LSTM as fastai saves it: a language model, its encoder alone, or a classifier, in a file of torch (`*.pth`).

A file of a learner holds the weights as `model` beside the state of the optimiser, `opt`, which is not read. It says
nothing of the architecture but by the shapes of its tensors. Whose row a word has is said by another file
(`headwork.data.pickled_words`). What a classifier has above the states is `headwork.models.ulmfit`; since fastai 2 its
linear layers have no bias, for a norm stands before each.

Howard and Ruder 2018, "Universal language model fine-tuning for text classification".
"""

import re
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from headwork.base.errors import HeadworkError
from headwork.models.formats.files import read_pickled, write_pickled
from headwork.models.formats.table import AGAIN, Rename, Table, check_shapes, convert, publish
from headwork.models.language_lstm import LanguageLstm, LanguageLstmConfig
from headwork.models.stored import own_tensors
from headwork.models.ulmfit import Ulmfit, UlmfitConfig

LAYER = re.compile(r"(?:module\.)?(?:0\.)?(?:module\.)?rnns\.(\d{1,3})\.")
MOST_LAYERS = 100
BLOCKS = ("first", "second")


class Weights(NamedTuple):
    """What a file holds: the shape of the network, by the names of its settings, and its tensors by ours."""

    shape: dict[str, int | str]
    vocabulary: int
    tensors: dict[str, Tensor]
    """of the language model"""
    head: dict[str, Tensor]
    """of what a classifier has above its states; else empty"""

    @property
    def units(self) -> int:
        """Between the blocks of the head."""
        return len(self.head["first.linear.weight"])

    @property
    def classes(self) -> int:
        return len(self.head["second.linear.weight"])


def read(path: Path) -> Weights:
    """HeadworkError names the tensor that is missing, left over or wrongly shaped."""
    found = read_pickled(path, within="model")
    for name, tensor in found.items():
        if not tensor.is_floating_point() and not name.endswith(DROPPABLE):
            raise HeadworkError(f"{path}: tensor {name!r} is of type {tensor.dtype}, expected floating point; {AGAIN}")
    layers = 1 + max((int(match[1]) for name in found if (match := LAYER.match(name))), default=-1)
    if not 1 <= layers <= MOST_LAYERS:
        raise HeadworkError(f"{path}: {layers} layers of LSTM; expected 1 to {MOST_LAYERS}; {AGAIN}")
    behind = {name.removeprefix("module.").split(".")[1] for name in found if re.match(r"(module\.)?1\.", name)}
    classifies = "layers" in behind
    names = table(layers, decodes="decoder" in behind and not classifies, classifies=classifies)
    tensors = convert(found, names, str(path))
    head = {name: tensors.pop(name) for name in list(tensors) if name.startswith(BLOCKS)}
    embedded, recurrent = tensors["table.weight"], tensors["layers.0.weight_hh_l0"]
    if embedded.dim() != 2 or recurrent.dim() != 2 or not embedded.numel() or not recurrent.numel():
        raise HeadworkError(
            f"{path}: embeddings of shape {tuple(embedded.shape)} and recurrent weights of "
            f"{tuple(recurrent.shape)}; {AGAIN}"
        )
    tensors.setdefault("head.bias", embedded.new_zeros(len(embedded)))  # an encoder alone foretells by its table
    shape = {"dim": embedded.shape[1], "hidden": recurrent.shape[1], "layers": layers, "ends": "narrow"}
    with torch.device("meta"):
        network = LanguageLstm(LanguageLstmConfig(**shape), vocabulary=len(embedded))
    check_shapes(tensors, {name: tuple(own.shape) for name, own in own_tensors(network).items()}, str(path))
    if head:
        _check_head(head, shape, str(path))
    return Weights(shape, len(embedded), *({name: part.float() for name, part in of.items()} for of in (tensors, head)))


def _check_head(head: dict[str, Tensor], shape: dict[str, int | str], where: str) -> None:
    """Refuse what does not fit; biases that are not there are added, as zeros."""
    for block in BLOCKS:
        weight = head[f"{block}.linear.weight"]
        if weight.dim() != 2 or not weight.numel():
            raise HeadworkError(f"{where}: a linear layer of the classifier has shape {tuple(weight.shape)}; {AGAIN}")
        head.setdefault(f"{block}.linear.bias", weight.new_zeros(len(weight)))
    units, classes = (len(head[f"{block}.linear.weight"]) for block in BLOCKS)
    if classes < 2:
        raise HeadworkError(f"{where}: answers with one number; a classifier of 2 classes or more can be read")
    sizes = {name: size for name, size in shape.items() if name != "ends"}
    with torch.device("meta"):
        network = Ulmfit(UlmfitConfig(**sizes, units=units), vocabulary=1, classes=classes)  # pyright: ignore[reportArgumentType]
    own = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items() if name.startswith(BLOCKS)}
    check_shapes(head, {name: size for name, size in own.items() if not name.endswith(COUNT)}, where)


def write(tensors: dict[str, Tensor], layers: int, path: Path) -> None:
    """The tensors of a language model, by our names, as `load` of a fastai learner takes them."""
    names = table(layers, decodes=True, classifies=False)
    published = publish(tensors, names, prefixed=True)
    for name, target in names.tied.items():
        published[("0." if name.startswith(names.own) else "") + name] = tensors[target]
    write_pickled(published, path)


COUNT = ".num_batches_tracked"
DROPPABLE = (".module.weight_hh_l0", COUNT)
"""in older files what a layer last ran with, its weights perhaps dropped (`_raw` are the weights themselves); and how
many batches a norm has seen"""


def table(layers: int, *, decodes: bool, classifies: bool) -> Table:
    body = [Rename(("encoder.weight",), "table.weight")]
    for l in range(layers):
        body.append(Rename((f"rnns.{l}.weight_hh_l0_raw",), f"layers.{l}.weight_hh_l0"))
        body += [
            Rename((f"rnns.{l}.module.{name}",), f"layers.{l}.{name}")
            for name in ("weight_ih_l0", "bias_ih_l0", "bias_hh_l0")
        ]
    if decodes:
        body.append(Rename(("1.decoder.bias",), "head.bias"))
    return Table(
        prefix="0.module." if classifies else "0.",
        own=("encoder.", "encoder_dp.", "rnns."),
        body=body,
        heads={"classes": _head(nested=True), "classes, before fastai 2": _head(nested=False)} if classifies else {},
        tied={"encoder_dp.emb.weight": "table.weight", "1.decoder.weight": "table.weight"},
        constant=DROPPABLE,
    )


def _head(*, nested: bool) -> list[Rename]:
    """Two blocks of a norm, dropout and a linear layer, and what bends between them."""
    renames = []
    for place, block in enumerate(BLOCKS):
        norm, linear = (f"{place}.0", f"{place}.2") if nested else (f"{4 * place}", f"{4 * place + 2}")
        parts = [(norm, "norm", name) for name in ("weight", "bias", "running_mean", "running_var")]
        parts += [(linear, "linear", name) for name in (("weight",) if nested else ("weight", "bias"))]
        renames += [Rename((f"1.layers.{number}.{name}",), f"{block}.{part}.{name}") for number, part, name in parts]
    return renames
