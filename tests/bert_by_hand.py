"""BERT written out in numpy and float64 over its published names of tensors, for one text."""

from collections.abc import Mapping, Sequence
from math import erf, sqrt

import numpy as np

Tensors = Mapping[str, np.ndarray]
_erf = np.vectorize(erf)


def linear(tensors: Tensors, name: str, x: np.ndarray) -> np.ndarray:
    return x @ tensors[f"{name}.weight"].T + tensors[f"{name}.bias"]


def norm(tensors: Tensors, name: str, x: np.ndarray, eps: float) -> np.ndarray:
    centred = x - x.mean(-1, keepdims=True)
    scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + eps)
    return scaled * tensors[f"{name}.weight"] + tensors[f"{name}.bias"]


def attend(query: np.ndarray, key: np.ndarray, value: np.ndarray, heads: int) -> np.ndarray:
    found = []
    for q, k, v in zip(*(np.split(x, heads, axis=1) for x in (query, key, value)), strict=True):
        scores = np.exp(q @ k.T / sqrt(q.shape[1]))
        found.append(scores / scores.sum(1, keepdims=True) @ v)
    return np.concatenate(found, 1)


def bert(
    tensors: Tensors, ids: Sequence[int], segments: Sequence[int], *, layers: int, heads: int, prefix: str
) -> np.ndarray:
    """(L, D) of the last layer; `prefix` stands before BERT's own names."""
    at = f"{prefix}embeddings"
    x = tensors[f"{at}.word_embeddings.weight"][list(ids)] + tensors[f"{at}.position_embeddings.weight"][: len(ids)]
    x = norm(tensors, f"{at}.LayerNorm", x + tensors[f"{at}.token_type_embeddings.weight"][list(segments)], 1e-12)
    for i in range(layers):
        at = f"{prefix}encoder.layer.{i}"
        three = (linear(tensors, f"{at}.attention.self.{name}", x) for name in ("query", "key", "value"))
        x = behind(tensors, at, x, attend(*three, heads), output=f"{at}.attention.output")
    return x


def behind(tensors: Tensors, at: str, x: np.ndarray, mixed: np.ndarray, *, output: str) -> np.ndarray:
    """What follows attention in one of BERT's layers; `output` begins the names of the attention's own output."""
    x = norm(tensors, f"{output}.LayerNorm", x + linear(tensors, f"{output}.dense", mixed), 1e-12)
    wide = linear(tensors, f"{at}.intermediate.dense", x)
    wide = wide * (1 + _erf(wide / sqrt(2))) / 2
    return norm(tensors, f"{at}.output.LayerNorm", x + linear(tensors, f"{at}.output.dense", wide), 1e-12)
