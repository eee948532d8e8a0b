"""A running text to model: documents on three sides, each read from its beginning to its end.

A source is a text file (also .gz), a folder with train.txt and perhaps dev.txt and test.txt, the name of such a folder
below HEADWORK_DATA, or `stdlib`, where a document is what one file of the standard library says of itself.
"""

import difflib
import hashlib
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import msgspec
import pyarrow as pa
from pyarrow import parquet

from headwork.base.errors import HeadworkError
from headwork.base.files import read_json, write_atomically, write_json
from headwork.base.limits import DEFAULT_LIMITS, Limits
from headwork.base.results import DataFacts, Split
from headwork.data.lines import read_lines
from headwork.data.sets import STDLIB, folders
from headwork.data.split import SIDES, Side
from headwork.data.stdlib import docstrings

SHARES: Mapping[Side, float] = {"dev": 0.05, "test": 0.05}
"""of the text, cut from its end where a side has no file of its own"""
FEWEST_CHARACTERS = 200
"""of a side"""


@dataclass(frozen=True, eq=False)
class RunningText:
    """The documents of each side, in their order."""

    facts: DataFacts
    sides: dict[Side, list[str]]

    @classmethod
    def of(
        cls,
        sides: Mapping[Side, list[str]],
        *,
        source: str,
        cut: Sequence[Side],
        notes: list[str],
        picture: tuple[int, int, int] | None = None,
    ) -> "RunningText":
        """The documents of each side, of which those in `cut` had no file of their own; `picture` as in DataFacts."""
        split = Split(**{side: sum(map(len, sides[side])) for side in SIDES})
        facts = DataFacts(
            source=source,
            fingerprint=_fingerprint(sides),
            text_column="",
            label_column="",
            rows=split.train + split.dev + split.test,
            classes=[],
            split=split,
            dropped={},
            split_by=f"{' and '.join(cut)} cut from the end of train" if cut else "files",
            notes=notes,
            unit="dimensions" if picture else "characters",
            picture=picture,
        )
        return cls(facts, dict(sides))

    @property
    def name(self) -> str:
        """What to call it in the names of folders."""
        name = Path(self.facts.source).name
        if self.facts.picture:
            return re.sub(r"[^\w.-]+", "-", name)
        return name.removesuffix(".gz").removesuffix(".txt")

    def part(self, side: Side) -> list[str]:
        return self.sides[side]

    def examples(self) -> Iterator[tuple[str, ...]]:
        """The beginnings of the test side's documents; pictures have none on a line."""
        for document in () if self.facts.picture else self.part("test"):
            yield (" ".join(document[:1000].split()),)

    def save(self, folder: Path) -> None:
        """Store the documents (rows.parquet) and the facts (data.json), from which `load` makes it again."""
        rows = [(side, document) for side in SIDES for document in self.sides[side]]
        table = pa.table(
            {
                "side": pa.array([side for side, _ in rows]),
                "document": pa.array([document for _, document in rows], pa.large_string()),
            }
        )
        write_atomically(folder / "rows.parquet", lambda path: parquet.write_table(table, path, compression="zstd"))
        self.save_facts(folder)

    def save_facts(self, folder: Path) -> None:
        write_json(folder / "data.json", self.facts)

    @classmethod
    def load(cls, folder: Path) -> "RunningText":
        """What `save` has stored; anything damaged is refused."""
        facts = read_json(folder / "data.json", DataFacts)
        path = folder / "rows.parquet"
        try:
            rows = parquet.read_table(path).to_pylist()
        except (OSError, pa.ArrowException) as error:
            raise HeadworkError(f"{path}: damaged ({error}); start this comparison again") from error
        sides: dict[Side, list[str]] = {
            side: [row["document"] for row in rows if row["side"] == side] for side in SIDES
        }
        if _fingerprint(sides) != facts.fingerprint:
            raise HeadworkError(f"{path}: not the text that data.json speaks of; start this comparison again")
        return cls(facts, sides)


def prepare_running_text(
    place: str | Path,
    *,
    dev: str | Path | None = None,
    test: str | Path | None = None,
    documents: bool = False,
    limits: Limits = DEFAULT_LIMITS,
) -> RunningText:
    """Read the text of `place` and cut it into sides by position, where they have no files.

    documents: empty lines part documents, which know nothing of each other; else a file is one document.
    """
    found, official = _sources(place), {"dev": dev, "test": test}
    found |= {side: Path(path) for side in SIDES if (path := official.get(side)) is not None}
    named: dict[Side, list[str]] = {} if "train" in found else {"train": _of_stdlib()}
    for side, path in found.items():
        named[side] = _documents(path, documents, limits)
    sides, notes = _cut(named), []
    for side in SIDES:
        characters = sum(map(len, sides[side]))
        if characters < FEWEST_CHARACTERS:
            raise HeadworkError(
                f"{found.get(side, place)}: {characters:,} characters of {side}; at least {FEWEST_CHARACTERS} are "
                "needed, give a longer text"
            )
    if any(len(sides[side]) > 1 for side in SIDES):
        notes.append(f"{sum(map(len, sides.values())):,} documents; nothing is carried from one to the next")
    cut: list[Side] = [side for side in SIDES if side not in named]
    return RunningText.of(sides, source=str(place), cut=cut, notes=notes)


def _sources(place: str | Path) -> dict[Side, Path]:
    """The files of each side; none for the embedded default."""
    root = os.environ.get("HEADWORK_DATA")
    candidates = [Path(place), *([Path(root) / str(place)] if root else [])]
    existing = next((path for path in candidates if str(place) and path.exists()), None)
    if existing is None:
        if str(place) == STDLIB:
            return {}
        raise HeadworkError(f"{place}: no such file and no data set of that name; {_hint(str(place), root)}")
    if not existing.is_dir():
        return {"train": existing}
    files: dict[Side, Path] = {side: path for side in SIDES for path in [_text_file(existing, side)] if path}
    if "train" not in files:
        raise HeadworkError(f"{place}: the folder has no train.txt or train.txt.gz; name a text file")
    return files


def _hint(place: str, root: str | None) -> str:
    names = [STDLIB, *(path.name for path in Path(root or "").glob("*") if root and _text_file(path, "train"))]
    near = difflib.get_close_matches(place, names, n=1, cutoff=0.6)
    return f"did you mean {near[0]!r}?" if near else f"data sets of running text here: {', '.join(sorted(names))}"


def _text_file(folder: Path, side: Side) -> Path | None:
    paths = (folder / f"{side}.txt", folder / f"{side}.txt.gz")
    return next((path for path in paths if path.is_file()), None)


def _documents(path: Path, parted: bool, limits: Limits) -> list[str]:
    text = "\n".join(read_lines(path, limits))
    if not text.strip():
        raise HeadworkError(f"{path}: nothing but blanks; give a text")
    found = text.split("\n\n") if parted else [text]
    return [document for document in found if document.strip()]


def _of_stdlib() -> list[str]:
    """The docstrings of each file, the files in an order that a hash of their names draws."""
    table = docstrings()
    by_file: dict[str, list[str]] = {}
    for text, file in zip(table.columns["text"], table.columns["file"], strict=True):
        by_file.setdefault(file or "", []).append(text or "")
    names = sorted(by_file, key=lambda name: hashlib.sha256(name.encode()).digest())
    return ["\n\n".join(by_file[name]) for name in names]


def _cut(named: Mapping[Side, list[str]]) -> dict[Side, list[str]]:
    """Each side's documents; a side without a file is cut from the end of the training text."""
    sides: dict[Side, list[str]] = {side: list(named.get(side, ())) for side in SIDES}
    length = sum(map(len, sides["train"]))
    for side in reversed(SIDES):
        if side not in named:
            sides["train"], sides[side] = _parted(sides["train"], round(SHARES[side] * length))
    return sides


def _parted(documents: Sequence[str], characters: int) -> tuple[list[str], list[str]]:
    """The documents before and behind a place about `characters` from the end: between documents where there are
    several, else at the end of a line, else where it falls."""
    if len(documents) > 1:
        behind = list(accumulate(map(len, reversed(documents))))
        count = 1 + min(range(len(documents) - 1), key=lambda place: abs(behind[place] - characters))
        return list(documents[:-count]), list(documents[-count:])
    (text,) = documents or ("",)
    place = len(text) - characters
    line = text.find("\n", place, place + max(characters // 2, 1))
    place = place if line < 0 else line + 1
    return [text[:place]], [text[place:]]


def known_texts() -> list[str]:
    """The folders below HEADWORK_DATA that hold a running text."""
    return [folder.name for folder in folders() if any((folder / f"train.txt{end}").is_file() for end in ("", ".gz"))]


def _fingerprint(sides: Mapping[Side, Sequence[str]]) -> str:
    return hashlib.sha256(msgspec.json.encode([list(sides[side]) for side in SIDES])).hexdigest()
