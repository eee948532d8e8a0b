"""BertSum as PreSumm saves it: the extractive model, in a file of torch (`model_step_*.pt`).

    bert.model.*     BERT's own names; its pooler stands there and is not used
    ext_layer.*      the layers over sentences; the norm before the first attention stands there and is not used, and
                     pos_emb.pe holds sinusoids

The file keeps the weights as `model` beside the options of the run, `opt`, and the optimisers, `optim` or `optims`. The
heads of the layers over sentences are told by the options, those of BERT by BERT's config.json.

Liu and Lapata 2019, "Text summarization with pretrained encoders".
"""

import re
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import torch
from torch import Tensor

from headwork.attention.positions import sinusoids
from headwork.base.errors import HeadworkError
from headwork.layers.transformer import CoreConfig
from headwork.models.bertsum import BertSum, BertSumConfig
from headwork.models.formats import bert
from headwork.models.formats.files import read_beside_objects
from headwork.models.formats.table import AGAIN, Rename, Table, check_shapes, convert, publish, weight_and_bias
from headwork.models.pretrained import own_settings

LAYER = re.compile(r"ext_layer\.transformer_inter\.(\d{1,3})\.")
PLACES = "ext_layer.pos_emb.pe"
NEAR = 1e-5
"""how far sinusoids of a file may be from ours: they are kept in single precision"""
HEADS = 8
"""of the layers over sentences, where the options do not say it"""


class Weights(NamedTuple):
    """What a file holds: the settings of the layers over sentences, those of BERT, and the tensors by our names."""

    settings: dict[str, Any]
    core: CoreConfig
    tensors: dict[str, Tensor]


def read(path: Path, settings: bert.Settings) -> Weights:
    """HeadworkError names the tensor that is missing, left over or wrongly shaped; `settings` are BERT's."""
    found, options = read_beside_objects(path, within="model", beside="opt")
    beginnings = ("bert.model.", "ext_layer.")
    if not all(any(name.startswith(each) for name in found) for each in beginnings):
        raise HeadworkError(
            f"{path}: no tensors of {' and '.join(beginnings)}; expected an extractive model of PreSumm"
        )
    rows = found.get("bert.model.embeddings.position_embeddings.weight")
    if rows is None or rows.dim() != 2:
        raise HeadworkError(f"{path}: no table of positions; {AGAIN}")
    core = msgspec.structs.replace(settings.core(), positions=len(rows))
    layers = 1 + max((int(match[1]) for name in found if (match := LAYER.match(name))), default=-1)
    wide = found.get("ext_layer.transformer_inter.0.feed_forward.w_1.weight")
    given = {
        "inter_layers": layers,
        "inter_heads": int(options.get("ext_heads", HEADS)),
        "inter_ff": 1 if wide is None else len(wide),
    }
    _check_places(found.pop(PLACES, None), core.dim, path)
    tensors = convert(found, table(core, layers), str(path))
    try:
        config = config_of(core, given)
        with torch.device("meta"):
            network = BertSum(config, vocabulary=core.vocabulary)
    except ValueError as error:
        raise HeadworkError(f"{path}: {error}") from error
    check_shapes(tensors, {name: tuple(own.shape) for name, own in network.state_dict().items()}, str(path))
    return Weights(given, core, {name: tensor.float() for name, tensor in tensors.items()})


def write(network: BertSum) -> dict[str, Tensor]:
    """The tensors of a network by PreSumm's names, but those that it keeps and does not use."""
    layers = len(network.between.layers)
    return publish(network.state_dict(), table(network.core.config, layers), prefixed=False)


def config_of(core: CoreConfig, given: dict[str, Any]) -> BertSumConfig:
    return BertSumConfig(
        published=msgspec.convert(own_settings(core), CoreConfig), tokens="bert", max_tokens=core.positions, **given
    )


def table(core: CoreConfig, layers: int) -> Table:
    encoder = [
        rename._replace(sources=tuple(f"bert.model.{source}" for source in rename.sources))
        for rename in (*bert.embeddings(), *bert.layers(core))
    ]
    between: list[Rename] = []
    for i in range(layers):
        theirs, ours = f"ext_layer.transformer_inter.{i}", f"between.blocks.{i}"
        qkv = " ".join(f"{theirs}.self_attn.linear_{name}" for name in ("query", "keys", "values"))
        between += weight_and_bias(qkv, f"{ours}.attention.qkv")
        between += weight_and_bias(f"{theirs}.self_attn.final_linear", f"{ours}.attention.out")
        between += weight_and_bias(f"{theirs}.feed_forward.w_1", f"{ours}.widen")
        between += weight_and_bias(f"{theirs}.feed_forward.w_2", f"{ours}.narrow")
        between += weight_and_bias(f"{theirs}.feed_forward.layer_norm", f"{ours}.ff_norm")
        if i:
            between += weight_and_bias(f"{theirs}.layer_norm", f"{ours}.attention_norm")
    unused = ("bert.model.pooler.dense", "ext_layer.transformer_inter.0.layer_norm")
    return Table(
        prefix="",
        own=(),
        body=[
            *encoder,
            *between,
            *weight_and_bias("ext_layer.layer_norm", "between.norm"),
            *weight_and_bias("ext_layer.wo", "between.head"),
        ],
        heads={},
        tied={},
        constant=("embeddings.position_ids", *(f"{name}.{kind}" for name in unused for kind in ("weight", "bias"))),
        unread=(("decoder.", "the decoder of an abstractive model"), ("generator.", "an abstractive model")),
    )


def _check_places(found: Tensor | None, dim: int, path: Path) -> None:
    """The positions of sentences must be those that the network computes."""
    if found is None:
        raise HeadworkError(f"{path}: tensor {PLACES!r} is missing; {AGAIN}")
    if found.dim() != 3 or found.shape[::2] != (1, dim):
        raise HeadworkError(
            f"{path}: tensor {PLACES!r} has shape {tuple(found.shape)}, expected (1, n, {dim}); {AGAIN}"
        )
    expected = sinusoids(torch.arange(found.shape[1]), dim)
    if not bool(((found[0].double() - expected).abs() <= NEAR).all()):
        raise HeadworkError(f"{path}: tensor {PLACES!r} holds other positions than sinusoids; {AGAIN}")
