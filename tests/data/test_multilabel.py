"""Rows with any number of labels: how they are written, what is guessed, what is refused, what comes back."""

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from headwork.base.errors import HeadworkError
from headwork.data.corpus import Examples
from headwork.data.label_sets import found_separator
from headwork.data.multilabel import MultilabelCorpus, prepare_multilabel

NAMES = ("anger", "fear", "joy")
SETS = list(itertools.chain.from_iterable(itertools.combinations(NAMES, n) for n in range(4)))
"""all eight sets, that of none among them"""


def rows_of(count: int = 80) -> list[tuple[str, tuple[str, ...]]]:
    return [(f"text number {n}", SETS[n % 8]) for n in range(count)]


def csv(path: Path, header: str, lines: list[str]) -> Path:
    path.write_text("\n".join([header, *lines]) + "\n")
    return path


def labels_by_text(corpus: MultilabelCorpus) -> dict[str, tuple[str, ...]]:
    return {text: tuple(corpus.names(row)) for text, row in zip(corpus.texts, corpus.labels, strict=True)}


def write(tmp_path: Path, form: str) -> Path:
    """The same rows in each form that they may have."""
    rows, path = rows_of(), tmp_path / "rows.csv"
    if form == "flags":
        return csv(
            path, "text,joy,fear,anger", [f"{t},{','.join(str(int(n in s)) for n in NAMES[::-1])}" for t, s in rows]
        )
    if form in (",", ";", "|"):
        return csv(path, "text,emotions", [f'{text},"{f" {form} ".join(labels)}"' for text, labels in rows])
    if form == "json":
        cells = [json.dumps(labels).replace('"', '""') for _, labels in rows]
        return csv(path, "text,emotions", [f'{text},"{cell}"' for (text, _), cell in zip(rows, cells, strict=True)])
    if form == "jsonl":
        path = tmp_path / "rows.jsonl"
        path.write_text("\n".join(json.dumps({"text": text, "emotions": labels}) for text, labels in rows) + "\n")
        return path
    path = tmp_path / "rows.parquet"
    parquet.write_table(pa.table({"text": [t for t, _ in rows], "emotions": [list(s) for _, s in rows]}), path)
    return path


@pytest.mark.row("BE12")
@pytest.mark.parametrize("form", ["flags", ",", ";", "|", "json", "jsonl", "parquet"])
def test_all_forms_say_the_same(tmp_path, form):
    corpus = prepare_multilabel(write(tmp_path, form))
    assert corpus.facts.classes == list(NAMES)
    assert labels_by_text(corpus) == dict(rows_of())
    assert corpus.facts.class_rows == {name: 40 for name in NAMES}
    assert corpus.facts.cardinality == 1.5
    assert "10 rows have no label; they are kept" in corpus.facts.notes
    for side in ("train", "dev", "test"):
        assert corpus.part(side).labels.any(0).all()


@pytest.mark.parametrize("form", ["flags", ";"])
def test_columns_can_be_named(tmp_path, form):
    named: dict[str, Any] = {"labels": "fear, joy"} if form == "flags" else {"label": "emotions", "separator": ";"}
    corpus = prepare_multilabel(write(tmp_path, form), text="text", **named)
    assert not any("guessed" in note for note in corpus.facts.notes)
    assert corpus.facts.classes == (["fear", "joy"] if form == "flags" else list(NAMES))


def test_the_separator_is_told_and_can_be_another(tmp_path):
    path = csv(tmp_path / "rows.csv", "text,tags", [f"text {n},a/b; c" if n % 2 else f"text {n},c" for n in range(40)])
    corpus = prepare_multilabel(path, label="tags")
    assert corpus.facts.classes == ["a/b", "c"]
    assert any("holds labels with ';' between them; --separator" in note for note in corpus.facts.notes)
    assert prepare_multilabel(path, label="tags", separator="/").facts.classes == ["a", "b; c", "c"]


def test_what_most_cells_have_parts_them():
    assert found_separator(["a;b", "c;d", "e, really;f", "g,h", None, ""]) == ";"
    assert found_separator(['["a"]', " [] ", None]) == "json"
    assert found_separator(["a", "b"]) == ""


def test_votes_are_labels_where_there_are_any(tmp_path):
    lines = [f"text {n},{n % 3},{(n + 1) % 2}.0" for n in range(60)]
    corpus = prepare_multilabel(csv(tmp_path / "votes.csv", "text,hate,fun", lines), labels="hate,fun")
    assert corpus.facts.class_rows == {"fun": 30, "hate": 40}
    assert any("a label is there where its count is above 0" in note for note in corpus.facts.notes)


def test_numbers_are_lines_of_the_file_beside(tmp_path):
    path = csv(tmp_path / "rows.csv", "text,labels", [f'text {n},"{n % 2},{2 + n % 2}"' for n in range(40)])
    assert prepare_multilabel(path).facts.classes == ["0", "1", "2", "3"]
    (tmp_path / "labels.txt").write_text("red\ngreen\nblue\nblack\n")
    corpus = prepare_multilabel(path)
    assert set(labels_by_text(corpus).values()) == {("blue", "red"), ("black", "green")}
    (tmp_path / "labels.txt").write_text("red\ngreen\nblue\n")
    with pytest.raises(
        HeadworkError, match=r"row 2 of the data: label 3, but labels\.txt beside it has 3 lines, 0 to 2"
    ):
        prepare_multilabel(path)
    (tmp_path / "labels.txt").write_text("red\nred\nblue\nblack\n")
    with pytest.raises(HeadworkError, match="stands there twice"):
        prepare_multilabel(path)


def test_labels_that_cannot_be_learnt_are_left_out_and_their_rows_stay(tmp_path):
    lines = [f"text {n},{'common' if n % 2 else ''}{';rare' if n in (1, 3, 5) else ''}" for n in range(60)]
    corpus = prepare_multilabel(csv(tmp_path / "rows.csv", "text,labels", lines))
    assert corpus.facts.classes == ["common"] and len(corpus.texts) == 60
    assert any("left out: 'rare' (3)" in note for note in corpus.facts.notes)
    for name, label in (("train", "old"), ("test", "new")):
        csv(
            tmp_path / f"{name}.csv",
            "text,labels",
            [f"{name} {n},both;{label}" if n % 2 else f"{name} {n}," for n in range(30)],
        )
    corpus = prepare_multilabel(tmp_path / "train.csv", test=tmp_path / "test.csv")
    assert corpus.facts.classes == ["both", "old"]
    assert any("'new' (15)" in note for note in corpus.facts.notes)


def test_what_was_saved_comes_back(tmp_path):
    corpus = prepare_multilabel(write(tmp_path, ";"))
    corpus.save(tmp_path / "out")
    loaded = MultilabelCorpus.load(tmp_path / "out")
    assert loaded.facts == corpus.facts and loaded.texts == corpus.texts
    assert np.array_equal(loaded.labels, corpus.labels) and loaded.labels.dtype == bool
    table = parquet.read_table(tmp_path / "out" / "rows.parquet")
    for damage in ("no list", '["unknown"]'):
        cells = [damage, *table["label"].to_pylist()[1:]]
        changed = table.set_column(table.column_names.index("label"), "label", pa.array(cells, pa.large_string()))
        parquet.write_table(changed, tmp_path / "out" / "rows.parquet")
        with pytest.raises(HeadworkError, match="missing or damaged"):
            MultilabelCorpus.load(tmp_path / "out")


def test_repeated_rows_go_and_rows_of_a_later_side_too(tmp_path):
    lines = [f"text {n},a;b" if n % 2 else f"text {n},c" for n in range(40)]
    again = [*lines, "text 1,b;a", "Text  2,c", "text 3,a"]
    corpus = prepare_multilabel(csv(tmp_path / "rows.csv", "text,labels", again))
    assert corpus.facts.dropped == {"duplicate": 2}
    assert any("2 rows have a text that stands there with other labels too" in note for note in corpus.facts.notes)


def test_a_share_of_the_rows_is_part_of_a_larger_one(tmp_path):
    train: Examples = prepare_multilabel(write(tmp_path, ";")).part("train")
    small, large = train.share(0.2), train.share(0.5)
    assert len(small) == round(0.2 * len(train)) and set(small.rows) < set(large.rows) < set(train.rows)


BAD = {
    "no flag": ("text,a,b", "t,1,0\nu,.5,1\n", {"labels": "a,b"}, r"row 2 .*: '\.5' is neither 0 nor 1 \(column 'a'\)"),
    "an empty flag": ("text,a,b", "t,1,0\nu,,1\n", {"labels": "a,b"}, "an empty cell is neither 0 nor 1"),
    "less than none": ("text,a,b", "t,1,-1\n", {"labels": "a,b"}, "'-1' is neither 0 nor 1"),
    "an unknown column": ("text,a,b", "t,1,0\n", {"labels": "a,c"}, "no column 'c'"),
    "both": ("text,a,b", "t,1,0\n", {"labels": "a", "label": "b"}, "--label, --labels: one column"),
    "twice": ("text,a,b", "t,1,0\n", {"labels": "a,a"}, "'a' is named twice"),
    "a separator of flags": ("text,a,b", "t,1,0\n", {"labels": "a,b", "separator": ";"}, "means nothing for columns"),
    "no list": ("text,tags", "t,['a']\n", {"separator": "json"}, r"row 1 of the data: .* is no JSON list"),
    "one set": ("text,tags", "".join(f"t{n},a;b\n" for n in range(30)), {}, "one set of labels only"),
    "few rows": ("text,tags", "t,a;b\nu,a\n", {}, "at least 20 are needed"),
    "none recurs": ("text,tags", "".join(f"t{n},a{n};b{n}\n" for n in range(30)), {}, "none of its 60 labels"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_rows_are_refused_in_one_line(tmp_path, case):
    header, lines, options, told = BAD[case]
    path = tmp_path / "rows.csv"
    path.write_text(f"{header}\n{lines}")
    with pytest.raises(HeadworkError, match=told) as refused:
        prepare_multilabel(path, **options)
    assert "\n" not in str(refused.value)


def test_the_embedded_default_has_one_label_a_row():
    with pytest.raises(HeadworkError, match="stdlib: its rows have one label each"):
        prepare_multilabel("stdlib")


@pytest.mark.row("BE12")
def test_real_sets(real_data):
    corpus = prepare_multilabel("goemotions")
    assert len(corpus.facts.classes) == 28 and corpus.facts.cardinality == pytest.approx(1.18, abs=0.01)
    assert labels_by_text(corpus)["Is this in New Orleans?? I really feel like this is New Orleans."] == ("neutral",)
    votes = prepare_multilabel("toxic_tweets", labels="hate,offensive,neither")
    assert votes.facts.class_rows == {"hate": 4979, "neither": 5885, "offensive": 21241}


def test_flags_come_before_a_column_of_single_labels_and_after_one_of_several(tmp_path):
    rows = [(f"text number {n}", n % 2, n % 3 > 0, "ab"[n % 2], "x;y" if n % 5 else "") for n in range(60)]
    flat = [f"{text},{int(one)},{int(other)},{kind}" for text, one, other, kind, _ in rows]
    path = csv(tmp_path / "flat.csv", "comment,toxic,insult,label", [*flat, "a row that is cut"])
    corpus = prepare_multilabel(path)
    assert corpus.facts.classes == ["insult", "toxic"] and corpus.facts.dropped == {"ragged row": 1}
    assert any("'toxic', 'insult' are the labels, of 0 and 1; --labels" in note for note in corpus.facts.notes)
    several = [f"{line},{tags}" for line, (*_, tags) in zip(flat, rows, strict=True)]
    corpus = prepare_multilabel(csv(tmp_path / "several.csv", "comment,toxic,insult,label,tags", several))
    assert corpus.facts.classes == ["x", "y"] and corpus.facts.label_column == "tags"


def test_a_row_stands_for_the_rarest_of_its_labels(tmp_path):
    """Each rare label is on ten rows beside a common one: a tenth and a fifth of them go to dev and test."""
    rare = [f"z{place}" for place in range(5)]
    sets = [["a", *(name for place, name in enumerate(rare) if n % 20 == 3 * place)] for n in range(200)]
    lines = [f"text {n},{';'.join(labels)}" for n, labels in enumerate(sets)]
    corpus = prepare_multilabel(csv(tmp_path / "rows.csv", "text,labels", lines))
    assert corpus.facts.classes == ["a", *rare]
    for side, rows in (("train", 7), ("dev", 1), ("test", 2)):
        assert corpus.part(side).labels[:, 1:].sum(0).tolist() == [rows] * 5
