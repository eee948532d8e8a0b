"""Pictures from files: png and jpg in a zip or a folder, or the arrays of an npz, as bytes of one shape.

Nothing is unpacked to disk or executed. What a picture or an array says of its size is checked before it is decoded.

Axes: n pictures, h rows, w columns, c channels: 1 is grey, 3 are red, green and blue.
"""

import io
import math
import warnings
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple

import msgspec
import numpy as np
from PIL import Image, ImageOps

from headwork.base.errors import HeadworkError
from headwork.base.limits import DEFAULT_LIMITS, Limits
from headwork.data.sources import check_file

ENDINGS = (".png", ".jpg", ".jpeg")
DEEP = ("I", "F")
"""how Pillow calls pictures of more than 8 bits a channel begins so"""


class Fit(msgspec.Struct, frozen=True, kw_only=True):
    """How pictures are brought to one shape; 0 leaves them as they are."""

    side: int = 0
    """rows and columns: the middle square, made smaller by averaging"""
    channels: int = 0

    def __post_init__(self) -> None:
        if self.side < 0 or self.channels not in (0, 1, 3):
            raise ValueError(f"side is {self.side} and channels is {self.channels}; expected 0 or more, and 1 or 3")


@dataclass(frozen=True, eq=False)
class Pictures:
    """values: (n, h, w, c) uint8; names: of their files, or their numbers in an array."""

    values: np.ndarray
    names: list[str]

    def __len__(self) -> int:
        return len(self.values)


class _Entry(NamedTuple):
    name: str
    size: int
    open: Callable[[], IO[bytes]]


def holds_pictures(path: Path) -> bool:
    """Is it a zip, an npz, one picture or a folder of pictures?"""
    if path.is_dir():
        return any(entry.suffix.lower() in ENDINGS for entry in path.iterdir())
    return path.suffix.lower() in (*ENDINGS, ".zip", ".npz")


def read_pictures(path: Path, fit: Fit = Fit(), limits: Limits = DEFAULT_LIMITS) -> Pictures:  # noqa: B008  frozen
    """All pictures of a zip, a folder or a file, by their names; one that cannot be read is refused by its name."""
    with ExitStack() as opened:
        entries = _found(path, limits, opened)
        found = [(entry.name, _decoded(entry, f"{path}: {entry.name}", fit, limits)) for entry in entries]
    return Pictures(_stacked([values for _, values in found], path, limits), [name for name, _ in found])


def read_picture(path: Path, shape: tuple[int, int, int], limits: Limits = DEFAULT_LIMITS) -> np.ndarray:
    """(h, w, c): one picture of any size, brought to `shape` as `Fit` would."""
    check_file(path, limits)
    height, width, channels = shape
    picture = _opened(_file_entry(path), str(path), limits)
    picture = picture.convert("L" if channels == 1 else "RGB")
    if picture.size != (width, height):
        picture = ImageOps.fit(picture, (width, height), Image.Resampling.BOX)
    return _array(picture)


def each_picture(path: Path, limits: Limits = DEFAULT_LIMITS) -> Iterator[tuple[str, Image.Image]]:
    """The name and the colours of each picture of a zip, a folder or a file, one after the other, of any size."""
    with ExitStack() as opened:
        for entry in _found(path, limits, opened):
            yield entry.name, _opened(entry, f"{path}: {entry.name}", limits).convert("RGB")


def read_arrays(path: Path, fit: Fit = Fit(), limits: Limits = DEFAULT_LIMITS) -> dict[str, np.ndarray]:  # noqa: B008
    """The (n, h, w, c) arrays of pictures in an npz by their names; others, such as labels, are left out."""
    check_file(path, limits)
    found: dict[str, np.ndarray] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                if (values := _array_of(archive, name, path, limits)) is not None:
                    found[name.removesuffix(".npy")] = _fitted(values, fit)
    except HeadworkError:
        raise
    except Exception as error:  # of a damaged file numpy and zipfile raise nearly anything
        raise HeadworkError(f"{path}: not an npz file that can be read ({error}); save it again") from error
    if not found:
        raise HeadworkError(f"{path}: no pictures in it; expected uint8 arrays of (n, height, width[, channels])")
    return found


def png_of(values: np.ndarray) -> bytes:
    """(h, w, c) uint8 as a PNG file."""
    written = io.BytesIO()
    Image.fromarray(values[..., 0] if values.shape[2] == 1 else values).save(written, format="PNG")
    return written.getvalue()


def _found(path: Path, limits: Limits, opened: ExitStack) -> list[_Entry]:
    """The pictures, of which there is at least one."""
    entries = _entries(path, limits, opened)
    if not entries:
        raise HeadworkError(f"{path}: no picture in it; expected files ending in {', '.join(ENDINGS)}")
    limits.check("rows", len(entries), str(path))
    return entries


def _entries(path: Path, limits: Limits, opened: ExitStack) -> list[_Entry]:
    """The pictures of a folder, a zip or a file in the order of their names; `opened` closes the zip."""
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if file.suffix.lower() in ENDINGS and file.is_file())
        return [_file_entry(file) for file in files]
    check_file(path, limits)
    if path.suffix.lower() != ".zip":
        return [_file_entry(path)]
    try:
        archive = opened.enter_context(zipfile.ZipFile(path))
    except Exception as error:  # of a damaged file zipfile raises nearly anything
        raise HeadworkError(f"{path}: not a zip file that can be read ({error}); pack it again") from error
    members = (each for each in archive.infolist() if PurePosixPath(each.filename).suffix.lower() in ENDINGS)
    found = [_Entry(each.filename, each.file_size, partial(archive.open, each)) for each in members]
    return sorted(found, key=lambda entry: entry.name)


def _file_entry(file: Path) -> _Entry:
    return _Entry(file.name, file.stat().st_size, partial(file.open, "rb"))


def _decoded(entry: _Entry, where: str, fit: Fit, limits: Limits) -> np.ndarray:
    """(h, w, c) of one file."""
    picture = _opened(entry, where, limits)
    grey = fit.channels == 1 or (not fit.channels and picture.mode in ("1", "L", "LA"))
    picture = picture.convert("L" if grey else "RGB")
    return _array(_squared(picture, fit.side) if fit.side else picture)


def _opened(entry: _Entry, where: str, limits: Limits) -> Image.Image:
    """A picture in 8 bits a channel, on white where it is transparent, the way up that its camera says."""
    limits.check("file_bytes", entry.size, where)
    try:
        with warnings.catch_warnings(), entry.open() as file:
            warnings.simplefilter("ignore")
            picture = Image.open(io.BytesIO(file.read(entry.size + 1)), formats=("PNG", "JPEG"))
            limits.check("pixels", math.prod(picture.size), where)
            picture.load()
            picture = ImageOps.exif_transpose(picture)
    except HeadworkError:
        raise
    except Image.DecompressionBombError as error:
        raise limits.exceeded("pixels", where) from error
    except Exception as error:  # of a damaged file Pillow raises nearly anything
        raise HeadworkError(f"{where}: not a png or jpg that can be read ({error}); leave it out") from error
    if picture.mode.startswith(DEEP):
        raise HeadworkError(f"{where}: more than 8 bits a channel; save it with 8")
    if not picture.has_transparency_data:
        return picture
    seen = picture.convert("RGBA")
    grey = picture.mode == "LA"
    picture = Image.alpha_composite(Image.new("RGBA", seen.size, "white"), seen)
    return picture.convert("L" if grey else "RGB")


def _squared(picture: Image.Image, side: int) -> Image.Image:
    if picture.size == (side, side):
        return picture
    return ImageOps.fit(picture, (side, side), Image.Resampling.BOX)


def _array(picture: Image.Image) -> np.ndarray:
    values = np.asarray(picture, dtype=np.uint8)
    return values if values.ndim == 3 else values[..., None]


def _stacked(found: list[np.ndarray], path: Path, limits: Limits) -> np.ndarray:
    """One array; grey pictures among coloured ones have three equal channels."""
    channels = max(values.shape[2] for values in found)
    found = [np.broadcast_to(values, (*values.shape[:2], channels)) for values in found]
    shapes = sorted({values.shape[:2] for values in found})
    if len(shapes) > 1:
        (low, wide), (high, broad) = shapes[0], shapes[-1]
        raise HeadworkError(
            f"{path}: pictures of {len(shapes)} sizes, from {low} x {wide} to {high} x {broad}; bring them to one with "
            f"{path}:side={min(map(min, shapes))}"
        )
    limits.check("unpacked_bytes", len(found) * found[0].size, str(path))
    return np.stack(found)


def _array_of(archive: zipfile.ZipFile, name: str, path: Path, limits: Limits) -> np.ndarray | None:
    """An array of pictures, its header checked before anything is allocated; None for an array of another kind."""
    with archive.open(name) as file:
        version = np.lib.format.read_magic(file)
        old = version == (1, 0)
        header = np.lib.format.read_array_header_1_0(file) if old else np.lib.format.read_array_header_2_0(file)
        shape, _, kind = header
    if kind.hasobject:
        raise HeadworkError(f"{path}: {name} holds Python objects, which are never opened; save it as uint8")
    if kind != np.uint8 or len(shape) not in (3, 4) or (len(shape) == 4 and shape[3] not in (1, 3)) or not all(shape):
        return None
    limits.check("rows", shape[0], f"{path}: {name}")
    limits.check("pixels", shape[1] * shape[2], f"{path}: {name}")
    limits.check("unpacked_bytes", math.prod(shape), f"{path}: {name}")
    with archive.open(name) as file:
        values = np.lib.format.read_array(file)  # it opens no pickles unless it is told to
    return values if values.ndim == 4 else values[..., None]


def _fitted(values: np.ndarray, fit: Fit) -> np.ndarray:
    """(n, h, w, c) pictures of an array, one after the other."""
    side, channels = fit.side, fit.channels or values.shape[3]
    if values.shape[3] == channels and (not side or values.shape[1:3] == (side, side)):
        return values
    mode, found = "L" if channels == 1 else "RGB", []
    for each in values:
        picture = Image.fromarray(each[..., 0] if each.shape[2] == 1 else each).convert(mode)
        found.append(_array(_squared(picture, side) if side else picture))
    return np.stack(found)
