"""Which column is the text and which the label: as named, or else guessed from names and contents.

A row may be a pair of texts. Columns that differ only in a mark (sentence1 and sentence2, text_a and text_b) are then
taken for its sides before others.
"""

import difflib
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from headwork.base.errors import HeadworkError
from headwork.data.cells import Cell
from headwork.data.tables import Table

TEXT_NAMES = frozenset(
    "text texts review question sentence document body content message comment tweet post article description "
    "paragraphs abstract utterance query".split()
)
LABEL_NAMES = frozenset(
    "label labels class classes category categories target sentiment topic intent kind type tag rating stars star "
    "score polarity emotion gold y".split()
)
SETS_NAMES = LABEL_NAMES | frozenset("tags topics emotions genres intents types kinds sentiments".split())
"""the same of columns that hold several labels in a cell"""
SEVERAL = re.compile(r"[,;|\[]|\n\n")
"""what parts them"""
SIDE_NAMES = TEXT_NAMES | frozenset("premise hypothesis answer passage response context title reference".split())
QUERY_NAMES = ("query", "question", "summary", "search", "title", "headline", "description")
FOUND_NAMES = ("document", "code", "passage", "answer", "function", "source", "body", "context", "content", "text")
"""what the sides of search are called, the likeliest first"""
TARGET_NAMES = LABEL_NAMES | frozenset(
    "entailment relatedness similarity duplicate relation judgment judgement relevance".split()
)
"""the same of pairs"""
SUMMARY_NAMES = (
    *("summary", "summaries", "highlights", "tldr", "target", "tgt", "reference", "references", "headline", "title"),
    *("abstract", "label"),
)
"""of columns with what people wrote for a document, the likeliest first"""
DOCUMENT_NAMES = TEXT_NAMES | frozenset("source src story sentences dialogue".split())
MARK = re.compile(r"[ _-]?(?:[12ab]|one|two|first|second|left|right)$", re.IGNORECASE)
"""what tells two columns of one kind apart"""
NUMERIC_CLASSES = 20
"""a label column of numbers holds classes up to so many different ones"""


@dataclass(frozen=True)
class Columns:
    """The names of the columns; `guessed` holds those of them that nobody named."""

    text: str
    label: str
    guessed: tuple[str, ...] = ()
    second: str = ""
    """of the second text, where a row is a pair"""

    def notes_of_pairs(self) -> Iterator[str]:
        """Which columns of a pair were guessed, and what names others."""
        options = {self.text: "--text", self.second: "--text-b", self.label: "--label"}
        if self.guessed:
            yield f"guessed columns: {', '.join(f'{name!r} ({options[name]} names another)' for name in self.guessed)}"


@dataclass(frozen=True)
class LabelColumns:
    """The column of the text and those of the labels: one that holds sets of them, or flags of 0 and 1."""

    text: str
    labels: tuple[str, ...]
    flags: bool
    told: tuple[str, ...] = ()
    """what was guessed, as notes"""

    @property
    def joined(self) -> Columns:
        """As if one column held the labels."""
        return Columns(self.text, ", ".join(self.labels))


def choose_columns(
    table: Table, *, text: str | None = None, label: str | None = None, exclude: Collection[str] = ()
) -> Columns:
    """The columns as named by the user, a missing one guessed among those not in `exclude`."""
    for name in (text, label, *exclude):
        if name is not None:
            check_column(table, name)
    if text is not None and text == label:
        raise HeadworkError(f"column {text!r} is named as text and as label; name two columns of {_listed(table)}")
    guessed = []
    if label is None:
        label = _guess_label(table, taken={text, *exclude})
        guessed.append(label)
    if text is None:
        text = _guess_text(table, taken={label, *exclude})
        guessed.append(text)
    return Columns(text, label, tuple(guessed))


def choose_summary_columns(table: Table, *, text: str | None = None, label: str | None = None) -> Columns:
    """The columns of the documents and of what people wrote for them, those that were not named guessed."""
    for name in filter(None, (text, label)):
        check_column(table, name)
    if text is not None and text == label:
        raise HeadworkError(f"column {text!r} is named as text and as label; name two columns of {_listed(table)}")
    guessed = []
    if label is None:
        called = {name.lower(): name for name in table.columns if name != text and _has_words(table.columns[name])}
        label = next((called[name] for name in SUMMARY_NAMES if name in called), None)
        if label is None:
            raise HeadworkError(
                f"{table.source}: no column is called like a summary; name it with --label, one of {_listed(table)}"
            )
        guessed.append(label)
    if text is None:
        text = _guess_text(table, {label}, DOCUMENT_NAMES)
        guessed.append(text)
    return Columns(text, label, tuple(guessed))


def choose_label_columns(
    table: Table,
    *,
    text: str | None = None,
    label: str | None = None,
    labels: Sequence[str] = (),
    exclude: Collection[str] = (),
) -> LabelColumns:
    """The columns of the text and of any number of labels, those that were not named guessed.

    A column whose cells hold several labels comes before columns of 0 and 1, and those before a column of single ones.
    """
    if label and labels:
        raise HeadworkError("--label, --labels: one column that holds sets of labels, or several of 0 and 1; not both")
    named = [name for name in (text, label, *labels) if name]
    for name in (*named, *exclude):
        check_column(table, name)
    if twice := {name for name in named if named.count(name) > 1}:
        raise HeadworkError(f"column {min(twice)!r} is named twice; name different ones of {_listed(table)}")
    chosen, told = tuple(labels) or tuple(filter(None, [label])), []
    flags = bool(labels)
    if not chosen:
        chosen, flags = _guess_labels(table, {text, *exclude})
        which = (
            f"{', '.join(map(repr, chosen))} are the labels, of 0 and 1" if flags else f"{chosen[0]!r} holds the labels"
        )
        told.append(f"guessed that {which}; --{'labels' if flags else 'label'} names others")
    if text is None:
        text = _guess_text(table, taken={*chosen, *exclude})
        told.append(f"guessed that {text!r} is the text column; --text names another")
    return LabelColumns(text, chosen, flags, tuple(told))


def _guess_labels(table: Table, taken: Collection[str | None]) -> tuple[tuple[str, ...], bool]:
    """Names of columns, and whether they hold 0 and 1."""
    flags = [name for name in table.columns if name not in taken and _is_flag(table.columns[name])]
    sets = [
        name
        for name in table.columns
        if name not in {*taken, *flags}
        and not _parts(name).isdisjoint(SETS_NAMES)
        and any(cell and SEVERAL.search(cell) for cell in table.columns[name])
    ]
    if sets or len(flags) < 2:
        return (min(sets, key=len) if sets else _guess_label(table, taken),), False
    return tuple(flags), True


def _is_flag(column: Sequence[Cell]) -> bool:
    return {(cell or "").strip().lower() for cell in column} - {""} in ({"0", "1"}, {"true", "false"})


def choose_pair_columns(
    table: Table,
    *,
    text: str | None = None,
    second: str | None = None,
    label: str | None = None,
    exclude: Collection[str] = (),
) -> Columns:
    """The columns of both texts and of the target, those that were not named guessed among those not in `exclude`."""
    named = (text, second, label)
    for name in filter(None, (*named, *exclude)):
        check_column(table, name)
    if twice := {name for name in filter(None, named) if named.count(name) > 1}:
        raise HeadworkError(f"column {min(twice)!r} is named twice; name three columns of {_listed(table)}")
    taken = {*filter(None, named), *exclude}
    twins = None if text or second else _twins(table, taken)
    if label is None:
        label = _guess_label(table, {*taken, *(twins or ())}, TARGET_NAMES)
    first, other = twins or _sides(table, {*taken, label}, text, second)
    guessed = [found for found, given in zip((first, other, label), named, strict=True) if found != given]
    return Columns(first, label, tuple(guessed), other)


def choose_search_columns(
    table: Table, *, text: str | None = None, second: str | None = None, exclude: Collection[str] = ()
) -> Columns:
    """The columns of queries and documents, those that were not named guessed among those not in `exclude`.

    A column called like a query or a document comes before others; without such names queries are the shorter texts.
    """
    named = (text, second)
    for name in filter(None, (*named, *exclude)):
        check_column(table, name)
    if text is not None and text == second:
        raise HeadworkError(f"column {text!r} is named as query and as document; name two columns of {_listed(table)}")
    free = [name for name in table.columns if name not in {*named, *exclude} and _has_words(table.columns[name])]
    if len(free) < named.count(None):
        found = ", ".join(repr(name) for name in (*filter(None, named), *free)) or "no column"
        raise HeadworkError(
            f"{table.source}: search needs a query and its document in two columns, but {found} alone looks like a "
            f"text; name both with --text and --text-b, of {_listed(table)}"
        )
    document = second or _called(free, FOUND_NAMES)
    query = text or _called([name for name in free if name != document], QUERY_NAMES)
    rest = sorted((name for name in free if name not in (query, document)), key=lambda n: _characters(table.columns[n]))
    query = query or (rest.pop(0) if document else rest.pop(-2))
    document = document or rest[-1]
    guessed = [found for found, given in ((query, text), (document, second)) if found != given]
    return Columns(query, "", tuple(guessed), document)


def _called(free: Sequence[str], names: Sequence[str]) -> str | None:
    """The column whose name holds the first of `names` that any has; of several the shortest."""
    for wanted in names:
        if called := [name for name in free if wanted in _parts(name)]:
            return min(called, key=len)
    return None


def _twins(table: Table, taken: Collection[str]) -> tuple[str, str] | None:
    """Two columns of words whose names differ in a mark alone; of several the shortest names."""
    kinds: dict[str, list[str]] = {}
    for name in table.columns:
        if name not in taken and MARK.search(name) and _has_words(table.columns[name]):
            kinds.setdefault(MARK.sub("", name), []).append(name)
    found = [(len(kind), names) for kind, names in kinds.items() if len(names) == 2]
    if not found:
        return None
    first, second = min(found)[1]
    return first, second


def _sides(table: Table, taken: Collection[str], text: str | None, second: str | None) -> tuple[str, str]:
    """The columns of words that are called most like a text and hold the longest cells, in the order of the table."""
    free = [name for name in table.columns if name not in taken and _has_words(table.columns[name])]
    wanted = [text, second].count(None)
    if len(free) < wanted:
        found = [*filter(None, (text, second)), *free]
        raise HeadworkError(
            f"{table.source}: a pair has two texts, but {', '.join(map(repr, found)) or 'no column'} alone looks like "
            f"one; name both with --text and --text-b, of {_listed(table)}"
        )
    best = sorted(free, key=lambda name: (not _parts(name) & SIDE_NAMES, -_characters(table.columns[name])))[:wanted]
    rest = iter(sorted(best, key=free.index))
    return text or next(rest), second or next(rest)


def choose_text_column(table: Table, name: str | None) -> str:
    """The column to read texts from that were never labelled: `name`, or the only column that the table has.

    Where there is no name, the column that looks most like a text.
    """
    if name is None:
        return _guess_text(table, ())
    if name not in table.columns and len(table.columns) == 1:
        return next(iter(table.columns))
    check_column(table, name)
    return name


def check_column(table: Table, name: str) -> None:
    """Refuse a name that no column has; the message lists the columns and the nearest name."""
    if name not in table.columns:
        near = difflib.get_close_matches(name, table.columns, n=1, cutoff=0.5)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise HeadworkError(f"{table.source}: no column {name!r} among {_listed(table)}{hint}")


def check_filled(table: Table, needed: Mapping[str, str]) -> None:
    """Refuse the first row with an empty cell in the columns that are needed, each with what it holds.

    Ragged rows are dropped later, with a count.
    """
    ragged = set(table.ragged)
    for name, what in needed.items():
        for place, cell in enumerate(table.columns[name], 1):
            if not (cell and cell.strip()) and place - 1 not in ragged:
                raise HeadworkError(
                    f"{table.source}, row {place} of the data: the {what} is empty (column {name!r}); fill it in or "
                    "take the row out"
                )


def check_numbers(labels: Sequence[str], column: str) -> None:
    """Refuse labels that look like measurements: more than NUMERIC_CLASSES different numbers."""
    different = set(labels)
    if len(different) > NUMERIC_CLASSES and all(map(is_number, different)):
        raise HeadworkError(
            f"label column {column!r} holds {len(different):,} different numbers, and up to {NUMERIC_CLASSES} count as "
            "classes; name another one with --label, or pass --as-classes if each number is a class"
        )


def is_number(text: str) -> bool:
    return re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", text, re.ASCII) is not None


def _guess_label(table: Table, taken: Collection[str | None], names: Collection[str] = LABEL_NAMES) -> str:
    """A column called like a label before others, then one whose cells recur, then the one with the fewest of them."""
    candidates = []
    for name in table.columns.keys() - set(taken):
        called = not _parts(name).isdisjoint(names)
        different = {cell for cell in table.columns[name] if cell and not cell.isspace()}
        most = NUMERIC_CLASSES if all(map(is_number, different)) else max(2, table.rows // 5)
        recurs = 2 <= len(different) <= most
        if called or recurs:
            candidates.append((not called, not recurs, len(_parts(name)), len(different), name))
    if not candidates:
        raise HeadworkError(
            f"{table.source}: no column looks like a label; name it with --label, one of {_listed(table)}"
        )
    return min(candidates)[-1]


def _guess_text(table: Table, taken: Collection[str | None], names: Collection[str] = TEXT_NAMES) -> str:
    """Among the columns called like a text, or else among all that hold words, the one with the longest cells."""
    free = [name for name in table.columns.keys() - set(taken) if _has_words(table.columns[name])]
    if not free:
        raise HeadworkError(
            f"{table.source}: no column looks like a text; name it with --text, one of {_listed(table)}"
        )
    return max(sorted(free), key=lambda name: (not _parts(name).isdisjoint(names), _characters(table.columns[name])))


def _has_words(column: list[Cell]) -> bool:
    return any(cell and not is_number(cell) for cell in column)


def _characters(column: list[Cell]) -> int:
    return sum(len(cell) for cell in column if cell)


def _parts(name: str) -> set[str]:
    """The words in a column's name: reviewText and review_text have the same."""
    return {part.lower() for part in re.findall(r"[A-Z]?[^\W_A-Z]+|[A-Z]+", name)}


def _listed(table: Table) -> str:
    names = [repr(name) for name in table.columns]
    return ", ".join(names[:20]) + (f" and {len(names) - 20} more" if len(names) > 20 else "")
