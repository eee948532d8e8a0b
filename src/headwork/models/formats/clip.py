"""CLIP (Radford et al. 2021) as transformers publishes it: config.json with a part for each tower."""

from pathlib import Path
from typing import Any, Self

import msgspec
import torch
from safetensors.torch import save_file

from headwork.base.errors import HeadworkError
from headwork.base.files import write_atomically, write_json
from headwork.layers.patches import Patches
from headwork.layers.transformer import CoreConfig
from headwork.models.clip import Clip, ClipConfig
from headwork.models.formats.files import read_tensors, settings_in
from headwork.models.formats.table import (
    ACTIVATIONS,
    Published,
    Rename,
    Table,
    checked_sizes,
    convert,
    fill,
    publish,
    published_name,
    weight,
    weight_and_bias,
)

MODEL_TYPE = "clip"
UNTOLD = 2
"""what older files say of the token that ends a text where they mean the one with the largest number"""


class TextSettings(msgspec.Struct, frozen=True, kw_only=True):
    vocab_size: int = 49_408
    hidden_size: int = 512
    intermediate_size: int = 2048
    num_hidden_layers: int = 12
    num_attention_heads: int = 8
    max_position_embeddings: int = 77
    hidden_act: Published = "quick_gelu"
    layer_norm_eps: float = 1e-5
    eos_token_id: int = 49_407

    def core(self) -> CoreConfig:
        return CoreConfig(
            vocabulary=self.vocab_size,
            dim=self.hidden_size,
            layers=self.num_hidden_layers,
            heads=self.num_attention_heads,
            ff=self.intermediate_size,
            positions=self.max_position_embeddings,
            types=0,
            embedding_norm=False,
            norm="pre",
            causal=True,
            activation=ACTIVATIONS[self.hidden_act],
            eps=self.layer_norm_eps,
        )

    @classmethod
    def of(cls, core: CoreConfig, end: int | None) -> Self:
        return cls(
            vocab_size=core.vocabulary,
            hidden_size=core.dim,
            intermediate_size=core.ff,
            num_hidden_layers=core.layers,
            num_attention_heads=core.heads,
            max_position_embeddings=core.positions,
            hidden_act=published_name(core.activation),
            layer_norm_eps=core.eps,
            eos_token_id=UNTOLD if end is None else end,
        )


class PictureSettings(msgspec.Struct, frozen=True, kw_only=True):
    hidden_size: int = 768
    intermediate_size: int = 3072
    num_hidden_layers: int = 12
    num_attention_heads: int = 12
    image_size: int = 224
    patch_size: int = 32
    num_channels: int = 3
    hidden_act: Published = "quick_gelu"
    layer_norm_eps: float = 1e-5

    def core(self) -> CoreConfig:
        patches = Patches(side=self.image_size, patch=self.patch_size, channels=self.num_channels, bias=False)
        return CoreConfig(
            vocabulary=0,
            patches=patches,
            dim=self.hidden_size,
            layers=self.num_hidden_layers,
            heads=self.num_attention_heads,
            ff=self.intermediate_size,
            positions=patches.tokens,
            types=0,
            norm="pre",
            activation=ACTIVATIONS[self.hidden_act],
            eps=self.layer_norm_eps,
        )

    @classmethod
    def of(cls, core: CoreConfig, patches: Patches) -> Self:
        return cls(
            hidden_size=core.dim,
            intermediate_size=core.ff,
            num_hidden_layers=core.layers,
            num_attention_heads=core.heads,
            image_size=patches.side,
            patch_size=patches.patch,
            num_channels=patches.channels,
            hidden_act=published_name(core.activation),
            layer_norm_eps=core.eps,
        )


class Settings(msgspec.Struct, frozen=True):
    """What config.json says of the architecture; where older files say it twice, the `_dict` holds."""

    model_type: str = ""
    projection_dim: int = 512
    text_config: TextSettings | None = None
    vision_config: PictureSettings | None = None
    text_config_dict: TextSettings | None = None
    vision_config_dict: PictureSettings | None = None

    def config(self) -> ClipConfig:
        texts = self.text_config_dict or self.text_config or TextSettings()
        pictures = self.vision_config_dict or self.vision_config or PictureSettings()
        return ClipConfig(
            texts=checked_sizes(texts.core()),
            pictures=checked_sizes(pictures.core()),
            width=self.projection_dim,
            end=None if texts.eos_token_id == UNTOLD else texts.eos_token_id,
        )


def read(folder: Path) -> Clip:
    """The model in a published folder, in fp32; HeadworkError names the setting or the tensor that does not fit."""
    try:
        config = settings_in(folder, Settings).config()
    except ValueError as error:
        raise HeadworkError(f"{folder}: {error}") from error
    return filled(config, *read_tensors(folder), table(config))


def filled(config: ClipConfig, path: Path, found: dict[str, torch.Tensor], table: Table) -> Clip:
    tensors = convert(found, table, str(path))
    with torch.device("meta"):
        model = Clip(config)
    fill(model, tensors, str(path))
    return model.eval()


def write(model: Clip, folder: Path) -> None:
    """config.json and model.safetensors in `folder`, as transformers writes and reads them."""
    config = model.config
    told: dict[str, Any] = {
        "model_type": MODEL_TYPE,
        "architectures": ["CLIPModel"],
        "projection_dim": config.width,
        "text_config": {
            **msgspec.to_builtins(TextSettings.of(config.texts, config.end)),
            "projection_dim": config.width,
        },
        "vision_config": {
            **msgspec.to_builtins(PictureSettings.of(config.pictures, config.patches)),
            "projection_dim": config.width,
        },
    }
    tensors = publish(model.state_dict(), table(config), prefixed=False)
    write_json(folder / "config.json", told)
    write_atomically(folder / "model.safetensors", lambda file: save_file(tensors, file, {"format": "pt"}))


def table(config: ClipConfig) -> Table:
    body = [
        weight("text_model.embeddings.token_embedding", "texts.embeddings.tokens"),
        weight("text_model.embeddings.position_embedding", "texts.embeddings.positions"),
        *_layers("text_model", "texts", config.texts.layers),
        *weight_and_bias("text_model.final_layer_norm", "texts.norm"),
        weight("text_projection", "text_projection"),
        Rename(("vision_model.embeddings.class_embedding",), "pictures.embeddings.first"),
        weight("vision_model.embeddings.patch_embedding", "pictures.embeddings.patches"),
        weight("vision_model.embeddings.position_embedding", "pictures.embeddings.positions"),
        *weight_and_bias("vision_model.pre_layrnorm", "pictures.embeddings.norm"),
        *_layers("vision_model", "pictures", config.pictures.layers),
        *weight_and_bias("vision_model.post_layernorm", "pictures.norm"),
        weight("visual_projection", "picture_projection"),
        Rename(("logit_scale",), "logit_scale"),
    ]
    return Table(prefix="", own=(), body=body, heads={}, tied={}, constant=("embeddings.position_ids",))


def _layers(tower: str, ours: str, layers: int) -> list[Rename]:
    renames = []
    for i in range(layers):
        theirs, block = f"{tower}.encoder.layers.{i}", f"{ours}.blocks.{i}"
        qkv = " ".join(f"{theirs}.self_attn.{name}_proj" for name in "qkv")
        renames += weight_and_bias(qkv, f"{block}.attention.qkv")
        renames += weight_and_bias(f"{theirs}.self_attn.out_proj", f"{block}.attention.out")
        renames += weight_and_bias(f"{theirs}.layer_norm1", f"{block}.attention_norm")
        renames += weight_and_bias(f"{theirs}.mlp.fc1", f"{block}.widen")
        renames += weight_and_bias(f"{theirs}.mlp.fc2", f"{block}.narrow")
        renames += weight_and_bias(f"{theirs}.layer_norm2", f"{block}.ff_norm")
    return renames
