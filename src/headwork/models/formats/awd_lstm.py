"""AWD-LSTM as fastai saves it: a language model, or its encoder alone, in a file of torch (`*.pth`).

A file of a learner holds the weights as `model` beside the state of the optimiser, `opt`, which is not read. It says
nothing of the architecture but by the shapes of its tensors. Whose row a word has is said by another file
(`headwork.data.pickled_words`).

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

LAYER = re.compile(r"(?:module\.)?(?:0\.)?rnns\.(\d{1,3})\.")
MOST_LAYERS = 100


class Weights(NamedTuple):
    """What a file holds: the shape of the network, by the names of its settings, and its tensors by ours."""

    shape: dict[str, int | str]
    vocabulary: int
    tensors: dict[str, Tensor]


def read(path: Path) -> Weights:
    """HeadworkError names the tensor that is missing, left over or wrongly shaped."""
    found = read_pickled(path, within="model")
    for name, tensor in found.items():
        if not tensor.is_floating_point() and not name.endswith(DROPPABLE):
            raise HeadworkError(f"{path}: tensor {name!r} is of type {tensor.dtype}, expected floating point; {AGAIN}")
    layers = 1 + max((int(match[1]) for name in found if (match := LAYER.match(name))), default=-1)
    if not 1 <= layers <= MOST_LAYERS:
        raise HeadworkError(f"{path}: {layers} layers of LSTM; expected 1 to {MOST_LAYERS}; {AGAIN}")
    decodes = any(name.removeprefix("module.").startswith("1.decoder.") for name in found)
    tensors = convert(found, table(layers, decodes=decodes), str(path))
    embedded, recurrent = tensors["table.weight"], tensors["layers.0.weight_hh_l0"]
    if embedded.dim() != 2 or recurrent.dim() != 2 or not embedded.numel() or not recurrent.numel():
        raise HeadworkError(
            f"{path}: embeddings of shape {tuple(embedded.shape)} and recurrent weights of "
            f"{tuple(recurrent.shape)}; {AGAIN}"
        )
    if not decodes:  # an encoder alone foretells by its table
        tensors["head.bias"] = embedded.new_zeros(len(embedded))
    shape = {"dim": embedded.shape[1], "hidden": recurrent.shape[1], "layers": layers, "ends": "narrow"}
    with torch.device("meta"):
        network = LanguageLstm(LanguageLstmConfig(**shape), vocabulary=len(embedded))
    check_shapes(tensors, {name: tuple(own.shape) for name, own in own_tensors(network).items()}, str(path))
    return Weights(shape, len(embedded), {name: tensor.float() for name, tensor in tensors.items()})


def write(tensors: dict[str, Tensor], layers: int, path: Path) -> None:
    """The tensors of a language model, by our names, as `load` of a fastai learner takes them."""
    names = table(layers, decodes=True)
    published = publish(tensors, names, prefixed=True)
    for name, target in names.tied.items():
        published[("0." if name.startswith(names.own) else "") + name] = tensors[target]
    write_pickled(published, path)


DROPPABLE = ".module.weight_hh_l0"
"""in older files: what a layer last ran with, its weights perhaps dropped; `_raw` are the weights themselves"""


def table(layers: int, *, decodes: bool) -> Table:
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
        prefix="0.",
        own=("encoder.", "encoder_dp.", "rnns."),
        body=body,
        heads={},
        tied={"encoder_dp.emb.weight": "table.weight", "1.decoder.weight": "table.weight"},
        constant=(DROPPABLE,),
    )
