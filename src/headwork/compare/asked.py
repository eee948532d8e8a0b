"""What a finished run is asked: texts that are given, the rows of a file, or the lines of a stream."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from headwork.base.errors import HeadworkError
from headwork.base.limits import Limits
from headwork.data.columns import check_column, choose_text_column
from headwork.data.pairs import Pair
from headwork.data.tables import read_table


@dataclass(frozen=True)
class Asked:
    """Texts and columns are two, for models of pairs; each None where it was not given."""

    file: str | None
    stream: BinaryIO
    texts: tuple[str | None, str | None]
    columns: tuple[str | None, str | None]
    limits: Limits
    about: str | None = None
    """what the texts are asked about, where the model asks: a name, or with a file its column"""
    image: str | None = None
    """file of a picture, for models that read one"""
    table: str | None = None
    """file of a table, for models that are asked about one"""


def texts_asked(opened: Any, asked: Asked) -> list[str]:
    """What a model of one text takes."""
    refuse_second(asked)
    if asked.texts[0] is not None:
        return [asked.texts[0]]
    return texts_of(asked.file, asked.stream, column=asked.columns[0] or opened.text_column, limits=asked.limits)


def refuse_second(asked: Asked) -> None:
    for option, value in (("--text-b", asked.texts[1]), ("--column-b", asked.columns[1]), ("--image", asked.image)):
        if value is not None:
            raise HeadworkError(f"{option}: the model takes one text; leave it out")


def pairs_asked(opened: Any, asked: Asked) -> list[Pair]:
    """What a model of two texts takes."""
    first, second = asked.texts
    if first is not None and second is not None:
        return [Pair(first, second)]
    if first is not None or second is not None:
        raise HeadworkError("--text, --text-b: the model takes two texts; give both")
    columns = [name or known for name, known in zip(asked.columns, opened.columns, strict=True)]
    return pairs_of(asked.file, asked.stream, columns=columns, limits=asked.limits)


def refuse_about(opened: Any, asked: Asked) -> None:
    """Whatever is opened, unless it was trained to be asked so."""
    if asked.about is not None and not getattr(opened, "about_column", ""):
        raise HeadworkError(
            f"--about {asked.about}: the model answers for a text as a whole; leave it out, or train one with --about"
        )


def texts_of(file: str | None, stream: BinaryIO, *, column: str | None, limits: Limits) -> list[str]:
    """The texts of a file's column, guessed where none is named, or the lines of a stream.

    A row without a text is an empty text.
    """
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
