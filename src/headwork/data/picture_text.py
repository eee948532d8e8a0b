"""Pictures as a running text: each is a document, whose characters are its intensities in raster order.

    character (y w + x) c + k of a document has the number of the value of channel k at row y, column x

A source is a zip or a folder of png and jpg, an npz, a folder with train.zip and perhaps dev.zip and test.zip, or the
name of such a folder below HEADWORK_DATA. Settings stand behind a colon: `mnist:side=14,held_out=200`.

Axes: n pictures, h rows, w columns, c channels.
"""

import hashlib
import os
import re
from collections.abc import Mapping
from pathlib import Path

import msgspec
import numpy as np

from headwork.base.errors import HeadworkError
from headwork.base.limits import DEFAULT_LIMITS, Limits
from headwork.data.pictures import Fit, holds_pictures, read_arrays, read_pictures
from headwork.data.running_text import SHARES, RunningText, prepare_running_text
from headwork.data.sets import folders
from headwork.data.split import SIDES, Side

BETWEEN = 2
"""pictures of training that must be left"""


class PictureSettings(Fit, frozen=True, kw_only=True):
    """What a source of pictures can be told."""

    held_out: int = 500
    """pictures of dev, and of test, at most: each has hundreds of values to predict"""
    array: str = ""
    """which one of an npz with several sets of pictures"""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.held_out < 1:
            raise ValueError(f"held_out is {self.held_out}; expected 1 or more")


def prepare_documents(
    place: str | Path,
    *,
    dev: str | Path | None = None,
    test: str | Path | None = None,
    documents: bool = False,
    limits: Limits = DEFAULT_LIMITS,
) -> RunningText:
    """The running text of `place`, or its pictures as one."""
    found = picture_source(str(place))
    if found is None:
        return prepare_running_text(place, dev=dev, test=test, documents=documents, limits=limits)
    if documents:
        raise HeadworkError("--documents: each picture is a document already; leave it out")
    path, settings = found
    official: dict[Side, str | Path | None] = {"dev": dev, "test": test}
    named = _sides_at(path, settings, limits)
    for side, other in official.items():
        if other is not None:
            named[side] = _values_at(Path(other), settings, limits)
    return _as_text(str(place), named, settings)


def known_pictures() -> list[str]:
    """The folders below HEADWORK_DATA that hold pictures."""
    return [folder.name for folder in folders() if holds_pictures(folder) or _files_in(folder)]


def picture_source(place: str) -> tuple[Path, PictureSettings] | None:
    """The file or folder of pictures that `place` means, and its settings; None where it means no pictures."""
    root = os.environ.get("HEADWORK_DATA")
    name, _, words = (place, "", "") if Path(place).exists() else place.partition(":")
    candidates = [Path(name), *([Path(root) / name] if root else [])]
    path = next((each for each in candidates if name and each.exists()), None)
    if path is None or not (holds_pictures(path) or (path.is_dir() and _files_in(path))):
        return None
    return path, _settings(place, words)


def document_of(picture: np.ndarray) -> str:
    """(h, w, c) intensities as a text."""
    return picture.tobytes().decode("latin-1")


def picture_of(document: str, shape: tuple[int, int, int]) -> np.ndarray:
    """The (h, w, c) intensities of a text."""
    return np.frombuffer(document.encode("latin-1"), np.uint8).reshape(shape)


def _settings(place: str, words: str) -> PictureSettings:
    known, given = PictureSettings.__struct_fields__, [word for word in words.split(",") if word]
    for word in given:
        if not re.fullmatch(rf"({'|'.join(known)})=[^=]+", word):
            raise HeadworkError(
                f"{place}: {word!r} is no setting; expected SETTING=VALUE with one of {', '.join(known)}"
            )
    try:
        return msgspec.convert(dict(word.split("=") for word in given), PictureSettings, strict=False)
    except (msgspec.ValidationError, ValueError) as error:
        raise HeadworkError(f"{place}: {error}") from error


def _files_in(folder: Path) -> dict[Side, Path]:
    """A zip or a folder of pictures for each side; an npz that holds them all stands for train."""
    found: dict[Side, Path] = {}
    for side in SIDES:
        paths = (folder / f"{side}.zip", folder / side)
        files = [path for path in paths if path.is_file() or (path.is_dir() and holds_pictures(path))]
        found |= {side: files[0]} if files else {}
    arrays = sorted(folder.glob("*.npz"))
    return found if found or len(arrays) != 1 else {"train": arrays[0]}


def _sides_at(path: Path, settings: PictureSettings, limits: Limits) -> dict[Side, np.ndarray]:
    alone = not path.is_dir() or holds_pictures(path)
    files: dict[Side, Path] = {"train": path} if alone else _files_in(path)
    if "train" not in files:
        raise HeadworkError(f"{path}: no train.zip and no folder train; name the pictures to learn from")
    if files["train"].suffix.lower() == ".npz":
        return _arrays_by_side(files["train"], settings, limits)
    found: dict[Side, np.ndarray] = {}
    for side, file in files.items():
        found[side] = _values_at(file, settings, limits)
    return found


def _values_at(path: Path, settings: PictureSettings, limits: Limits) -> np.ndarray:
    """(n, h, w, c) of one side."""
    if path.suffix.lower() == ".npz":
        return _chosen(read_arrays(path, settings, limits), path, settings)
    found = read_pictures(path, settings, limits)
    # Names often begin with a class; a hash of them mixes the classes, always alike.
    order = sorted(range(len(found)), key=lambda place: hashlib.sha256(found.names[place].encode()).digest())
    return found.values[order]


def _arrays_by_side(path: Path, settings: PictureSettings, limits: Limits) -> dict[Side, np.ndarray]:
    """Arrays called x_train and x_test, or train and test, are sides; else the one there is."""
    arrays = read_arrays(path, settings, limits)
    named: dict[Side, np.ndarray] = {}
    for side in SIDES:
        for name in (side, f"x_{side}"):
            if name in arrays:
                named[side] = arrays[name]
    return named if "train" in named else {"train": _chosen(arrays, path, settings)}


def _chosen(arrays: Mapping[str, np.ndarray], path: Path, settings: PictureSettings) -> np.ndarray:
    if settings.array in arrays:
        return arrays[settings.array]
    if settings.array or len(arrays) > 1:
        raise HeadworkError(f"{path}: name one of its sets of pictures, {path}:array={' or '.join(arrays)}")
    (values,) = arrays.values()
    return values


def _as_text(place: str, named: dict[Side, np.ndarray], settings: PictureSettings) -> RunningText:
    """Documents of all sides; a side without pictures of its own is cut from the end of training."""
    shapes = {values.shape[1:] for values in named.values()}
    if len(shapes) > 1:
        told = ", ".join(" x ".join(map(str, shape)) for shape in sorted(shapes))
        raise HeadworkError(f"{place}: sides with pictures of {told}; bring them to one with side=14,channels=1")
    (shape,) = shapes
    cut: list[Side] = [side for side in SIDES if side not in named]
    notes, total = list[str](), len(named["train"])
    for side in reversed(cut):
        many = min(settings.held_out, max(1, round(SHARES[side] * total)))
        if len(named["train"]) < many + BETWEEN:
            raise HeadworkError(f"{place}: {total} pictures are too few to learn from; give more, or --test PICTURES")
        named[side], named["train"] = named["train"][-many:], named["train"][:-many]
    for side in SHARES:
        if len(named[side]) > settings.held_out:
            notes.append(f"of {len(named[side]):,} pictures of {side} the first {settings.held_out:,} (held_out)")
            named[side] = named[side][: settings.held_out]
    height, width, channels = shape
    notes.insert(0, f"{sum(map(len, named.values())):,} pictures of {height} x {width}, {channels} a pixel")
    sides: dict[Side, list[str]] = {side: [document_of(picture) for picture in named[side]] for side in SIDES}
    return RunningText.of(sides, source=place, cut=cut, notes=notes, picture=(height, width, channels))
