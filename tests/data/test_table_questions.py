"""Questions about tables from files: tables beside them, clean sides, and refusals in one line."""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.tables import write_facts, write_folder

from headwork.base.errors import HeadworkError
from headwork.base.limits import DEFAULT_LIMITS, Limits
from headwork.data.asked_tables import read_asked
from headwork.data.prepared_tables import prepare_tables
from headwork.data.sheets import read_sheet, read_sheets
from headwork.data.table_questions import TableCorpus


def lines(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def table(name: str = "t1", **more: object) -> dict:
    return {"id": name, "header": ["Nation", "Gold"], "rows": [["Peru", 3], ["Chad", None]], **more}


@pytest.mark.row("BE27")
def test_a_folder_of_tables_is_read_and_parted_by_table(tmp_path):
    corpus = prepare_tables(write_folder(tmp_path / "own"))
    facts = corpus.facts
    assert (facts.rows, facts.unit, facts.classes) == (96, "questions", []) and corpus.name == "own"
    assert facts.split_by == "dev and test cut from train, by table"
    sides = {side: {asked.sheet.id for asked in corpus.part(side).asked} for side in ("train", "dev", "test")}
    assert sum(map(len, sides.values())) == 24 and len(set.union(*sides.values())) == 24
    test = corpus.part("test")
    assert len(np.unique(test.tables)) == len(sides["test"])
    assert test.asked[0].sheet.header == ("Nation", "Gold", "Points")


def test_statements_have_labels(tmp_path):
    corpus = prepare_tables(write_facts(tmp_path / "facts"))
    assert corpus.facts.classes == ["0", "1"] and corpus.facts.unit == "statements"
    assert sum(corpus.facts.class_rows.values()) == 120
    train = corpus.part("train")
    assert [train.classes[label] for label in train.labels] == [right[0] for right in train.right]


def test_what_is_saved_comes_back_and_what_was_changed_is_refused(tmp_path):
    corpus = prepare_tables(write_folder(tmp_path / "own"))
    out = tmp_path / "out"
    out.mkdir()
    corpus.save(out)
    again = TableCorpus.load(out)
    assert again.questions.asked == corpus.questions.asked and again.questions.right == corpus.questions.right
    assert (again.sides == corpus.sides).all()
    (out / "tables.parquet").write_bytes(b"no")
    with pytest.raises(HeadworkError, match="missing or damaged"):
        TableCorpus.load(out)


def test_tables_of_a_file_and_of_files_with_lists_of_answers(tmp_path):
    lines(tmp_path / "tables.jsonl", table(caption="Medals"), table("t2", title="More", caption="less"))
    (tmp_path / "own.csv").write_text("A,B\n1,\n")
    path = lines(
        tmp_path / "a.jsonl",
        {"question": "Who?", "table": "t1", "answers": ["Peru", "Chad"], "id": "q1"},
        {"question": "What?", "table": "own.csv", "answers": ["1"]},
    )
    rows, kind = read_asked(path, DEFAULT_LIMITS)
    assert kind == "answers" and [row.right for row in rows] == [("Peru", "Chad"), ("1",)]
    assert rows[0].asked.sheet.rows == (("Peru", "3"), ("Chad", "")) and rows[0].asked.sheet.title == "Medals"
    assert rows[1].asked.sheet.rows == (("1", ""),) and [row.id for row in rows] == ["q1", "row 2"]
    (tmp_path / "b.csv").write_text("question,table,answers\nWho?,t1,Peru| Chad\n")
    assert read_asked(tmp_path / "b.csv", DEFAULT_LIMITS)[0][0].right == ("Peru", "Chad")
    (tmp_path / "c.csv").write_text("question,table,answer\nWho?,t1,Peru|Chad\n")
    assert read_asked(tmp_path / "c.csv", DEFAULT_LIMITS)[0][0].right == ("Peru|Chad",)
    packed = tmp_path / "more" / "tables.jsonl.gz"
    packed.parent.mkdir()
    packed.write_bytes(gzip.compress((tmp_path / "tables.jsonl").read_bytes()))
    assert read_sheets(packed) == read_sheets(tmp_path / "tables.jsonl")


def test_questions_are_cleaned_with_an_account(tmp_path):
    lines(tmp_path / "tables.jsonl", *(table(f"t{n}", rows=[["Peru", n]]) for n in range(30)), table("none", rows=[]))
    asked = [{"question": f"What is {n}?", "table": f"t{n}", "answer": str(n)} for n in range(30)]
    lines(
        tmp_path / "train.jsonl", *asked[:26], asked[0], {**asked[0], "question": " "}, {**asked[1], "answer": ""},
        {"question": "Why?", "table": "none", "answer": "x"}, {**asked[29], "question": "A leak?"},
    )  # fmt: skip
    dev, test = (
        lines(tmp_path / f"{name}.jsonl", *some) for name, some in (("dev", asked[26:28]), ("test", asked[28:]))
    )
    corpus = prepare_tables(tmp_path / "train.jsonl", dev=dev, test=test)
    assert corpus.facts.dropped == {
        "duplicate": 1, "empty question": 1, "no answer": 1, "empty table": 1, "table of a later split": 1,
    }  # fmt: skip
    with pytest.raises(HeadworkError, match=r"dev\.jsonl: no usable questions for dev"):
        prepare_tables(tmp_path / "train.jsonl", dev=dev, test=dev)
    split = corpus.facts.split
    assert (split.train, split.dev, split.test) == (26, 2, 2) and corpus.facts.split_by == "files"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("question,table,answer\nWho?,t9,a\n", "no table 't9'"),
        ("question,table,answer\nWho?,../../etc/passwd,a\n", "lies outside of"),
        ("question,table,answer\nWho?,,a\n", "row 1: it names no table"),
        ("question,table,answer\nWho?,ragged.csv,a\n", "row 3 has not as many cells as the header"),
        ("question,table,answer\nWho?,twice.csv,a\n", "more than one column is called 'A'"),
        ("question,table,answer\nWho?,words.txt,a\n", "not a file of a table"),
        ("question,table,answer\nWho?,empty.csv,a\n", "the file is empty"),
        ("question,table,answer\nWho?,header.csv,a\n", "no rows"),
        ("question,answer\nWho?,a\n", "expected columns question"),
        ("text,table\nWho?,t1\n", "expected columns question"),
        ("question,table\nWho?,t1\n", "expected a column answer, answers or label"),
        ("statement,table,label\nSo.,t1,yes\n", "1 usable questions"),
    ],
)
def test_bad_files_are_refused_in_one_line(tmp_path, text, told):
    lines(tmp_path / "tables.jsonl", table())
    for name, cells in {
        "ragged.csv": "A,B\n1,2\n3\n",
        "twice.csv": "A,A\n1,2\n",
        "words.txt": "A\n",
        "empty.csv": "",
        "header.csv": "A\n",
    }.items():
        (tmp_path / name).write_text(cells)
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(HeadworkError, match=told) as error:
        prepare_tables(tmp_path / "a.csv")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('{"id": "a", "header": ["A"]}', "missing required field `rows`"),
        ('{"id": "a", "header": ["A"], "rows": [["1", "2"]]}', "row 0 has 2 cells, and the header 1"),
        ('{"id": "a", "header": ["A"], "rows": [[{}]]}', "line 1"),
        ("[" * 100_000, "line 1"),
        ('{"id": "a", "header": ["A"], "rows": []}\n{"id": "a", "header": ["A"], "rows": []}', "a second table"),
    ],
)
def test_bad_tables_name_their_line(tmp_path, line, told):
    path = tmp_path / "tables.jsonl"
    path.write_text(line)
    with pytest.raises(HeadworkError, match=told):
        read_sheets(path)


def test_tables_are_read_within_limits(tmp_path):
    path = lines(tmp_path / "tables.jsonl", table())
    with pytest.raises(HeadworkError, match=r"2 columns, over the limit of 1; raise it with --limit columns=2"):
        read_sheets(path, Limits(columns=1))
    with pytest.raises(HeadworkError, match="2 rows, over the limit of 1"):
        read_sheets(path, Limits(rows=1))
    with pytest.raises(HeadworkError, match="cell characters"):
        read_sheets(path, Limits(cell_characters=3))
    with pytest.raises(HeadworkError, match="holds several tables"):
        read_sheet(path)


def test_a_folder_needs_one_file_of_questions(tmp_path):
    with pytest.raises(HeadworkError, match=r"needs one file of [^;]*; found none"):
        prepare_tables(tmp_path)
    for name in ("questions.csv", "questions.jsonl"):
        (tmp_path / name).write_text("x")
    with pytest.raises(HeadworkError, match=r"found questions\.csv and questions\.jsonl"):
        prepare_tables(tmp_path)


@given(st.binary(max_size=200))
def test_any_bytes_are_tables_or_refused(data):
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tables.jsonl"
        path.write_bytes(data)
        try:
            found = read_sheets(path)
        except HeadworkError:
            return
        assert all(len(row) == len(sheet.header) for sheet in found.values() for row in sheet.rows)


@pytest.mark.row("BE27")
def test_real_sets_are_read(real_data, monkeypatch):
    for name, rows, classes in (("wikitablequestions", 5400, []), ("tabfact", 10667, ["0", "1"])):
        corpus = prepare_tables(name)
        assert corpus.facts.rows == rows and corpus.facts.classes == classes and corpus.facts.split_by == "files"
