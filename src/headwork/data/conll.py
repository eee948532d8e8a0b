"""Files with a word a line, in columns, and an empty line behind each sentence.

CoNLL: columns parted by tabs, or by blanks where the first line of a word has no tab; the first holds the word and the
last the tag, unless others are named by their number. `-DOCSTART-` lines are left out, and so are lines that begin with
# and have another number of columns than those of words.

CoNLL-U (https://universaldependencies.org/format.html): ten columns by name. A line of several words (`3-4`) says how
they are written together; empty nodes (`5.1`) are no words.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from headwork.base.errors import HeadworkError
from headwork.base.limits import Limits
from headwork.data.lines import read_lines
from headwork.data.words import Place

DOCUMENT = "-DOCSTART-"
UNIVERSAL = ("id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc")
UNSAID = "_"


class Sentence(NamedTuple):
    """A text and its words, each with its place in it and its tag; no tags where they were not asked for."""

    text: str
    words: tuple[str, ...]
    places: tuple[Place, ...]
    tags: tuple[str, ...]
    lines: tuple[int, ...]
    """of the file, where each word stands"""

    def piece(self, start: int, end: int) -> str:
        """The text of the words from start up to end."""
        return self.text[self.places[start][0] : self.places[end - 1][1]]


class Line(NamedTuple):
    number: int
    cells: Sequence[str]


def read_conll(path: Path, limits: Limits, *, word: str | None, tag: str | None, tagged: bool) -> list[Sentence]:
    """`word`, `tag`: numbers of columns, counted from 1."""
    blocks = list(_blocks(path, limits))
    if not blocks:
        raise HeadworkError(f"{path}: no words; expected one a line, in columns")
    columns = len(blocks[0][0].cells)
    words = _numbered(path, "--text", word, columns) if word else 0
    tags = _numbered(path, "--label", tag, columns) if tag else columns - 1
    if tagged and words == tags:
        raise HeadworkError(f"{path}: one column holds the words and the tags; expected a word and a tag on each line")
    return [_sentence(path, block, words, tags if tagged else None) for block in blocks]


def read_conllu(path: Path, limits: Limits, *, word: str | None, tag: str | None, tagged: bool) -> list[Sentence]:
    """`word`, `tag`: names of columns, in any case."""
    words, tags = (_named(path, *each) for each in (("--text", word or "form"), ("--label", tag or "upos")))
    found = [_universal(path, block, words, tags if tagged else None) for block in _lines(path, limits)]
    sentences = [sentence for sentence in found if sentence.words]
    if not sentences:
        raise HeadworkError(f"{path}: no words; expected ten columns parted by tabs on each line")
    return sentences


def _lines(path: Path, limits: Limits) -> Iterator[list[Line]]:
    """The lines of each sentence in cells."""
    lines = read_lines(path, limits)
    # A tweet may begin with #; how many columns there are says a line that no comment begins like.
    model = next((line for line in lines if line.strip() and not line.startswith("#")), lines[0])
    by_tabs = "\t" in model
    columns = len(_cells(model, by_tabs))
    block: list[Line] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            if block:
                yield block
            block = []
            continue
        cells = _cells(line, by_tabs)
        if line.startswith("#") and len(cells) != columns:
            continue
        if len(cells) != columns:
            raise HeadworkError(
                f"{path}, line {number}: {len(cells)} columns where the first word has {columns}; write an empty line "
                "behind each sentence and the same columns on all others"
            )
        block.append(Line(number, cells))
    if block:
        yield block


def _cells(line: str, by_tabs: bool) -> list[str]:
    return line.rstrip("\t ").split("\t") if by_tabs else re.split(r"[ \t]+", line.strip(" \t"))


def _blocks(path: Path, limits: Limits) -> Iterator[list[Line]]:
    for block in _lines(path, limits):
        if words := [line for line in block if line.cells[0] != DOCUMENT]:
            yield words


def _sentence(path: Path, block: Sequence[Line], word: int, tag: int | None) -> Sentence:
    words, places, end = [], [], 0
    for line in block:
        words.append(_cell(path, line, word, "word"))
        places.append((end, end + len(words[-1])))
        end += len(words[-1]) + 1
    tags = () if tag is None else tuple(_cell(path, line, tag, "tag") for line in block)
    return Sentence(" ".join(words), tuple(words), tuple(places), tags, tuple(line.number for line in block))


def _universal(path: Path, block: Sequence[Line], word: int, tag: int | None) -> Sentence:
    text, words, places, tags, lines = "", [], [], [], []
    together = _Together(0, 0, "", 0)
    for line in block:
        if len(line.cells) != len(UNIVERSAL):
            raise HeadworkError(f"{path}, line {line.number}: {len(line.cells)} columns; CoNLL-U has ten")
        number = line.cells[0]
        if re.fullmatch(r"\d+\.\d+", number):
            continue
        form = _cell(path, line, word, "word")
        behind = "" if "SpaceAfter=No" in line.cells[-1].split("|") else " "
        if several := re.fullmatch(r"(\d+)-(\d+)", number):
            together = _Together(int(several[2]), len(text), form, 0)
            text += form + behind
            continue
        if number != str(len(words) + 1):
            raise HeadworkError(f"{path}, line {line.number}: word number {number!r:.20}; expected {len(words) + 1}")
        if len(words) < together.last:
            place, together = together.place(form)
        else:
            place = len(text), len(text) + len(form)
            text += form + behind
        words.append(form)
        places.append(place)
        lines.append(line.number)
        if tag is not None:
            tags.append(_cell(path, line, tag, "tag"))
            if tags[-1] == UNSAID and UNIVERSAL[tag] != "feats":
                raise HeadworkError(
                    f"{path}, line {line.number}: no {UNIVERSAL[tag]}; name another column with --label, or fill it in"
                )
    return Sentence(text.removesuffix(" "), tuple(words), tuple(places), tuple(tags), tuple(lines))


class _Together(NamedTuple):
    """Words that are written together, of which the first `read` characters are behind us."""

    last: int
    """number of the last of them"""
    start: int
    form: str
    read: int

    def place(self, word: str) -> tuple[Place, "_Together"]:
        """Where a word stands in the text: its own part if it is written as it is, or else all of the form."""
        whole = self.start, self.start + len(self.form)
        if self.read >= 0 and self.form[self.read :].startswith(word):
            start = self.start + self.read
            return (start, start + len(word)), self._replace(read=self.read + len(word))
        return whole, self._replace(read=-1)


def _cell(path: Path, line: Line, column: int, what: str) -> str:
    cell = line.cells[column].strip()
    if not cell:
        raise HeadworkError(f"{path}, line {line.number}: no {what} in column {column + 1}")
    return cell


def _numbered(path: Path, option: str, asked: str, columns: int) -> int:
    if not asked.isdecimal() or not 1 <= int(asked) <= columns:
        raise HeadworkError(f"{option} {asked}: {path} has the columns 1 to {columns}")
    return int(asked) - 1


def _named(path: Path, option: str, asked: str) -> int:
    if asked.lower() not in UNIVERSAL:
        raise HeadworkError(f"{option} {asked}: {path} has the columns {', '.join(UNIVERSAL)}")
    return UNIVERSAL.index(asked.lower())
