"""Translations of new texts by a trained translator, one a row, in order."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from headwork.base.errors import HeadworkError
from headwork.compare.asked import Asked, texts_asked
from headwork.compare.translate.trial import SEARCH
from headwork.data.picture_text import document_of
from headwork.data.pictures import read_picture
from headwork.tasks.decoding import Search
from headwork.tasks.translate import Translator, in_blocks


def sources_asked(translator: Translator, asked: Asked) -> list[str]:
    """Texts, or the picture in a file."""
    if translator.config.picture is None:
        return texts_asked(translator, asked)
    if asked.image is None or asked.file is not None or asked.texts[0] is not None:
        raise HeadworkError(f"{translator.recipe.name} reads pictures; give it one with --image FILE and nothing else")
    return [document_of(read_picture(Path(asked.image), translator.config.picture, asked.limits))]


def answers(
    translator: Translator,
    texts: Sequence[str],
    *,
    explain: bool = False,
    beam: int | None = None,
    length_penalty: float | None = None,
    coverage_penalty: float | None = None,
) -> Iterator[dict[str, Any]]:
    """{"text", "translation", "log_probability"} for each text, {"caption", "log_probability"} for a picture.

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
            named = {"caption": written.text}
            if translator.config.picture is None:
                named = {"text": text, "translation": written.text}
            answer: dict[str, Any] = {**named, "log_probability": written.log_probability}
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
