"""Answers of a trained labeller to new texts, one a row, in order."""

from collections.abc import Iterator, Sequence
from typing import Any

from headwork.tasks.classify import in_blocks
from headwork.tasks.multilabel import Labeller

BLOCK = 256
"""texts answered together: a reader of the output waits for no more"""


def answers(labeller: Labeller, texts: Sequence[str]) -> Iterator[dict[str, Any]]:
    """{"text", "labels", "probabilities"} for each text: the labels over their thresholds, and what all labels have."""
    for block in in_blocks(texts, BLOCK):
        chances = labeller.probabilities(block)
        for text, own, given in zip(block, chances, labeller.given(chances), strict=True):
            yield {
                "text": text,
                "labels": [label for label, has in zip(labeller.labels, given, strict=True) if has],
                "probabilities": dict(zip(labeller.labels, own.tolist(), strict=True)),
            }
