"""Each row is dropped for the first reason that holds."""

from headwork.data.columns import Columns
from headwork.data.sieve import absent_classes, rare_classes, rows_of, sieved
from headwork.data.split import Side
from headwork.data.tables import Table


def table_of(*rows: tuple[str | None, str | None], ragged: tuple[int, ...] = ()) -> Table:
    texts, labels = map(list, zip(*rows, strict=True))
    return Table({"text": texts, "label": labels, "part": ["x"] * len(rows)}, len(rows), "data.csv", ragged)


def kept(tables: dict[Side, Table], *, near: bool = False) -> tuple[list[int], dict[str, int]]:
    sieve = sieved(rows_of(tables, Columns("text", "label"), None), near=near)
    return [row.index for row in sieve.rows], dict(sieve.dropped)


def test_every_reason_counts_once() -> None:
    table = table_of(
        ("one", "a"),
        (" \n\u00a0", ""),
        (None, "a"),
        ("two", " "),
        ("two", None),
        (None, None),
        ("ONE ", "a"),
        ("one", "b"),
        ragged=(5,),
    )
    assert kept({"train": table}) == ([0, 7], {"ragged row": 1, "empty text": 2, "empty label": 2, "duplicate": 1})


def test_a_text_of_a_later_side_goes_whatever_its_label() -> None:
    tables: dict[Side, Table] = {
        "test": table_of(("asked", "a"), ("asked", "a"), ("other", "b")),
        "dev": table_of(("Asked", "a"), ("seen", "a")),
        "train": table_of(("asked", "b"), ("seen", "a"), ("new", "a"), ("new", "a")),
    }
    rows, dropped = kept(tables)
    assert rows == [2, 5, 6, 8]  # counted over train, dev, test
    assert dropped == {"duplicate of a later split": 3, "duplicate": 2}


def test_near_repeats_go_only_where_asked_for() -> None:
    long = "the same long sentence about one thing with many words in it"
    table = table_of((long, "a"), (f"{long} again", "b"))
    assert kept({"train": table}) == ([0, 1], {})
    assert kept({"train": table}, near=True) == ([0], {"near-duplicate": 1})


def test_labels_are_stripped_and_texts_are_not() -> None:
    row = rows_of({"train": table_of((" one\n", " a "))}, Columns("text", "label"), "part")[0]
    assert (row.text, row.label, row.group) == (" one\n", "a", "x")


def test_rare_and_absent_classes() -> None:
    rows = rows_of({"train": table_of(*[("x", "a")] * 5, *[("y", "b")] * 4)}, Columns("text", "label"), None)
    assert rare_classes(rows) == {"b": 4}
    sides: list[Side] = ["train", "test", "dev", "dev", "dev", "train", "dev", "dev", "dev"]
    assert absent_classes(rows, sides) == {"b": 4}
