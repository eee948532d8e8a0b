"""ELMo as headwork stores it: config.json with the settings and the lexicon, and model.safetensors."""

from pathlib import Path
from typing import Literal

import msgspec

from headwork.base.errors import HeadworkError
from headwork.base.files import read_json, write_json
from headwork.models.elmo import Elmo, ElmoConfig
from headwork.models.stored import load_tensors, save_tensors
from headwork.ops.spelling import Lexicon


class Stored(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    family: Literal["elmo"] = "elmo"
    config: ElmoConfig
    lexicon: Lexicon | None = None


class _Family(msgspec.Struct, frozen=True):
    family: str = ""


def write(elmo: Elmo, folder: Path) -> None:
    write_json(folder / "config.json", Stored(config=elmo.config, lexicon=elmo.lexicon))
    save_tensors(elmo, folder / "model.safetensors")


def is_here(folder: Path) -> bool:
    """Is it such a folder, or a run that holds one?"""
    try:
        return msgspec.json.decode((_place(folder) / "config.json").read_bytes(), type=_Family).family == "elmo"
    except (OSError, UnicodeDecodeError, msgspec.DecodeError, RecursionError):
        return False


def read(folder: Path) -> Elmo:
    place = _place(folder)
    stored = read_json(place / "config.json", Stored)
    known = stored.lexicon
    if known and (len(known.characters), len(known.words)) != (stored.config.characters, stored.config.words):
        raise HeadworkError(f"{place}: the lexicon is not that of the settings; import the model again")
    elmo = Elmo(stored.config, lexicon=known)
    load_tensors(elmo, place / "model.safetensors")
    elmo.freeze()
    return elmo


def _place(folder: Path) -> Path:
    return folder / "model" if (folder / "model").is_dir() else folder
