"""PreSumm's extractive network written out in numpy and float64 over its own names of tensors, for one document."""

from collections.abc import Sequence
from math import sqrt

import numpy as np
from tests.bert_by_hand import Tensors, attend, bert, linear, norm


def between(tensors: Tensors, x: np.ndarray, *, layers: int, heads: int) -> np.ndarray:
    """(S, D) to (S,) probabilities."""
    places, rates = np.arange(len(x))[:, None], np.exp(-np.log(10000.0) * np.arange(0, x.shape[1], 2) / x.shape[1])
    waves = np.zeros_like(x)
    waves[:, 0::2], waves[:, 1::2] = np.sin(places * rates), np.cos(places * rates)
    x = x + waves
    for i in range(layers):
        at = f"ext_layer.transformer_inter.{i}"
        y = norm(tensors, f"{at}.layer_norm", x, 1e-6) if i else x
        three = (linear(tensors, f"{at}.self_attn.linear_{name}", y) for name in ("query", "keys", "values"))
        x = x + linear(tensors, f"{at}.self_attn.final_linear", attend(*three, heads))
        wide = linear(tensors, f"{at}.feed_forward.w_1", norm(tensors, f"{at}.feed_forward.layer_norm", x, 1e-6))
        wide = 0.5 * wide * (1 + np.tanh(sqrt(2 / np.pi) * (wide + 0.044715 * wide**3)))
        x = x + linear(tensors, f"{at}.feed_forward.w_2", wide)
    scores = linear(tensors, "ext_layer.wo", norm(tensors, "ext_layer.layer_norm", x, 1e-6))[:, 0]
    return 1 / (1 + np.exp(-scores))


def probabilities(
    tensors: Tensors,
    windows: Sequence[Sequence[Sequence[int]]],
    *,
    layers: int,
    heads: int,
    inter_layers: int,
    inter_heads: int,
) -> np.ndarray:
    """(S,) of a document: windows of sentences of ids, each sentence framed. PreSumm itself reads one window alone."""
    vectors = []
    for sentences in windows:
        ids = [token for sentence in sentences for token in sentence]
        segments = [place % 2 for place, sentence in enumerate(sentences) for _ in sentence]
        starts = np.cumsum([0, *map(len, sentences)])[:-1]
        vectors.append(bert(tensors, ids, segments, layers=layers, heads=heads, prefix="bert.model.")[starts])
    return between(tensors, np.concatenate(vectors), layers=inter_layers, heads=inter_heads)
