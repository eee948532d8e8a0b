"""Where a translator looks while it writes: alignments of some pairs, and how its heads spread their weights.

Axes: H heads, Q queries, K keys of one pair.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from headwork.attention.diversity import density, entropy
from headwork.attention.record import attention_of, record
from headwork.base.translation import Drawn, HeadUse
from headwork.data.picture_text import picture_of
from headwork.data.pictures import png_of
from headwork.explain.heads import alphas_of
from headwork.models.transformer_translator import TransformerTranslator
from headwork.tasks.translate import Translator

DIGITS = 4
"""of a weight that is written down"""


def draw(translator: Translator, texts: Sequence[str], written: Sequence[str], rows: Sequence[int]) -> list[Drawn]:
    """The alignment of each text with what the translator wrote for it."""
    picture = translator.config.picture
    found = [translator.align(text, translation) for text, translation in zip(texts, written, strict=True)]
    return [
        Drawn(
            row=int(row),
            source=each.source,
            target=each.target,
            weights=[[round(weight, DIGITS) for weight in line] for line in each.weights.tolist()],
            picture=None if picture is None else png_of(picture_of(text, picture)),
        )
        for row, text, each in zip(rows, texts, found, strict=True)
    ]


@torch.inference_mode()
def head_use(translator: Translator, texts: Sequence[str], written: Sequence[str]) -> list[HeadUse]:
    """Entropy and density of each head, a mean over the pairs; of a recurrent model its one attention."""
    network: Any = translator.network
    network.eval()
    found: dict[str, list[tuple[Tensor, Tensor]]] = {}
    for text, translation in zip(texts, written, strict=True):
        for layer, maps, allowed in _maps(translator, text, translation):
            found.setdefault(layer, []).append((entropy(maps), density(maps, allowed)))
    return [use for layer, numbers in found.items() for use in _heads(network, layer, numbers)]


def _heads(network: nn.Module, layer: str, numbers: list[tuple[Tensor, Tensor]]) -> Iterator[HeadUse]:
    """One entry a head, from the (H,) entropies and densities of each pair."""
    entropies, shares = (torch.stack(each).mean(0).tolist() for each in zip(*numbers, strict=True))
    alphas = alphas_of(dict(network.named_modules()).get(layer)) or (None,) * len(shares)
    for head, (spread, share, alpha) in enumerate(zip(entropies, shares, alphas, strict=True), 1):
        yield HeadUse(layer=layer, head=head, entropy=spread, share=share, alpha=alpha)


def _maps(translator: Translator, text: str, translation: str) -> Iterator[tuple[str, Tensor, Tensor | None]]:
    """(layer, (1, H, Q, K) weights, where they were allowed) of one pair."""
    network = translator.network
    source, target = translator.batches(text, translation)
    if not isinstance(network, TransformerTranslator):
        yield "attention", network.alignment(source, target)[0][None, None], None
        return
    with record(network) as tape:
        network(source, target)
    for layer in attention_of(network):
        yield layer, tape.map(layer)[None], tape.allowed(layer)
