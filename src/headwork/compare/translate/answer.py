"""Translations of new texts by a trained translator, one a row, in order."""

from collections.abc import Iterator, Sequence
from typing import Any

from headwork.compare.translate.trial import SEARCH
from headwork.tasks.decoding import Search
from headwork.tasks.translate import Translator, in_blocks


def answers(
    translator: Translator,
    texts: Sequence[str],
    *,
    explain: bool = False,
    beam: int | None = None,
    length_penalty: float | None = None,
    coverage_penalty: float | None = None,
) -> Iterator[dict[str, Any]]:
    """{"text", "translation", "log_probability"} for each text.

    "pieces", how many a text was translated in that is longer than the model takes; else, where it is asked for,
    "alignment" (source tokens, target tokens, weights).
    """
    search = Search(
        beam=SEARCH.beam if beam is None else beam,
        length_penalty=SEARCH.length_penalty if length_penalty is None else length_penalty,
        coverage_penalty=coverage_penalty or 0.0,
    )
    for block in in_blocks(texts):
        for text, written in zip(block, translator.translate(block, search), strict=True):
            answer: dict[str, Any] = {
                "text": text,
                "translation": written.text,
                "log_probability": written.log_probability,
            }
            if written.pieces > 1:
                answer["pieces"] = written.pieces
            elif explain:
                drawn = translator.align(text, written.text)
                answer["alignment"] = {
                    "source": drawn.source,
                    "target": drawn.target,
                    "weights": drawn.weights.tolist(),
                }
            yield answer
