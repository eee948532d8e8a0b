"""Answers of a trained disambiguator to new texts with a marked word, one a row, in order."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from headwork.base.disambiguate import sense_of
from headwork.base.errors import HeadworkError
from headwork.compare.asked import Asked, texts_asked
from headwork.data.columns import check_column
from headwork.data.marked import Occurrence, in_brackets
from headwork.data.tables import read_table
from headwork.tasks.classify import in_blocks
from headwork.tasks.disambiguate import Disambiguator

BLOCK = 256
"""texts answered together: a reader of the output waits for no more"""
NEIGHBOURS = 3
"""training texts that are told of each"""


def occurrences_asked(model: Disambiguator, asked: Asked) -> list[Occurrence]:
    """The rows of a table like the one that was learnt from; else texts with the word in square brackets."""
    columns, file = model.columns, asked.file
    if columns.index and file and asked.texts[0] is None and not any(asked.columns):
        table = read_table(Path(file), asked.limits)
        for name in filter(None, (columns.text, columns.word, columns.index)):
            check_column(table, name)
        found = columns.occurrences(table)
    else:
        where = "--text" if asked.texts[0] is not None else file or "standard input"
        texts = texts_asked(model, asked)
        found = [
            in_brackets(text, where=where if len(texts) == 1 else f"{where}, row {row}")
            for row, text in enumerate(texts, 1)
        ]
    return [_known(model, item, row) for row, item in enumerate(found, 1)]


def _known(model: Disambiguator, item: Occurrence, row: int) -> Occurrence:
    """With a word whose senses were learnt; refused before any row is answered."""
    known = model.known(item)
    try:
        model.inventory.numbers([known.word])
    except HeadworkError as error:
        raise HeadworkError(f"row {row}: {error}") from error
    return known


def answers(model: Disambiguator, items: Sequence[Occurrence]) -> Iterator[dict[str, Any]]:
    """{"text", "word", "start", "end", "sense", "scores", "neighbours"} for each text.

    The text stands without brackets, the word at its characters start to end; scores are the probabilities of the
    word's senses; neighbours only where the model keeps its training texts.
    """
    classes = model.inventory.classes
    for block in in_blocks(items, BLOCK):
        found = model.answer(block, near=NEIGHBOURS)
        for place, (item, chances) in enumerate(zip(block, found.probabilities, strict=True)):
            answer: dict[str, Any] = {
                "text": item.text,
                "word": item.word,
                "start": item.start,
                "end": item.end,
                "sense": sense_of(classes[int(chances.argmax())]),
                "scores": {
                    sense_of(classes[label]): float(chances[label]) for label in model.inventory.senses(item.word)
                },
            }
            if found.neighbours is not None:
                answer["neighbours"] = [
                    {"text": each.item.marked, "sense": sense_of(classes[each.label]), "cosine": each.cosine}
                    for each in found.neighbours[place]
                ]
            yield answer
