"""The test questions by what is right of them, by their first words and by the size of their table.

    one cell        the answer stands in the table       several cells     all of several answers do
    a number        that no cell holds: a count, a sum, a difference
    yes or no       something else

Axes: S seeds, n test questions.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from headwork.base.sheets import Sheet
from headwork.base.table import Kept, TablePart, TableParting
from headwork.base.values import Value, value_of
from headwork.base.words import words_of
from headwork.data.table_questions import TableQuestions
from headwork.measure.means import mean_score

ROWS = (5, 10, 15, 20)
"""of the largest table of each part but the last"""
KINDS = ("one cell", "several cells", "a number no cell holds", "yes or no", "something else")
ASKING = ("how many", "how much or long", "which", "what", "who", "when or where", "yes or no", "another")
FIRST = {
    **dict.fromkeys(("who", "whom", "whose"), "who"),
    **dict.fromkeys(("when", "where"), "when or where"),
    **dict.fromkeys(("is", "are", "was", "were", "did", "do", "does", "has", "have", "had"), "yes or no"),
    **{word: word for word in ("which", "what")},
}
YES_OR_NO = frozenset({"yes", "no", "true", "false"})


def partings(test: TableQuestions, hits: Mapping[str, np.ndarray]) -> list[TableParting]:
    """`hits` holds (S, n) for each model; parts in the order of their kind, empty ones left out."""
    sizes = [len(asked.sheet.rows) for asked in test.asked]
    by = {"rows of the table": ([_between(size) for size in sizes], _names())}
    if test.classes:
        by = {"what is right": ([label for (label,) in test.right], list(test.classes)), **by}
    else:
        held: dict[int, frozenset[Value]] = {}
        kinds = [
            kind_of(right, _values(asked.sheet, held)) for asked, right in zip(test.asked, test.right, strict=True)
        ]
        words = [asking(asked.text) for asked in test.asked]
        by = {"what is right": (kinds, list(KINDS)), "how it is asked": (words, list(ASKING)), **by}
    return [_parting(name, np.array(of), names, hits, test.tables) for name, (of, names) in by.items()]


def kind_of(right: Sequence[str], held: frozenset[Value]) -> str:
    """`held` are the values of the table's cells."""
    values = {value_of(text) for text in right}
    if values <= held:
        return KINDS[0] if len(values) == 1 else KINDS[1]
    if values <= YES_OR_NO:
        return KINDS[3]
    return KINDS[2] if len(values) == 1 and isinstance(next(iter(values)), float) else KINDS[4]


def asking(question: str) -> str:
    """The first of its words that asks."""
    words = words_of(question)
    for one, other in zip(words, [*words[1:], ""], strict=True):
        if one == "how":
            return "how many" if other == "many" else "how much or long"
        if one in FIRST and (FIRST[one] != "yes or no" or one == words[0]):
            return FIRST[one]
    return "another"


def used_kinds(kinds: Sequence[str], hits: np.ndarray) -> list[Kept]:
    """By what kinds of programs a seed answered, most used first; (n,) hits."""
    named = np.array([kind or "nothing" for kind in kinds])
    found = [
        Kept(kind=str(kind), rows=int((named == kind).sum()), right=int(hits[named == kind].sum()))
        for kind in np.unique(named)
    ]
    return sorted(found, key=lambda one: (-one.rows, one.kind))


def _values(sheet: Sheet, held: dict[int, frozenset[Value]]) -> frozenset[Value]:
    found = held.get(id(sheet))
    if found is None:
        found = held[id(sheet)] = frozenset(value_of(cell) for row in sheet.rows for cell in row)
    return found


def _parting(
    by: str, of: np.ndarray, names: Sequence[str], hits: Mapping[str, np.ndarray], tables: np.ndarray
) -> TableParting:
    parts = []
    for name in names:
        rows = np.flatnonzero(of == name)
        if len(rows):
            scores = {model: mean_score(own[:, rows], groups=tables[rows]) for model, own in hits.items()}
            parts.append(TablePart(name=name, rows=len(rows), accuracy=scores))
    return TableParting(by=by, parts=parts)


def _between(size: int) -> str:
    return _names()[int(np.searchsorted(ROWS, size))]


def _names() -> list[str]:
    firsts = [1, *(edge + 1 for edge in ROWS[:-1])]
    return [*(f"{a}–{b}" for a, b in zip(firsts, ROWS, strict=True)), f"over {ROWS[-1]}"]
