"""How a picture becomes the numbers that a published model reads: resized, cut, scaled and centred.

    pixels = (scale · cut(resize(picture)) - mean) / std

Each step rounds as those image processors of transformers do that use Pillow: the numbers are the same to the bit.

Axes: c channels, h rows, w columns.
"""

from typing import Literal

import msgspec
import numpy as np
from PIL import Image

from headwork.base.limits import DEFAULT_LIMITS, Limits

LARGEST = 10_000
"""rows or columns, far beyond any published model"""

Resample = Literal["nearest", "lanczos", "bilinear", "bicubic", "box", "hamming"]
Colour = tuple[float, float, float]


class Pixels(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The steps; none: a step is left out."""

    resize: tuple[int, int] | int | None
    """rows and columns, or the shorter of both, which keeps the shape"""
    resample: Resample
    cut: tuple[int, int] | None
    """rows and columns of the middle"""
    scale: float | None
    mean: Colour | None
    std: Colour | None

    def __post_init__(self) -> None:
        sizes = (self.resize,) if isinstance(self.resize, int) else self.resize or ()
        for size in (*sizes, *(self.cut or ())):
            if not 1 <= size <= LARGEST:
                raise ValueError(f"a size of {size:,}; expected 1 to {LARGEST:,}")
        if not all(self.std or (1.0,)) or (self.mean is None) != (self.std is None):
            raise ValueError(f"mean is {self.mean} and std {self.std}; expected both, and no 0 to divide by")

    @property
    def shape(self) -> tuple[int, int] | None:
        """Rows and columns of every picture; none where they depend on it."""
        return self.cut or (self.resize if isinstance(self.resize, tuple) else None)

    def of(self, picture: Image.Image, where: str, limits: Limits = DEFAULT_LIMITS) -> np.ndarray:
        """(c, h, w) float32 of a picture in colour; `where` begins a refusal."""
        if self.resize is not None:
            height, width = self._resized(picture)
            limits.check("pixels", height * width, f"{where}, resized")
            picture = picture.resize((width, height), Image.Resampling[self.resample.upper()])
        values = np.asarray(picture, dtype=np.uint8).transpose(2, 0, 1)
        if self.cut is not None:
            values = _middle(values, *self.cut)
        numbers = values.astype(np.float32) if self.scale is None else (values * self.scale).astype(np.float32)
        if self.mean is None or self.std is None:
            return numbers
        mean, std = (np.array(each, np.float32)[:, None, None] for each in (self.mean, self.std))
        return (numbers - mean) / std

    def _resized(self, picture: Image.Image) -> tuple[int, int]:
        """Rows and columns."""
        if isinstance(self.resize, tuple):
            return self.resize
        assert self.resize is not None
        (width, height), short = picture.size, self.resize
        longer = int(short * max(width, height) / min(width, height))
        return (longer, short) if width <= height else (short, longer)


def _middle(values: np.ndarray, height: int, width: int) -> np.ndarray:
    """(c, h, w): the middle of a picture, on black where it is smaller."""
    rows, columns = values.shape[1:]
    above, left = max(0, -(-(height - rows) // 2)), max(0, -(-(width - columns) // 2))
    below, right = max(0, height - rows) - above, max(0, width - columns) - left
    values = np.pad(values, ((0, 0), (above, below), (left, right)))
    top, start = (values.shape[1] - height) // 2, (values.shape[2] - width) // 2
    return values[:, top : top + height, start : start + width]
