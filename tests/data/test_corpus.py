"""What was read is accounted for row by row; no text stands on two sides; what is stored comes back."""

import tempfile
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from headwork.base.errors import HeadworkError
from headwork.base.files import read_json
from headwork.base.limits import Limits
from headwork.base.results import DataFacts
from headwork.data.corpus import Corpus, prepare
from headwork.data.duplicates import normalised
from headwork.data.split import SIDES

CELLS = st.tuples(
    st.sampled_from(["", " ", "Word", *(f"word {place}" for place in range(60))]),
    st.sampled_from(["", "yes", "no", "maybe", "seldom"]),
    st.sampled_from(["g1", "g2", "g3", "g4", "g5", ""]),
)


def lines(rows, header: str = "text,label,group") -> str:
    return "\n".join([header, *(",".join(row) for row in rows)]) + "\n"


def check_account(corpus: Corpus, rows: int) -> None:
    facts = corpus.facts
    assert facts.rows == rows
    assert facts.split.train + facts.split.dev + facts.split.test + sum(facts.dropped.values()) == rows
    assert len(corpus.texts) == len(corpus.labels) == len(corpus.sides) == len(corpus.rows)
    assert Counter(corpus.sides.tolist()) == {side: getattr(facts.split, side) for side in SIDES}
    assert facts.class_rows == {name: int((corpus.labels == place).sum()) for place, name in enumerate(facts.classes)}


@settings(max_examples=60)
@given(st.lists(CELLS, min_size=30, max_size=150), st.booleans(), st.integers(0, 2))
def test_any_table_is_accounted_for_or_refused(rows: list[tuple[str, str, str]], grouped: bool, seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data.csv"
        path.write_text(lines(rows) + "ragged\n")
        try:
            corpus = prepare(path, text="text", label="label", group="group" if grouped else None, seed=seed)
        except HeadworkError:
            return
    check_account(corpus, len(rows) + 1)
    assert set(corpus.sides) == set(SIDES)
    assert corpus.facts.dropped["ragged row"] == 1
    sides_of: dict[str, set] = {}
    for text, side, row, label in zip(corpus.texts, corpus.sides, corpus.rows, corpus.labels, strict=True):
        assert rows[row][:2] == (text, corpus.facts.classes[label])
        sides_of.setdefault(normalised(text), set()).add(side)
        if grouped and rows[row][2]:
            sides_of.setdefault("group " + rows[row][2], set()).add(side)
    assert all(len(sides) == 1 for sides in sides_of.values())
    for place in range(len(corpus.facts.classes)):
        assert {"train", "test"} <= set(corpus.sides[corpus.labels == place])


def test_groups_that_share_a_text_count_as_one(make_file) -> None:
    """Three groups, but two of them share a text, and so there is none for dev."""
    rows = [(f"text {row}", "ab"[row % 2], "g1") for row in range(40)]
    path = make_file("tied.csv", lines([*rows, ("shared", "a", "g2"), ("shared", "b", "g3")]))
    with pytest.raises(HeadworkError, match="3 different groups among the usable rows, 2 when those that share a text"):
        prepare(path, group="group")


@pytest.fixture
def good(make_file) -> Path:
    return make_file("good.csv", lines((f"text {row}", str(row % 3 + 9)) for row in range(90)).replace(",group", ""))


def test_classes_are_sorted_as_numbers_where_all_are(good: Path) -> None:
    corpus = prepare(good)
    assert corpus.facts.classes == ["9", "10", "11"]
    assert (corpus.facts.split.train, corpus.facts.split.dev, corpus.facts.split.test) == (63, 9, 18)
    assert corpus.facts.split_by == "stratified"
    assert len(corpus.facts.notes) == 2
    assert corpus.name == "good"


def test_the_fingerprint_is_of_texts_labels_and_sides(good: Path, tmp_path: Path) -> None:
    first = prepare(good).facts.fingerprint
    other = tmp_path / "other.csv"
    other.write_text(good.read_text())
    assert prepare(other).facts.fingerprint == first
    assert prepare(good, seed=1).facts.fingerprint != first
    other.write_text(good.read_text().replace("text 7,", "text seven,"))
    assert prepare(other).facts.fingerprint != first


def test_official_sides(make_file) -> None:
    train = make_file("train.csv", lines((f"train {row}", "ab"[row % 2], "") for row in range(40)))
    dev = make_file("dev.csv", lines((f"dev {row}", "ab"[row % 2], "") for row in range(10)))
    test = make_file("test.csv", lines((f"test {row}", "abc"[row % 3], "") for row in range(15)))
    corpus = prepare(train, dev=dev, test=test)
    check_account(corpus, 65)
    assert corpus.facts.split_by == "files"
    assert corpus.facts.dropped == {"class too small": 5}
    assert corpus.part("dev").rows.tolist() == list(range(40, 50))
    assert all(text.startswith("test") for text in corpus.part("test").texts)
    assert any("'c' (5)" in note for note in corpus.facts.notes)

    cut = prepare(train, test=test)
    check_account(cut, 55)
    assert (cut.facts.split.train, cut.facts.split.dev, cut.facts.split.test) == (36, 4, 10)
    assert all(text.startswith("train") for text in cut.part("dev").texts)
    assert cut.facts.split_by == "files; dev cut from train, stratified"
    with pytest.raises(HeadworkError, match="--group"):
        prepare(train, dev=dev, test=test, group="group")


def test_one_text_with_two_labels_is_kept_together_and_told(make_file) -> None:
    rows = [(f"text {row // 2}", "ab"[row % 2]) for row in range(100)]
    corpus = prepare(make_file("data.csv", lines(rows, "text,label")))
    check_account(corpus, 100)
    assert "100 rows have a text that stands there with another label too; they are kept" in corpus.facts.notes
    assert all(corpus.sides[place] == corpus.sides[place + 1] for place in range(0, 100, 2))


ENOUGH = [(f"text {row}", "ab"[row % 2], f"g{row % 2}") for row in range(60)]


@pytest.mark.parametrize(
    ("rows", "options", "told"),
    [
        ([(f"text {row}", "a", "g") for row in range(50)], {}, "one class only, 'a'"),
        ([(f"text {row}", "ab"[row % 2], "g") for row in range(19)], {}, "19 usable rows; at least 20"),
        (
            [("same", "ab"[row % 2], "g") for row in range(90)],
            {},
            "0 usable rows .dropped: 88 duplicate, 2 class too small",
        ),
        (ENOUGH, {"group": "group"}, "--group group: 2 different groups"),
        (ENOUGH, {"limits": Limits(classes=1)}, "--limit classes=2"),
        ([(f"text {row}", str(row // 2), "g") for row in range(60)], {}, "30 different numbers.*--as-classes"),
        ([(f"text {row}", str(row // 2), "g") for row in range(60)], {"as_classes": True}, "0 usable rows"),
        (ENOUGH, {"text": "words"}, "no column 'words'"),
    ],
)
def test_refusals(make_file, rows, options: dict, told: str) -> None:
    with pytest.raises(HeadworkError, match=told):
        prepare(make_file("data.csv", lines(rows)), **options)


def test_many_numbers_may_be_classes(make_file) -> None:
    path = make_file("data.csv", lines([(f"text {row}", str(row % 30), "g") for row in range(300)]))
    assert len(prepare(path, as_classes=True).facts.classes) == 30


def test_what_is_saved_is_loaded(good: Path, tmp_path: Path) -> None:
    corpus = prepare(good)
    corpus.save(tmp_path / "out")
    loaded = Corpus.load(tmp_path / "out")
    assert loaded.facts == corpus.facts
    assert loaded.texts == corpus.texts
    for name in ("labels", "sides", "rows"):
        assert getattr(loaded, name).dtype == getattr(corpus, name).dtype
        assert (getattr(loaded, name) == getattr(corpus, name)).all()
    sides = read_json(tmp_path / "out/split.json", dict)
    assert sides["by"] == "stratified"
    assert {side: sides[side] for side in SIDES} == {side: corpus.part(side).rows.tolist() for side in SIDES}


def test_changed_rows_are_not_loaded(good: Path, tmp_path: Path) -> None:
    prepare(good).save(tmp_path)
    path = tmp_path / "rows.parquet"
    table = parquet.read_table(path)
    parquet.write_table(table.set_column(3, "text", pa.array(["other"] * table.num_rows)), path)
    with pytest.raises(HeadworkError, match=r"rows\.parquet: not the rows"):
        Corpus.load(tmp_path)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(HeadworkError, match=r"rows\.parquet: missing or damaged"):
        Corpus.load(tmp_path)
    path.unlink()
    with pytest.raises(HeadworkError, match=r"rows\.parquet: missing or damaged"):
        Corpus.load(tmp_path)
    (tmp_path / "data.json").unlink()
    with pytest.raises(HeadworkError, match=r"data\.json"):
        Corpus.load(tmp_path)


def test_a_run_folder_gets_the_facts_only(good: Path, tmp_path: Path) -> None:
    prepare(good).save_facts(tmp_path / "run")
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == ["data.json", "split.json"]
    assert read_json(tmp_path / "run/data.json", DataFacts).rows == 90


@pytest.mark.parametrize(("source", "name"), [("x/some data.csv.gz", "some-data"), ("a/b", "a-b"), ("...", "data")])
def test_names_for_folders(good: Path, source: str, name: str) -> None:
    corpus = prepare(good)
    facts = DataFacts(
        **{**{field: getattr(corpus.facts, field) for field in DataFacts.__struct_fields__}, "source": source}
    )
    assert Corpus(facts, corpus.texts, corpus.labels, corpus.sides, corpus.rows).name == name


@pytest.mark.parametrize(
    ("name", "rows", "classes", "text"),
    [("trec", 5869, 6, "text"), ("sst2", 9610, 2, "text"), ("bbc_news", 2068, 5, "paragraphs")],
)
def test_real_sets(real_data: Path, monkeypatch, name: str, rows: int, classes: int, text: str) -> None:
    corpus = prepare(name)
    check_account(corpus, rows)
    assert (len(corpus.facts.classes), corpus.facts.text_column) == (classes, text)
    assert sum(corpus.facts.dropped.values()) < 10
