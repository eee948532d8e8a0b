"""An index gives back what was put in, is searched by its encoder, and refuses another or a damaged file."""

import json
import sqlite3
from pathlib import Path

import numpy as np
import pyarrow.parquet as parquet
import pytest
from tests.search.conftest import write_encoder

from headwork.base.errors import HeadworkError
from headwork.search.index import Index, open_index, save_index
from headwork.search.vectors import check_form, write_vectors
from headwork.tasks.embedding import open_embedder

TEXTS = ["the dog sleeps", "a cat runs", "the dog sleeps", "", "red house; 'green' table", "naïve 🙂 \x00 text"]


def built(encoder: Path) -> Index:
    embedder = open_embedder(str(encoder))
    return Index(embedder, embedder.vectors(TEXTS), TEXTS)


@pytest.fixture
def folder(encoder: Path, tmp_path: Path) -> Path:
    save_index(built(encoder), tmp_path / "index", encoder=str(encoder), reading=None)
    return tmp_path / "index"


@pytest.mark.row("BE13")
def test_a_stored_index_answers_as_the_one_in_memory(encoder: Path, folder: Path):
    queries = ["a dog runs", "the dog sleeps", "table"]
    expected = list(built(encoder).search(queries, 4))
    assert list(open_index(folder).search(queries, 4)) == expected
    assert [(hit.query, hit.rank) for hit in expected] == [(query, rank) for query in queries for rank in (1, 2, 3, 4)]
    assert [hit.row for hit in expected if hit.query == "the dog sleeps"][:2] == [0, 2]
    assert all(hit.text == TEXTS[hit.row] for hit in expected)
    everything = [hit.text for hit in open_index(folder).search(["a"], 100)]
    assert sorted(everything) == sorted(TEXTS)


def test_another_encoder_of_that_name_is_seen(tmp_path: Path):
    here = write_encoder(tmp_path / "run")
    save_index(built(here), tmp_path / "index", encoder=str(here), reading=None)
    open_index(tmp_path / "index")
    write_encoder(here, seed=1)
    with pytest.raises(HeadworkError, match="is another encoder now"):
        open_index(tmp_path / "index")


def test_a_full_folder_is_refused_and_an_unfinished_one_made_again(encoder: Path, folder: Path):
    with pytest.raises(HeadworkError, match="not empty"):
        save_index(built(encoder), folder, encoder=str(encoder), reading=None)
    (folder / "index.json").unlink()
    with pytest.raises(HeadworkError, match="no index here"):
        open_index(folder)
    save_index(built(encoder), folder, encoder=str(encoder), reading=None)
    assert len(open_index(folder).vectors) == len(TEXTS)


def drop_a_row(folder: Path) -> None:
    with sqlite3.connect(folder / "texts.sqlite") as connection:
        connection.execute("DELETE FROM texts WHERE row = 1")


def other_table(folder: Path) -> None:
    with sqlite3.connect(folder / "texts.sqlite") as connection:
        connection.execute("ALTER TABLE texts RENAME TO other")


def other_key(folder: Path) -> None:
    stored = json.loads((folder / "index.json").read_text())
    (folder / "index.json").write_text(json.dumps(stored | {"code": "import os"}))


DAMAGES = {
    "no texts": lambda folder: (folder / "texts.sqlite").unlink(),
    "no sqlite": lambda folder: (folder / "texts.sqlite").write_bytes(b"x" * 5000),
    "a row less": drop_a_row,
    "another table": other_table,
    "no vectors": lambda folder: (folder / "vectors.safetensors").unlink(),
    "half of them": lambda folder: (folder / "vectors.safetensors").write_bytes(
        (folder / "vectors.safetensors").read_bytes()[:-9]
    ),
    "another key": other_key,
    "no json": lambda folder: (folder / "index.json").write_text("{"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_index_is_refused(folder: Path, damage: str):
    DAMAGES[damage](folder)
    with pytest.raises(HeadworkError):
        open_index(folder)


@pytest.mark.row("BE13")
def test_vectors_are_written_for_others(encoder: Path, tmp_path: Path):
    vectors = built(encoder).vectors
    write_vectors(tmp_path / "v.npz", vectors, TEXTS)
    with np.load(tmp_path / "v.npz") as stored:
        assert np.array_equal(stored["vectors"], vectors)
    write_vectors(tmp_path / "v.parquet", vectors, TEXTS)
    table = parquet.read_table(tmp_path / "v.parquet").to_pydict()
    assert table["text"] == TEXTS and table["row"] == list(range(len(TEXTS)))
    assert np.array_equal(np.array(table["vector"], np.float32), vectors)
    with pytest.raises(HeadworkError, match=r"ends in \.npz or \.parquet"):
        check_form(tmp_path / "v.csv")
