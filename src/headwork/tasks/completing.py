"""Completing a picture whose first rows are given, with a language model of intensities.

Axes: h rows, w columns, c channels.
"""

import math
from pathlib import Path

import numpy as np

from headwork.base.errors import HeadworkError
from headwork.base.files import write_atomically
from headwork.data.picture_text import document_of, picture_of
from headwork.data.pictures import png_of, read_picture
from headwork.tasks.language import LanguageModel, Sampling


def shape_of(model: LanguageModel) -> tuple[int, int, int]:
    """Of the pictures that the model reads; a model of texts is refused."""
    shape = model.config.picture
    if shape is None:
        raise HeadworkError(f"{model.recipe.name} is a model of texts; give it a --prompt and no picture")
    height, width, channels = shape
    return height, width, channels


def complete_file(
    model: LanguageModel, image: str | None, out: Path, *, rows: int | None, sampling: Sampling, seed: int
) -> Path:
    """Write a PNG of the picture in the file `image`, of which the model is given `rows` rows (None: half)."""
    shape = shape_of(model)
    if image is None:
        raise HeadworkError(f"{model.recipe.name} is a model of pictures; give it one with --image FILE")
    picture = read_picture(Path(image), shape)
    completed = complete(model, picture, rows=shape[0] // 2 if rows is None else rows, sampling=sampling, seed=seed)
    write_atomically(out, lambda temporary: temporary.write_bytes(png_of(completed)))
    return out


def complete(model: LanguageModel, picture: np.ndarray, *, rows: int, sampling: Sampling, seed: int = 0) -> np.ndarray:
    """(h, w, c): the first `rows` rows of the picture, and what the model draws below them."""
    shape = shape_of(model)
    if not 0 <= rows < shape[0]:
        raise HeadworkError(f"--rows {rows}: the pictures have {shape[0]} rows; give fewer, so that some can be drawn")
    given = document_of(picture[:rows])
    written = model.generate(given, tokens=math.prod(shape) - len(given), sampling=sampling, seed=seed)
    return picture_of(given + written.text, shape)
