"""Answers of a trained classifier to new texts, one a row, in order."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from headwork.base.errors import HeadworkError
from headwork.base.limits import Limits
from headwork.base.runs import Run
from headwork.data.columns import choose_text_column
from headwork.data.tables import read_table
from headwork.explain.words import pieces_of, weigh
from headwork.tasks.classify import Classifier, in_blocks, load_classifier

BLOCK = 256
"""texts answered together: a reader of the output waits for no more"""


def open_run(folder: str, *, device: str) -> Classifier:
    """The classifier of a finished run."""
    run = Run(Path(folder))
    run.recipe()
    if not run.finished:
        raise HeadworkError(f"{folder}: this run is not finished; repeat the command that started it")
    return load_classifier(run.model, device=device)


def texts_of(file: str | None, stream: BinaryIO, *, column: str, limits: Limits) -> list[str]:
    """The texts of a file's column, or the lines of a stream. A row without a text is an empty text."""
    if file is None:
        try:
            return [line.decode("utf-8").rstrip("\r\n") for line in stream]
        except UnicodeDecodeError as error:
            raise HeadworkError(
                f"standard input: not UTF-8 ({error}); convert it first, for example with iconv"
            ) from error
    table = read_table(Path(file), limits)
    return [text or "" for text in table.columns[choose_text_column(table, column)]]


def answers(classifier: Classifier, texts: Sequence[str], *, explain: bool) -> Iterator[dict[str, Any]]:
    """{"text", "label", "probabilities"} for each text, with "words" where explanations are asked for."""
    for block in in_blocks(texts, BLOCK):
        weighed = weigh(block, classifier) if explain else None
        if explain and weighed is None:
            raise HeadworkError(
                f"--explain: {classifier.recipe.name} gives its words no weights; use a model with attention, or tfidf"
            )
        for place, (text, chances) in enumerate(zip(block, classifier.probabilities(block), strict=True)):
            answer = {
                "text": text,
                "label": classifier.classes[int(chances.argmax())],
                "probabilities": dict(zip(classifier.classes, chances.tolist(), strict=True)),
            }
            if weighed is not None:
                answer["words"] = [
                    {"text": piece.text, "weight": piece.weight}
                    for piece in pieces_of(weighed[place])
                    if piece.weight is not None
                ]
            yield answer
