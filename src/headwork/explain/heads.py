"""The heads of a trained encoder in numbers: how sparse each layer is, how widely it looks, how much its heads differ.

Axes: H heads, L tokens of a text.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import torch

from headwork.attention.diversity import density, divergence, entropy
from headwork.attention.normalisers import LearnedEntmax
from headwork.attention.record import record
from headwork.base.errors import HeadworkError
from headwork.models.encoder import EncoderClassifier
from headwork.tasks.classify import Classifier
from headwork.tasks.neural import NeuralClassifier


@dataclass(frozen=True)
class LayerHeads:
    """Means over texts, or their windows, and queries."""

    layer: str
    density: tuple[float, ...]
    """share of weights that are not zero, of each head"""
    entropy: tuple[float, ...]
    """in nats, of each head"""
    divergence: float
    """of the heads from each other, between 0 and log H"""
    alpha: tuple[float, ...] | None
    """of each head, where it was learned"""


@torch.inference_mode()
def heads_of(classifier: Classifier, texts: Sequence[str]) -> list[LayerHeads]:
    """One entry a layer, from the exact maps of each text that has tokens."""
    network: Any = getattr(classifier, "network", None)
    if not isinstance(network, EncoderClassifier):
        raise HeadworkError(f"heads: {classifier.recipe.name} has no layers of heads; name a run of a Transformer")
    network.eval()
    read = cast(NeuralClassifier, classifier).reader.read(texts)
    found: dict[str, list[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]] = {}
    for row, length in enumerate(read.lengths):
        if not length:
            continue
        batch = read.batch([row]).to(cast(NeuralClassifier, classifier).device)
        for window in batch.in_windows().groups(1):
            with record(network.core) as tape:
                network.core(window)
            for layer in tape.layers:
                maps = tape.map(layer)[None]
                found.setdefault(f"core.{layer}", []).append((density(maps), entropy(maps), divergence(maps)))
    if not found:
        raise HeadworkError("heads: no text has a token that the model reads")
    modules = dict(network.named_modules())
    return [
        LayerHeads(
            layer,
            *(tuple(torch.stack(values).mean(0).tolist()) for values in list(zip(*numbers, strict=True))[:2]),
            divergence=float(torch.stack([each[2] for each in numbers]).mean()),
            alpha=alphas_of(modules.get(layer)),
        )
        for layer, numbers in found.items()
    ]


def alphas_of(module: Any) -> tuple[float, ...] | None:
    """The exponents that the heads of an attention module have learned, where it learns any."""
    normaliser = getattr(getattr(module, "mechanism", None), "normaliser", None)
    return tuple(normaliser.alpha.flatten().tolist()) if isinstance(normaliser, LearnedEntmax) else None
