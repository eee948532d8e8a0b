"""Answers of a trained model to new questions about tables."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from headwork.base.errors import HeadworkError
from headwork.base.sheets import Asked, Sheet
from headwork.compare.asked import Asked as Given
from headwork.compare.asked import lines_of
from headwork.data.asked_tables import questions_in, read_asked
from headwork.data.sheets import read_sheet
from headwork.models.programs.reply import Reply
from headwork.tasks.classify import in_blocks
from headwork.tasks.table import Tabler

BLOCK = 64
"""questions answered together: a reader of the output waits for no more"""


class Named(NamedTuple):
    """A question as it was asked, with the id that its file gives it."""

    asked: Asked
    id: str | None = None


def questions_asked(tabler: Tabler, given: Given) -> list[Named]:
    """Of --text and --table, of a file, or of lines about the table of --table."""
    if given.image is not None or given.texts[1] is not None or any(given.columns):
        raise HeadworkError("--image, --text-b, --column, --column-b: mean nothing for tables; leave them out")
    sheet = _table(given)
    if given.file is not None:
        rows, _ = read_asked(questions_in(Path(given.file)), given.limits, sheet=sheet)
        found = [Named(row.asked, row.id) for row in rows]
    elif sheet is None:
        raise HeadworkError("--table: name the file of the table that is asked about, as in --table my.csv")
    else:
        texts = [given.texts[0]] if given.texts[0] is not None else lines_of(given.stream)
        found = [Named(Asked(text, sheet)) for text in texts]
    for number, (asked, _) in enumerate(found, 1):
        if not asked.text.strip():
            raise HeadworkError(f"question {number}: it is empty")
        if not asked.sheet.rows:
            raise HeadworkError(f"question {number}: its table {asked.sheet.id!r:.80} has no rows")
    return found


def _table(given: Given) -> Sheet | None:
    return read_sheet(Path(given.table), given.limits) if given.table is not None else None


def answers(tabler: Tabler, named: Sequence[Named]) -> Iterator[dict[str, Any]]:
    """{"question", "answer", "program", "cells", "probability"}, or {"statement", "label", "cells", "probabilities"}.

    The answer is a list, empty where no program says anything; cells are given with their row (from 1, below the
    header), their column and their text.
    """
    for block in in_blocks(named, BLOCK):
        asked = [each.asked for each in block]
        said = _labels(tabler, asked) if tabler.classes else _answers(tabler, asked)
        for (_, name), own in zip(block, said, strict=True):
            yield ({"id": name} if name is not None else {}) | own


def _answers(tabler: Tabler, asked: Sequence[Asked]) -> Iterator[dict[str, Any]]:
    for one, reply in zip(asked, tabler.replies(asked), strict=True):
        yield {
            "question": one.text,
            "answer": list(reply.answers),
            "program": reply.program or None,
            "cells": _cells(one.sheet, reply),
            "probability": reply.probability,
        }


def _labels(tabler: Tabler, asked: Sequence[Asked]) -> Iterator[dict[str, Any]]:
    logits = tabler.logits(asked)
    judged, chances = tabler.judged(asked, logits), tabler.probabilities(logits)
    for one, reply, own in zip(asked, judged, chances.tolist(), strict=True):
        yield {
            "statement": one.text,
            "label": reply.answers[0],
            "cells": _cells(one.sheet, reply),
            "probabilities": dict(zip(tabler.classes, own, strict=True)),
        }


def _cells(sheet: Sheet, reply: Reply) -> list[dict[str, Any]]:
    return [
        {"row": row + 1, "column": sheet.header[column], "text": sheet.rows[row][column]} for row, column in reply.cells
    ]
