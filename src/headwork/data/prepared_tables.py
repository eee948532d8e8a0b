"""Questions about tables read, cleaned and parted into sides, with an account of every one that was read.

The files say whether answers are right or labels. Questions about one table stay on one side, and a question about a
table of a later side is dropped.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from headwork.base.errors import HeadworkError
from headwork.base.limits import DEFAULT_LIMITS, Limits
from headwork.base.results import DataFacts, Split
from headwork.data.asked_tables import Kind, Row, questions_in, read_asked, sheets_of
from headwork.data.duplicates import normalised
from headwork.data.sets import resolve
from headwork.data.sets import sets_of as named_sets
from headwork.data.sheets import TABLES
from headwork.data.split import SHARES, SIDES, Side, split
from headwork.data.table_questions import TableCorpus, TableQuestions, fingerprint_of, key_of

FEWEST_QUESTIONS = 20
LARGE = 1_000
"""rows of a table from which on it is worth a note"""


def prepare_tables(
    source: str | Path,
    *,
    dev: str | Path | None = None,
    test: str | Path | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> TableCorpus:
    """Read, clean and split a source: a file of questions, a folder with one and tables, or the name of a data set.

    dev, test: files of official sides; a side without a file is cut from the training questions, whole tables
    together. HeadworkError where a file is of another form, names a table that is not there, or leaves too little.
    """
    files: dict[Side, Path] = {side: questions_in(path) for side, path in resolve(source).files.items()}
    official: dict[Side, str | Path | None] = {"dev": dev, "test": test}
    files |= {side: Path(path) for side, path in official.items() if path}
    if "train" not in files:
        raise HeadworkError(f"{source}: holds no questions about tables; name a file or a folder that does")
    read, has_labels = _read(files, limits)
    kept, dropped = _cleaned(read)
    _check_enough(kept, dropped, files, str(source))
    labels = Counter(row.right[0] for _, _, row in kept if row.right) if has_labels else Counter()
    if has_labels and not 2 <= len(labels) <= limits.classes:
        raise HeadworkError(f"{source}: {len(labels)} different labels; expected 2 to {limits.classes:,}")
    sides, split_by = _sides(kept, files, str(source))
    questions = _questions([(place, row) for place, _, row in kept], tuple(sorted(labels)))
    facts = DataFacts(
        source=str(source),
        fingerprint=fingerprint_of(questions, sides),
        text_column="",
        label_column="",
        rows=len(read),
        classes=list(questions.classes),
        split=Split(**{side: sides.count(side) for side in SIDES}),
        dropped=dict(dropped),
        split_by=split_by,
        class_rows={name: labels[name] for name in questions.classes},
        notes=list(_notes([row for _, _, row in kept])),
        unit="statements" if has_labels else "questions",
    )
    return TableCorpus(facts, questions, np.array(sides))


def known_tables() -> list[str]:
    """The data sets of questions about tables below HEADWORK_DATA."""
    return [
        found.name
        for found in named_sets()
        if any(path.with_name(name).is_file() for path in found.files.values() for name in TABLES)
    ]


Kept = tuple[int, Side, Row]
"""row, side of its file, and the question"""


def _check_enough(kept: Sequence[Kept], dropped: Mapping[str, int], files: Mapping[Side, Path], source: str) -> None:
    told = ", ".join(f"{count:,} {reason}" for reason, count in dropped.items())
    account = f" (dropped: {told})" if told else ""
    if len(kept) < FEWEST_QUESTIONS:
        raise HeadworkError(f"{source}: {len(kept)} usable questions{account}; at least {FEWEST_QUESTIONS} are needed")
    for side, path in files.items():
        if not any(own == side for _, own, _ in kept):
            raise HeadworkError(f"{path}: no usable questions for {side}{account}; give a file that has some")


def _read(files: Mapping[Side, Path], limits: Limits) -> tuple[list[tuple[Side, Row]], bool]:
    """The rows of all sides, side by side, and whether they have labels in place of answers."""
    read: list[tuple[Side, Row]] = []
    kinds: dict[Side, Kind | None] = {}
    for side in SIDES:
        path = files.get(side)
        if path is None:
            continue
        rows, kinds[side] = read_asked(path, limits)
        read.extend((side, row) for row in rows)
        if kinds[side] is None or kinds[side] != kinds["train"]:
            raise HeadworkError(
                f"{path}: expected a column answer, answers or label, of one kind in all files; it says what a "
                "model learns"
            )
    return read, kinds["train"] == "labels"


def _questions(kept: Sequence[tuple[int, Row]], classes: tuple[str, ...]) -> TableQuestions:
    rows = [row for _, row in kept]
    places = np.array([place for place, _ in kept], dtype=np.int64)
    return TableQuestions(
        [row.asked for row in rows], [row.right or () for row in rows], [row.id for row in rows], places, classes
    )


def _cleaned(read: Sequence[tuple[Side, Row]]) -> tuple[list[Kept], Counter[str]]:
    dropped: Counter[str] = Counter()
    kept: list[Kept] = []
    # They come side by side, so that the last side of a table stays.
    latest = {key_of(row.asked.sheet): SIDES.index(side) for side, row in read}
    seen = set()
    for place, (side, row) in enumerate(read):
        about, text = key_of(row.asked.sheet), normalised(row.asked.text)
        if not text:
            dropped["empty question"] += 1
        elif not row.asked.sheet.rows or not row.asked.sheet.header:
            dropped["empty table"] += 1
        elif not row.right or not any(row.right):
            dropped["no answer"] += 1
        elif latest[about] > SIDES.index(side):
            dropped["table of a later split"] += 1
        elif (side, about, text, row.right) in seen:
            dropped["duplicate"] += 1
        else:
            seen.add((side, about, text, row.right))
            kept.append((place, side, row))
    return kept, dropped


def _sides(kept: Sequence[Kept], files: Mapping[Side, Path], source: str) -> tuple[list[Side], str]:
    """The side of each question, and how it was chosen."""
    sides: list[Side] = [side for _, side, _ in kept]
    shares: dict[Side, float] = {side: SHARES[side] for side in SIDES if side not in files}
    if not shares:
        return sides, "files"
    shares["train"] = 1 - sum(shares.values())
    training = [place for place, side in enumerate(sides) if side == "train"]
    tables = [key_of(kept[place][2].asked.sheet) for place in training]
    if len(set(tables)) < len(shares):
        raise HeadworkError(
            f"{source}: {len(set(tables))} tables, and questions about one stay together; give the sides as files "
            "with --dev and --test"
        )
    chosen = split([0] * len(training), seed=0, groups=tables, shares=shares)
    for place, side in zip(training, chosen, strict=True):
        sides[place] = side
    return sides, f"{' and '.join(side for side in ('dev', 'test') if side in shares)} cut from train, by table"


def _notes(rows: Sequence[Row]) -> Iterator[str]:
    sheets = sheets_of(rows)
    sizes = [len(sheet.rows) for sheet in sheets]
    columns = np.mean([len(sheet.header) for sheet in sheets])
    yield f"{len(sheets):,} tables, {np.mean(sizes):,.0f} rows and {columns:.0f} columns on average"
    if max(sizes) > LARGE:
        yield (
            f"{sum(size > LARGE for size in sizes):,} tables have more than {LARGE:,} rows; programs search all rows, "
            "a network reads a snapshot"
        )
