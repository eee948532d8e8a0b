"""CLIP as OpenAI and open_clip publish it: queries, keys and values in one, and projections on the other side.

    open_clip_config.json         sizes, the activation, and how pictures are prepared
    open_clip_model.safetensors, open_clip_pytorch_model.bin, or the one file that ends in .pt

A state dict of OpenAI's own archives needs no settings: its shapes and three numbers in it say what it is. Any other
must be told apart from them by its settings, since the names are the same and the activation is not.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from safetensors.torch import save_file
from torch import Tensor

from headwork.base.errors import HeadworkError
from headwork.base.files import write_atomically, write_json
from headwork.layers.transformer import CoreConfig
from headwork.models.clip import Clip, ClipConfig
from headwork.models.formats.clip import PictureSettings, TextSettings, filled
from headwork.models.formats.files import read_file, settings_in
from headwork.models.formats.table import Rename, Table, checked_sizes, publish, weight, weight_and_bias

CONFIG = "open_clip_config.json"
WEIGHTS = ("open_clip_model.safetensors", "open_clip_pytorch_model.bin", "*.pt")
NUMBERS = ("input_resolution", "context_length", "vocab_size")
"""in the state dicts of OpenAI's archives alone"""
HEAD = 64
"""width of a head where nothing is said of it"""


class VisionCfg(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    image_size: int = 224
    layers: int = 12
    width: int = 768
    patch_size: int = 16
    head_width: int = HEAD
    mlp_ratio: float = 4.0


class TextCfg(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    context_length: int = 77
    vocab_size: int = 49_408
    width: int = 512
    heads: int = 8
    layers: int = 12
    mlp_ratio: float = 4.0


class ModelCfg(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the settings say of the architecture; one that is not known here would change it."""

    embed_dim: int
    vision_cfg: VisionCfg
    text_cfg: TextCfg
    quick_gelu: bool = False

    def config(self) -> ClipConfig:
        vision, text, activation = self.vision_cfg, self.text_cfg, "quick_gelu" if self.quick_gelu else "gelu"
        if vision.head_width < 1 or vision.width % vision.head_width:
            raise ValueError(f"width is {vision.width} and head_width {vision.head_width}, which must divide it")
        pictures = PictureSettings(
            hidden_size=vision.width,
            intermediate_size=int(vision.width * vision.mlp_ratio),
            num_hidden_layers=vision.layers,
            num_attention_heads=vision.width // vision.head_width,
            image_size=vision.image_size,
            patch_size=vision.patch_size,
            hidden_act=activation,
        )
        texts = TextSettings(
            vocab_size=text.vocab_size,
            hidden_size=text.width,
            intermediate_size=int(text.width * text.mlp_ratio),
            num_hidden_layers=text.layers,
            num_attention_heads=text.heads,
            max_position_embeddings=text.context_length,
            hidden_act=activation,
        )
        return ClipConfig(
            texts=checked_sizes(texts.core()), pictures=checked_sizes(pictures.core()), width=self.embed_dim
        )


class _Config(msgspec.Struct, frozen=True):
    model_cfg: ModelCfg


def weights_in(folder: Path) -> Path | None:
    """The file of weights in this layout, where there is one."""
    for name in WEIGHTS:
        found = sorted(folder.glob(name))
        if len(found) > 1:
            raise HeadworkError(f"{folder}: {found[0].name} and {found[1].name} are there; leave one")
        if found:
            return found[0]
    return None


def read(folder: Path) -> Clip:
    """The model in a folder, in fp32; HeadworkError names the setting or the tensor that does not fit."""
    path = weights_in(folder)
    if path is None:
        raise HeadworkError(f"{folder}: no weights; expected one of {', '.join(WEIGHTS)}")
    tensors = read_file(path)
    told = settings_in(folder, _Config, CONFIG).model_cfg if (folder / CONFIG).is_file() else _told_by(tensors, path)
    try:
        config = told.config()
    except (ValueError, OverflowError) as error:
        raise HeadworkError(f"{folder}: {error}") from error
    return filled(config, path, tensors, table(config))


def _told_by(tensors: Mapping[str, Tensor], path: Path) -> ModelCfg:
    """What the shapes say of one of OpenAI's own models."""
    if any(name not in tensors for name in NUMBERS):
        raise HeadworkError(
            f"{path}: nothing says whether its activation is quick_gelu, as OpenAI's, or gelu; put {CONFIG} beside it"
        )
    try:
        patches, places = tensors["visual.conv1.weight"], tensors["visual.positional_embedding"]
        width, _, patch, _ = patches.shape
        context, text = tensors["positional_embedding"].shape
        vision = VisionCfg(round((len(places) - 1) ** 0.5) * patch, _layers_of(tensors, "visual."), width, patch)
        texts = TextCfg(context, len(tensors["token_embedding.weight"]), text, text // HEAD, _layers_of(tensors, ""))
        return ModelCfg(tensors["text_projection"].shape[1], vision, texts, quick_gelu=True)
    except (KeyError, ValueError, IndexError, TypeError) as error:
        raise HeadworkError(
            f"{path}: not the tensors of a CLIP whose pictures a Transformer reads ({error})"
        ) from error


def _layers_of(tensors: Mapping[str, Tensor], tower: str) -> int:
    return sum(name.startswith(f"{tower}transformer.resblocks.") and name.endswith("ln_1.weight") for name in tensors)


def write(model: Clip, folder: Path, preparing: dict[str, Any]) -> None:
    """open_clip_config.json and its weights in `folder`; `preparing` are its words for how pictures are prepared."""
    told = msgspec.to_builtins(_of(model.config))
    tensors = publish(model.state_dict(), table(model.config), prefixed=False)
    write_json(folder / CONFIG, {"model_cfg": told, "preprocess_cfg": preparing})
    write_atomically(folder / WEIGHTS[0], lambda file: save_file(tensors, file, {"format": "pt"}))


def _of(config: ClipConfig) -> ModelCfg:
    pictures, texts = config.pictures, config.texts
    vision = VisionCfg(
        image_size=config.patches.side,
        layers=pictures.layers,
        width=pictures.dim,
        patch_size=config.patches.patch,
        head_width=pictures.dim // pictures.heads,
        mlp_ratio=_ratio(pictures),
    )
    text = TextCfg(
        context_length=texts.positions,
        vocab_size=texts.vocabulary,
        width=texts.dim,
        heads=texts.heads,
        layers=texts.layers,
        mlp_ratio=_ratio(texts),
    )
    found = ModelCfg(config.width, vision, text, quick_gelu=pictures.activation == "quick_gelu")
    last = config.end in (None, texts.vocabulary - 1)
    if found.config() != msgspec.structs.replace(config, end=None) or not last:
        raise HeadworkError("open_clip's settings cannot say what this model is; export it with --format hf")
    return found


def _ratio(core: CoreConfig) -> float:
    """Of the feed-forward width, such that what open_clip rounds down is it."""
    ratio = core.ff / core.dim
    return ratio if int(core.dim * ratio) == core.ff else (core.ff + 0.5) / core.dim


def table(config: ClipConfig) -> Table:
    body = [
        weight("token_embedding", "texts.embeddings.tokens"),
        Rename(("positional_embedding",), "texts.embeddings.positions.weight"),
        *_layers("", "texts", config.texts),
        *weight_and_bias("ln_final", "texts.norm"),
        Rename(("text_projection",), "text_projection.weight", transposed=True),
        Rename(("visual.class_embedding",), "pictures.embeddings.first"),
        weight("visual.conv1", "pictures.embeddings.patches"),
        Rename(("visual.positional_embedding",), "pictures.embeddings.positions.weight"),
        *weight_and_bias("visual.ln_pre", "pictures.embeddings.norm"),
        *_layers("visual.", "pictures", config.pictures),
        *weight_and_bias("visual.ln_post", "pictures.norm"),
        Rename(("visual.proj",), "picture_projection.weight", transposed=True),
        Rename(("logit_scale",), "logit_scale"),
    ]
    return Table(prefix="", own=(), body=body, heads={}, tied={}, constant=(*NUMBERS, "attn_mask"))


def _layers(tower: str, ours: str, core: CoreConfig) -> list[Rename]:
    renames = []
    for i in range(core.layers):
        theirs, block = f"{tower}transformer.resblocks.{i}", f"{ours}.blocks.{i}"
        renames += [
            Rename((f"{theirs}.attn.in_proj_weight",), f"{block}.attention.qkv.weight"),
            Rename((f"{theirs}.attn.in_proj_bias",), f"{block}.attention.qkv.bias"),
            *weight_and_bias(f"{theirs}.attn.out_proj", f"{block}.attention.out"),
            *weight_and_bias(f"{theirs}.ln_1", f"{block}.attention_norm"),
            *weight_and_bias(f"{theirs}.mlp.c_fc", f"{block}.widen"),
            *weight_and_bias(f"{theirs}.mlp.c_proj", f"{block}.narrow"),
            *weight_and_bias(f"{theirs}.ln_2", f"{block}.ff_norm"),
        ]
    return renames
