"""CLIP in either of its layouts, with how it wants its pictures."""

from pathlib import Path

import msgspec

from headwork.data.pixels import Pixels
from headwork.data.published_pixels import read_open_clip, read_pixels
from headwork.models.clip import Clip
from headwork.models.formats import clip, open_clip
from headwork.models.formats.files import settings_in

CONFIG = "config.json"


class _Type(msgspec.Struct, frozen=True):
    model_type: str = ""


def is_clip(folder: Path) -> bool:
    if (folder / open_clip.CONFIG).is_file() or _as_transformers(folder):
        return True
    return not (folder / CONFIG).is_file() and open_clip.weights_in(folder) is not None


def read_clip(folder: Path) -> tuple[Clip, Pixels]:
    """Where a folder holds both layouts, that of transformers."""
    if _as_transformers(folder):
        return clip.read(folder), read_pixels(folder, "CLIP")
    model = open_clip.read(folder)
    return model, read_open_clip(folder / open_clip.CONFIG, model.config.patches.side)


def _as_transformers(folder: Path) -> bool:
    return (folder / CONFIG).is_file() and settings_in(folder, _Type).model_type == clip.MODEL_TYPE
