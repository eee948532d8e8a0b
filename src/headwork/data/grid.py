"""A picture as the places of a grid in raster order, each with the pixels that lie there.

Axes: g places on a side, K = g² places, P intensities of a place.
"""

import numpy as np

from headwork.data.picture_text import picture_of


def places_of(document: str, shape: tuple[int, int, int], grid: int) -> np.ndarray:
    """(K, P) uint8, of a place its pixels in raster order, the channels of each one after another."""
    height, width, channels = shape
    parted = picture_of(document, shape).reshape(grid, height // grid, grid, width // grid, channels)
    return parted.swapaxes(1, 2).reshape(grid * grid, -1)


def place_names(grid: int) -> list[str]:
    """row:column of each place, from 1."""
    return [f"{row}:{column}" for row in range(1, grid + 1) for column in range(1, grid + 1)]
