"""What a finished run answers to new texts, whatever its task."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from headwork.base.errors import HeadworkError
from headwork.base.limits import Limits
from headwork.base.runs import Run
from headwork.compare.work import Work, work_of
from headwork.data.columns import check_column, choose_text_column
from headwork.data.pairs import Pair
from headwork.data.tables import read_table


def open_run(folder: str, *, device: str, task: str | None = None) -> tuple[Any, Work]:
    """What a finished run has learned, and the work of its task; `task` is the one that a command can use."""
    run = Run(Path(folder))
    recipe = run.recipe()
    if not run.finished:
        raise HeadworkError(f"{folder}: this run is not finished; repeat the command that started it")
    if task and recipe.task != task:
        raise HeadworkError(f"{folder}: a run of the task {recipe.task}; this command takes runs of {task}")
    work = work_of(recipe.task)
    if work.open is None:
        raise HeadworkError(f"{folder}: a run of the task {recipe.task}, which reads no texts of yours")
    return work.open(run.model, device=device), work


def texts_of(file: str | None, stream: BinaryIO, *, column: str, limits: Limits) -> list[str]:
    """The texts of a file's column, or the lines of a stream. A row without a text is an empty text."""
    if file is None:
        return lines_of(stream)
    table = read_table(Path(file), limits)
    return [text or "" for text in table.columns[choose_text_column(table, column)]]


def lines_of(stream: BinaryIO) -> list[str]:
    try:
        return [line.decode("utf-8").rstrip("\r\n") for line in stream]
    except UnicodeDecodeError as error:
        raise HeadworkError(f"standard input: not UTF-8 ({error}); convert it first, for example with iconv") from error


def pairs_of(file: str | None, stream: BinaryIO, *, columns: Sequence[str], limits: Limits) -> list[Pair]:
    """The pairs of a file's two columns, or of the lines of a stream, a tab between the texts."""
    if file is not None:
        table = read_table(Path(file), limits)
        for name in columns:
            check_column(table, name)
        first, second = (table.columns[name] for name in columns)
        return [Pair(one or "", other or "") for one, other in zip(first, second, strict=True)]
    found = [line.split("\t") for line in lines_of(stream)]
    for number, texts in enumerate(found, 1):
        if len(texts) != 2:
            raise HeadworkError(
                f"standard input, line {number}: {len(texts) - 1} tabs; the model takes two texts with one tab between"
            )
    return [Pair(*texts) for texts in found]


@dataclass(frozen=True)
class Asked:
    """What a model is to answer: texts that are given, or else a file or a stream. Of each kind two, for pairs."""

    file: str | None
    stream: BinaryIO
    texts: tuple[str | None, str | None]
    columns: tuple[str | None, str | None]
    limits: Limits

    def of(self, opened: Any) -> list[Any]:
        """Texts or pairs, as what was opened takes them."""
        own = getattr(opened, "columns", None)
        if own is None:
            return self._texts(opened.text_column)
        first, second = self.texts
        if first is not None and second is not None:
            return [Pair(first, second)]
        if first is not None or second is not None:
            raise HeadworkError("--text, --text-b: the model takes two texts; give both")
        columns = [asked or known for asked, known in zip(self.columns, own, strict=True)]
        return pairs_of(self.file, self.stream, columns=columns, limits=self.limits)

    def _texts(self, column: str) -> list[str]:
        for option, value in (("--text-b", self.texts[1]), ("--column-b", self.columns[1])):
            if value is not None:
                raise HeadworkError(f"{option}: the model takes one text; leave it out")
        if self.texts[0] is not None:
            return [self.texts[0]]
        return texts_of(self.file, self.stream, column=self.columns[0] or column, limits=self.limits)
