"""ViT (Dosovitskiy et al. 2021): a pre-norm encoder of the patches of pictures."""

from typing import ClassVar, Literal, Self

import msgspec

from headwork.layers.patches import Patches
from headwork.layers.transformer import CoreConfig
from headwork.models.formats.table import ACTIVATIONS, Layout, Published, Rename, Table, published_name, weight_and_bias

STEM = "ViT"
PURPOSES = {frozenset({"classes"}): "ForImageClassification"}


class Settings(msgspec.Struct, frozen=True):
    """What config.json says of the architecture."""

    POOLER: ClassVar[str] = "tanh"
    POOLING: ClassVar[str] = "cls"

    hidden_size: int
    num_hidden_layers: int
    num_attention_heads: int
    intermediate_size: int
    image_size: int
    patch_size: int
    num_channels: int = 3
    hidden_act: Published = "gelu"
    layer_norm_eps: float = 1e-12
    qkv_bias: bool = True
    pooler_act: Literal["tanh"] = "tanh"

    def core(self) -> CoreConfig:
        if not self.qkv_bias:
            raise ValueError("qkv_bias is false; expected queries, keys and values with a bias")
        patches = Patches(side=self.image_size, patch=self.patch_size, channels=self.num_channels)
        return CoreConfig(
            vocabulary=0,
            patches=patches,
            dim=self.hidden_size,
            layers=self.num_hidden_layers,
            heads=self.num_attention_heads,
            ff=self.intermediate_size,
            positions=patches.tokens,
            types=0,
            embedding_norm=False,
            norm="pre",
            activation=ACTIVATIONS[self.hidden_act],
            eps=self.layer_norm_eps,
        )

    @classmethod
    def of(cls, core: CoreConfig) -> Self:
        if core.patches is None:
            raise ValueError(f"{STEM} reads pictures")
        return cls(
            hidden_size=core.dim,
            num_hidden_layers=core.layers,
            num_attention_heads=core.heads,
            intermediate_size=core.ff,
            image_size=core.patches.side,
            patch_size=core.patches.patch,
            num_channels=core.patches.channels,
            hidden_act=published_name(core.activation),
            layer_norm_eps=core.eps,
        )


def table(core: CoreConfig) -> Table:
    first = Layout((1, 1, core.dim), lambda t: t[0, 0], lambda t: t[None, None])
    positions = Layout((1, core.positions, core.dim), lambda t: t[0], lambda t: t[None])
    body = [
        Rename(("embeddings.cls_token",), "core.embeddings.first", layout=first),
        Rename(("embeddings.position_embeddings",), "core.embeddings.positions.weight", layout=positions),
        *weight_and_bias("embeddings.patch_embeddings.projection", "core.embeddings.patches"),
        *weight_and_bias("layernorm", "core.norm"),
    ]
    for i in range(core.layers):
        theirs, ours = f"encoder.layer.{i}", f"core.blocks.{i}"
        qkv = " ".join(f"{theirs}.attention.attention.{name}" for name in ("query", "key", "value"))
        body += weight_and_bias(qkv, f"{ours}.attention.qkv")
        body += weight_and_bias(f"{theirs}.attention.output.dense", f"{ours}.attention.out")
        body += weight_and_bias(f"{theirs}.layernorm_before", f"{ours}.attention_norm")
        body += weight_and_bias(f"{theirs}.intermediate.dense", f"{ours}.widen")
        body += weight_and_bias(f"{theirs}.output.dense", f"{ours}.narrow")
        body += weight_and_bias(f"{theirs}.layernorm_after", f"{ours}.ff_norm")
    return Table(
        prefix="vit.",
        own=("embeddings.", "encoder.", "layernorm.", "pooler."),
        body=body,
        heads={
            "pooler": weight_and_bias("pooler.dense", "pooler"),
            "classes": weight_and_bias("classifier", "classes"),
        },
        tied={},
    )
