"""Texts that can be asked for the nearest to a query, in memory or in a folder.

    index.json             which encoder, and how it reads
    vectors.safetensors    vectors (n, D)
    texts.sqlite           texts(row, text), and places(row, place) where texts come from files

index.json is written last: a folder without it is made again. A folder remembers its encoder by its name, and the
vector of its first text tells whether the encoder of that name is still the same.

Axes: n texts, D width.
"""

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec
import numpy as np

from headwork.base.arrays import load_arrays, save_arrays
from headwork.base.errors import HeadworkError
from headwork.base.files import read_json, write_atomically, write_json
from headwork.search.nearest import nearest
from headwork.tasks.embedding import Embedder, Reading, open_embedder

SAME = 0.999
"""cosine of what an encoder made of a text then and makes of it now"""


class Stored(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """index.json."""

    encoder: str
    reading: Reading | None
    texts: int
    width: int


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """A text that was found; `row` 0 is the first of the data."""

    query: str
    rank: int
    row: int
    score: float
    """the cosine, or what the model of a run says"""
    text: str
    place: str | None = None
    """file and line, where the text comes from a file"""


class Texts:
    """What `table` holds of the texts of a folder, read one at a time."""

    def __init__(self, path: Path, table: Literal["texts", "places"] = "texts"):
        self.query = {
            "texts": "SELECT text FROM texts WHERE row = ?",
            "places": "SELECT place FROM places WHERE row = ?",
        }[table]
        self.path = path
        with damaged(path):
            self.connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
            self.connection.execute("PRAGMA trusted_schema = off")

    def __getitem__(self, row: int) -> str:
        with damaged(self.path):
            (text,) = self.connection.execute(self.query, (int(row),)).fetchone()
        return text


class Index(NamedTuple):
    """An encoder and the vectors that it made of texts."""

    embedder: Embedder
    vectors: np.ndarray
    """(n, D)"""
    texts: list[str] | Texts
    places: list[str] | Texts | None = None
    """file and line of each text, where they come from files"""

    def search(self, queries: Sequence[str], top: int) -> Iterator[Hit]:
        """The `top` nearest texts to each query, the nearest first; of equally near ones those that stand first."""
        found = nearest(self.vectors, self.embedder.queries.vectors(queries), top)
        for query, near in zip(queries, found, strict=True):
            for rank, (row, score) in enumerate(zip(near.rows.tolist(), near.scores.tolist(), strict=True), 1):
                place = self.places[row] if self.places is not None else None
                yield Hit(query=query, rank=rank, row=row, score=score, text=self.texts[row], place=place)


def check_new(folder: Path) -> None:
    """Refuse a folder that holds something, unless it is an index that was not finished."""
    known = {"vectors.safetensors", "texts.sqlite"}
    if folder.is_dir() and {entry.name for entry in folder.iterdir()} - known:
        raise HeadworkError(f"--index {folder}: the folder is not empty; leave FILE out to search it, or name another")


def save_index(index: Index, folder: Path, *, encoder: str, reading: Reading | None) -> None:
    """`encoder` is the name that it was opened by; a path is kept as an absolute one."""
    check_new(folder)
    name = str(Path(encoder).absolute()) if Path(encoder).is_dir() else encoder
    texts, width = index.vectors.shape
    write_atomically(folder / "vectors.safetensors", lambda path: save_arrays({"vectors": index.vectors}, path))
    write_atomically(folder / "texts.sqlite", lambda path: _write_texts(path, index, texts))
    write_json(folder / "index.json", Stored(encoder=name, reading=reading, texts=texts, width=width))


def open_index(folder: Path, *, device: str = "cpu", offline: bool = False) -> Index:
    """What `save_index` wrote; HeadworkError where it is damaged, or its encoder is another now."""
    if not (folder / "index.json").is_file():
        raise HeadworkError(f"--index {folder}: no index here; make one with an encoder and a file before --index")
    stored = read_json(folder / "index.json", Stored)
    vectors = load_arrays(folder / "vectors.safetensors").get("vectors", np.zeros(0))
    texts = Texts(folder / "texts.sqlite")
    with damaged(texts.path):
        (count,) = texts.connection.execute("SELECT count(*) FROM texts").fetchone()
        placed = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'places'"
        (has_places,) = texts.connection.execute(placed).fetchone()
    fitting = vectors.shape == (stored.texts, stored.width) and vectors.dtype == np.float32 and count == stored.texts
    if not fitting or not count or not np.isfinite(vectors).all():
        raise HeadworkError(f"--index {folder}: its files do not fit together; make it again")
    embedder = open_embedder(stored.encoder, stored.reading, device=device, offline=offline)
    now = embedder.vectors([texts[0]])[0]
    if now.shape != vectors[0].shape or (now @ vectors[0] < SAME and now.any()):
        raise HeadworkError(f"--index {folder}: {stored.encoder} is another encoder now; make the index again")
    return Index(embedder, vectors, texts, Texts(texts.path, "places") if has_places else None)


def _write_texts(path: Path, index: Index, count: int) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE texts(row INTEGER PRIMARY KEY, text TEXT NOT NULL)")
        connection.executemany("INSERT INTO texts VALUES (?, ?)", ((row, index.texts[row]) for row in range(count)))
        if (places := index.places) is not None:
            connection.execute("CREATE TABLE places(row INTEGER PRIMARY KEY, place TEXT NOT NULL)")
            connection.executemany("INSERT INTO places VALUES (?, ?)", ((row, places[row]) for row in range(count)))


@contextlib.contextmanager
def damaged(path: Path) -> Iterator[None]:
    """What sqlite says of a file that is none, or lacks what we put there."""
    try:
        yield
    except (sqlite3.Error, TypeError) as error:
        raise HeadworkError(f"{path}: damaged ({error}); make the index again") from error
