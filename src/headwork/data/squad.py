"""Questions about passages from files: SQuAD's JSON, or one question a line.

    {"data": [{"title", "paragraphs": [{"context", "qas": [{"id", "question", "answers", "is_impossible"}]}]}]}
    {"id", "title", "context", "question", "answers"}            a line of .jsonl

Answers are [{"text", "answer_start"}], or {"text": […], "answer_start": […]}; an empty list says that the passage does
not hold one. What else stands there (plausible_answers, document_id, …) is not looked at. A refusal names the path
inside the file. Rajpurkar et al. 2016; Rajpurkar, Jia and Liang 2018.
"""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from headwork.base.errors import HeadworkError
from headwork.base.limits import Limits
from headwork.data.sources import check_file, open_text

ENDS = (".json", ".json.gz", ".jsonl", ".jsonl.gz")


class Answer(NamedTuple):
    """What a person found in the passage, and the character where it is said to begin."""

    text: str
    start: int


class Question(NamedTuple):
    id: str
    title: str
    passage: str
    question: str
    answers: tuple[Answer, ...] | None
    """none where the passage holds no answer; None where the file does not say"""
    where: str
    """in its file"""


class _Answer(msgspec.Struct):
    text: str
    answer_start: int


class _Columns(msgspec.Struct):
    text: list[str]
    answer_start: list[int]


_Answers = list[_Answer] | _Columns | None


class _Asked(msgspec.Struct):
    question: str
    id: str | int = ""
    answers: _Answers = None
    is_impossible: bool = False


class _Paragraph(msgspec.Struct):
    context: str
    qas: list[_Asked]


class _Article(msgspec.Struct):
    paragraphs: list[_Paragraph]
    title: str = ""


class _File(msgspec.Struct):
    data: list[_Article]


class _Line(_Asked, kw_only=True):
    context: str
    title: str = ""


def is_squad(path: Path) -> bool:
    return path.name.lower().endswith(ENDS)


def read_questions(path: Path, limits: Limits) -> list[Question]:
    """The questions of a file in their order; HeadworkError where it is of another form, or over a limit."""
    check_file(path, limits)
    if not is_squad(path):
        raise HeadworkError(f"{path}: no file of questions; they end in {', '.join(ENDS)}, as SQuAD's do")
    lines = path.name.lower().removesuffix(".gz").endswith(".jsonl")
    found = list((_lines if lines else _articles)(path, limits))
    if not found:
        raise HeadworkError(f"{path}: no questions in it; expected passages with questions about them")
    limits.check("rows", len(found), str(path))
    for question in found:
        for text in (question.passage, question.question):
            limits.check("cell_characters", len(text), f"{path}, {question.where}")
    return found


def _articles(path: Path, limits: Limits) -> Iterator[Question]:
    with open_text(path, limits) as stream:
        file: _File = _decoded(stream.read(), _File, str(path))
    for a, article in enumerate(file.data):
        for p, paragraph in enumerate(article.paragraphs):
            for q, asked in enumerate(paragraph.qas):
                where = f"$.data[{a}].paragraphs[{p}].qas[{q}]"
                yield _question(asked, article.title, paragraph.context, where, path)


def _lines(path: Path, limits: Limits) -> Iterator[Question]:
    with open_text(path, limits) as stream:
        for number in itertools.count(1):
            line = stream.readline()
            if not line:
                return
            if not line.isspace():
                asked: _Line = _decoded(line, _Line, f"{path}, line {number}")
                yield _question(asked, asked.title, asked.context, f"line {number}", path)


def _decoded(data: bytes, kind: type, where: str) -> Any:
    try:
        return msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"), type=kind)
    except (msgspec.DecodeError, RecursionError) as error:
        raise HeadworkError(f"{where}: not of SQuAD's form ({error}); correct it there") from error


def _question(asked: _Asked, title: str, passage: str, where: str, path: Path) -> Question:
    answers = _as_pairs(asked.answers, f"{path}, {where}")
    if asked.is_impossible and answers:
        raise HeadworkError(f"{path}, {where}: is_impossible, and yet there are answers; correct one of them")
    if asked.is_impossible:
        answers = ()
    for place, answer in enumerate(answers or ()):
        if not answer.text.strip():
            raise HeadworkError(
                f"{path}, {where}.answers[{place}]: the text is empty; leave answers empty where the passage has none"
            )
    return Question(str(asked.id) or where, title, passage, asked.question, answers, where)


def _as_pairs(answers: _Answers, where: str) -> tuple[Answer, ...] | None:
    if answers is None:
        return None
    if isinstance(answers, _Columns):
        if len(answers.text) != len(answers.answer_start):
            raise HeadworkError(
                f"{where}.answers: {len(answers.text)} texts and {len(answers.answer_start)} places; each needs one"
            )
        return tuple(map(Answer, answers.text, answers.answer_start))
    return tuple(Answer(answer.text, answer.answer_start) for answer in answers)
