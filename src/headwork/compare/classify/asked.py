"""What a trained classifier is asked: texts, with marks around what they are asked about where the model wants that."""

from pathlib import Path

from headwork.base.about import OPEN
from headwork.base.errors import HeadworkError
from headwork.compare.asked import Asked, lines_of, refuse_second, texts_asked
from headwork.data.about import about_columns, about_one, asked_about
from headwork.data.columns import choose_text_column
from headwork.data.tables import read_table
from headwork.tasks.classify import Classifier


def asked_texts(opened: Classifier, asked: Asked) -> list[str]:
    if not opened.about_column:
        return texts_asked(opened, asked)
    refuse_second(asked)
    if asked.texts[0] is not None:
        if asked.about is None:
            raise HeadworkError("--text: the model answers for something that the text names; say what with --about")
        return [about_one(asked.texts[0], asked.about)]
    return _of_lines(asked) if asked.file is None else _of_file(asked.file, opened, asked)


def _of_file(file: str, opened: Classifier, asked: Asked) -> list[str]:
    table = read_table(Path(file), asked.limits)
    text = choose_text_column(table, asked.columns[0] or opened.text_column)
    about = about_columns(asked.about or opened.about_column)
    texts = [text or "" for text in asked_about(table, text, about).columns[text]]
    for number, each in enumerate(texts, 1):
        if OPEN not in each:
            named = table.columns[about[0]][number - 1]
            raise HeadworkError(
                f"{file}, row {number} of the data: {named or ''!r:.60} does not stand in the text; name it as the "
                "text does, or take the row out"
            )
    return texts


def _of_lines(asked: Asked) -> list[str]:
    texts = []
    for number, line in enumerate(lines_of(asked.stream), 1):
        text, tab, about = line.rpartition("\t")
        if not tab:
            raise HeadworkError(
                f"standard input, line {number}: no tab; the model takes a text, a tab and what it is asked about"
            )
        texts.append(about_one(text, about))
    return texts
