"""Where ELMo lies.

*options.json, *weights.hdf5     as bilm-tf publishes it (headwork.models.formats.elmo)
config.json, model.safetensors   as `headwork import` writes it, in a run folder or by themselves
"""

from pathlib import Path
from typing import Any, Literal

import msgspec
import torch

from headwork.base.errors import HeadworkError
from headwork.base.files import read_json, write_json
from headwork.models.elmo import Elmo, ElmoConfig
from headwork.models.formats import elmo as published
from headwork.models.stored import load_tensors, save_tensors


class StoredElmo(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """config.json."""

    family: Literal["elmo"] = "elmo"
    settings: ElmoConfig


class _Kind(msgspec.Struct, frozen=True):
    family: Any = None


def save(elmo: Elmo, folder: Path) -> None:
    """config.json and model.safetensors in `folder`."""
    write_json(folder / "config.json", StoredElmo(settings=elmo.config))
    save_tensors(elmo, folder / "model.safetensors")


def read_settings(path: Path) -> ElmoConfig:
    """Of the ELMo at `path`: a folder of either kind, or the options file of a published one."""
    place = _place(path)
    if place is None:
        return published.read_config(path)
    if read_json(place / "config.json", _Kind).family != "elmo":
        raise HeadworkError(f"{place}: holds another model than ELMo; name a folder that holds ELMo")
    return read_json(place / "config.json", StoredElmo).settings


def load(path: Path) -> Elmo:
    """The ELMo at `path`, all but its mix frozen; a file that does not fit is refused."""
    place = _place(path)
    if place is None:
        return published.read(path)
    settings, file = read_settings(path), place / "model.safetensors"
    with torch.device("meta"):
        needed = sum(4 * value.numel() for value in Elmo(settings).parameters())
    there = file.stat().st_size if file.is_file() else 0
    if there < needed:
        raise HeadworkError(f"{file}: {there:,} bytes, where its settings ask for {needed:,}; import it again")
    elmo = Elmo(settings)
    load_tensors(elmo, file)
    elmo.freeze()
    return elmo


def _place(path: Path) -> Path | None:
    """The folder with config.json, where there is one."""
    return next((place for place in (path / "model", path) if (place / "config.json").is_file()), None)
