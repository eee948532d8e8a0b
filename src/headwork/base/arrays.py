"""Named numpy arrays as safetensors; reading executes nothing."""

from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from headwork.base.errors import HeadworkError


def save_arrays(arrays: dict[str, np.ndarray], path: Path) -> None:
    save_file({name: np.ascontiguousarray(value) for name, value in arrays.items()}, path)


def load_arrays(path: Path) -> dict[str, np.ndarray]:
    """The arrays of a file; one that is missing or damaged is refused."""
    try:
        return load_file(path)
    except (SafetensorError, FileNotFoundError, ValueError) as error:
        raise HeadworkError(
            f"{path}: not a whole safetensors file ({error}); copy the run folder again or train it again"
        ) from error
