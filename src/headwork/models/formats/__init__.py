"""Published encoders: found by the `model_type` of their config.json, read as safetensors; nothing is executed."""

from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
from safetensors.torch import load_file

from headwork.base.errors import HeadworkError
from headwork.base.tensors import safetensors_header
from headwork.layers.transformer import Core, CoreConfig
from headwork.models.formats import albert, bert, distilbert, gpt2, roberta
from headwork.models.formats.table import convert

FORMATS: dict[str, ModuleType] = {
    "bert": bert,
    "roberta": roberta,
    "albert": albert,
    "distilbert": distilbert,
    "gpt2": gpt2,
}
"""each has `Settings`, the struct of its config.json, and `table(config)`, its tensors' names"""


class _Family(msgspec.Struct, frozen=True):
    model_type: str


def read_config(folder: Path) -> CoreConfig:
    """The settings that a published folder's config.json asks for; HeadworkError where no core has them."""
    try:
        return _settings(folder, _family(folder).Settings).core()
    except ValueError as error:
        raise HeadworkError(f"{folder}: {error}") from error


def load_core(core: Core, folder: Path) -> None:
    """Fill `core` with the weights of a published folder (config.json and model.safetensors).

    HeadworkError names the setting that differs, or the tensor that is missing, left over or wrongly shaped.
    """
    asked, found = core.config, read_config(folder)
    for name in CoreConfig.__struct_fields__:
        if name not in ("dropout", "attention_dropout") and getattr(asked, name) != getattr(found, name):
            raise HeadworkError(
                f"{folder}: {name} is {getattr(found, name)!r} there, but the model asked for has "
                f"{getattr(asked, name)!r}; name the folder of the right model"
            )
    path = folder / "model.safetensors"
    safetensors_header(path)
    shapes = {name: tensor.shape for name, tensor in core.state_dict().items()}
    core.load_state_dict(convert(load_file(path), _family(folder).table(found), shapes, str(path)))


def _family(folder: Path) -> ModuleType:
    name = _settings(folder, _Family).model_type
    if name not in FORMATS:
        raise HeadworkError(f"{folder}: a model of type {name!r}; headwork reads {', '.join(FORMATS)}")
    return FORMATS[name]


def _settings(folder: Path, kind: type) -> Any:
    path = folder / "config.json"
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (OSError, UnicodeDecodeError, msgspec.DecodeError) as error:
        raise HeadworkError(f"{path}: {error}; expected the folder of a published encoder") from error
