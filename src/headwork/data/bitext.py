"""A bitext: sentences and their translations on three sides, cleaned, with an account of every pair that was read.

A source of pairs is a table with a column for each language, two files of lines (`train.en+train.de`), a folder with
`train.en`, `train.de` and perhaps `dev.*` and `test.*`, or the name of such a folder below HEADWORK_DATA.
"""

import hashlib
import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
import pyarrow as pa
from pyarrow import parquet

from headwork.base.errors import HeadworkError
from headwork.base.files import read_json, write_atomically
from headwork.base.limits import DEFAULT_LIMITS, Limits
from headwork.base.results import DataFacts, Split
from headwork.data.duplicates import normalised
from headwork.data.facts import write_facts
from headwork.data.lines import read_lines
from headwork.data.sets import folders
from headwork.data.split import SIDES, Side, split
from headwork.data.tables import format_of, read_table

FEWEST_PAIRS = 20
MOST: Mapping[Side, int] = {"dev": 1000, "test": 2000}
"""pairs of a side that is cut from the training pairs; of few pairs a tenth and a fifth"""
SHARES: Mapping[Side, float] = {"dev": 0.1, "test": 0.2}


REFERENCES = "\x1f"
"""stands between the references of a target that has several"""
Lines = list[tuple[str, str]]
"""sentences and their translations"""


class Names(NamedTuple):
    """What the two languages are called: columns of a table, or ends of file names."""

    source: str
    target: str


class Pair(NamedTuple):
    source: str
    target: str
    side: Side
    index: int
    """place over all files, in the order train, dev, test"""


@dataclass(frozen=True, eq=False)
class Pairs:
    """The pairs of one side. rows: (n,) int64, index in the source."""

    sources: list[str]
    targets: list[str]
    rows: np.ndarray

    @property
    def references(self) -> list[list[str]]:
        """Of each target."""
        return [target.split(REFERENCES) for target in self.targets]

    def __len__(self) -> int:
        return len(self.sources)

    def __getitem__(self, places: Sequence[int]) -> "Pairs":
        return Pairs([self.sources[p] for p in places], [self.targets[p] for p in places], self.rows[list(places)])


@dataclass(frozen=True, eq=False)
class Bitext:
    """All kept pairs, in the order of the source; sides: (n,) "train", "dev" or "test"."""

    facts: DataFacts
    pairs: Pairs
    sides: np.ndarray

    @property
    def name(self) -> str:
        """What to call it in the names of folders."""
        path = Path(self.facts.source.partition("+")[0])
        suffix = format_of(path) or "".join(path.suffixes)
        return re.sub(r"[^\w.-]+", "-", path.name.removesuffix(suffix)).strip("-.") or "pairs"

    def part(self, side: Side) -> Pairs:
        return self.pairs[np.flatnonzero(self.sides == side).tolist()]

    def examples(self) -> Iterator[tuple[str, ...]]:
        """Pairs of the test side, the translation first."""
        test = self.part("test")
        if self.facts.picture:
            yield from ((references[0],) for references in test.references)
        else:
            yield from zip(test.targets, test.sources, strict=True)

    def save(self, folder: Path) -> None:
        """Write rows.parquet, split.json and data.json, the last one last."""
        columns = {
            "row": pa.array(self.pairs.rows),
            "side": pa.array(self.sides.tolist(), pa.string()),
            "source": pa.array(self.pairs.sources, pa.large_string()),
            "target": pa.array(self.pairs.targets, pa.large_string()),
        }
        write_atomically(
            folder / "rows.parquet", lambda path: parquet.write_table(pa.table(columns), path, compression="zstd")
        )
        self.save_facts(folder)

    def save_facts(self, folder: Path) -> None:
        """Write split.json (the rows of each side) and data.json."""
        write_facts(folder, self.facts, rows=self.pairs.rows, sides=self.sides)

    @classmethod
    def load(cls, folder: Path) -> "Bitext":
        """Read what `save` wrote; HeadworkError where it is missing or was changed."""
        facts, path = read_json(folder / "data.json", DataFacts), folder / "rows.parquet"
        try:
            found = parquet.read_table(path, columns=["row", "side", "source", "target"]).to_pydict()
            whole = fingerprint(found["source"], found["target"], found["side"]) == facts.fingerprint
        except (OSError, KeyError, TypeError, pa.ArrowException) as error:
            raise HeadworkError(f"{path}: missing or damaged ({error}); prepare the data again") from error
        if not whole:
            raise HeadworkError(f"{path}: not the pairs that data.json tells of; prepare the data again")
        pairs = Pairs(found["source"], found["target"], np.array(found["row"], dtype=np.int64))
        return cls(facts, pairs, np.array(found["side"]))


def prepare_bitext(
    place: str | Path,
    *,
    source: str | None = None,
    target: str | None = None,
    dev: str | Path | None = None,
    test: str | Path | None = None,
    seed: int = 0,
    limits: Limits = DEFAULT_LIMITS,
) -> Bitext:
    """Read, clean and split the pairs of `place`.

    source, target: names of the two languages, found where not given; dev, test: official sides, of the same form. A
    side without one is cut from the training pairs, with pairs of one sentence together.
    """
    wanted = (source, target)
    named: dict[Side, tuple[Names, Lines]] = {}
    found = _folder(place, wanted)
    if found is None:
        named["train"] = _read(str(place), wanted, limits)
    else:
        folder, names = found
        named = {side: (names, _lines_of(folder, side, names, limits)) for side in _sides_in(folder, names)}
    official: dict[Side, str | Path | None] = {"dev": dev, "test": test}
    named |= {side: _read(str(path), wanted, limits) for side, path in official.items() if path is not None}
    names = named["train"][0]
    in_order: list[tuple[Side, tuple[str, str]]] = [
        (side, pair) for side in SIDES if side in named for pair in named[side][1]
    ]
    read = [Pair(*pair, side, index) for index, (side, pair) in enumerate(in_order)]
    for name, column in zip(names, zip(*((pair.source, pair.target) for pair in read), strict=True), strict=True):
        if not any(text.strip() for text in column):
            raise HeadworkError(f"{place}: the side {name!r} is empty in every pair; give two languages")
    kept, dropped = _clean(read)
    if len(kept) < FEWEST_PAIRS:
        account = ", ".join(f"{count:,} {reason}" for reason, count in dropped.items())
        raise HeadworkError(
            f"{place}: {len(kept)} usable pairs{f' (dropped: {account})' if account else ''}; "
            f"at least {FEWEST_PAIRS} are needed"
        )
    sides = _cut(kept, named, seed)
    return _bitext(str(place), names, kept, sides, read=len(read), dropped=dropped, files=list(named))


def known_bitexts() -> list[tuple[str, Names]]:
    """The folders below HEADWORK_DATA that hold two languages line by line, with their direction."""
    return [(folder.name, _direction(folder, (None, None))) for folder in folders() if len(_languages(folder)) == 2]


def _read(place: str, wanted: tuple[str | None, str | None], limits: Limits) -> tuple[Names, Lines]:
    """The pairs of a table or of two files of lines."""
    one, plus, other = place.partition("+")
    if plus and not Path(place).exists():
        paths = Path(one), Path(other)
        ends = [path.name.removesuffix(".gz").rpartition(".")[2] for path in paths]
        names = Names(wanted[0] or ends[0], wanted[1] or ends[1])
        return names, _paired(read_lines(paths[0], limits), read_lines(paths[1], limits), paths)
    path = Path(place)
    if path.exists() and format_of(path) is None:
        raise HeadworkError(
            f"{place}: one file of lines; give both languages as two files, FILE.en+FILE.de, or a table of two columns"
        )
    table = read_table(path, limits)
    names = _columns(list(table.columns), wanted, place)
    cells = zip(table.columns[names.source], table.columns[names.target], strict=True)
    pairs = [(source or "", target or "") for source, target in cells]
    if _is_pair(names, table.columns, wanted):  # a bitext often has no header: its first line is a pair
        return Names("source", "target"), [(names.source, names.target), *pairs]
    return names, pairs


def _columns(found: Sequence[str], wanted: tuple[str | None, str | None], place: str) -> Names:
    if len(found) < 2:
        raise HeadworkError(f"{place}: one column, {found[0]!r:.60}; a bitext has a column for each language")
    for name in filter(None, wanted):
        if name not in found:
            raise HeadworkError(f"{place}: no column {name!r}; found {', '.join(map(repr, found))}")
    source = wanted[0] or next(name for name in found if name != wanted[1])
    return Names(source, wanted[1] or next(name for name in found if name != source))


def _is_pair(names: Names, columns: Mapping[str, object], wanted: tuple[str | None, str | None]) -> bool:
    """Does the first line look like sentences instead of names?"""
    return not any(wanted) and len(columns) == 2 and all(len(name.split()) > 2 for name in names)


def _paired(sources: list[str], targets: list[str], paths: tuple[Path, Path]) -> Lines:
    if len(sources) != len(targets):
        longer, first = max((len(sources), paths[0]), (len(targets), paths[1]))[1], min(len(sources), len(targets)) + 1
        raise HeadworkError(
            f"{paths[0]} has {len(sources):,} lines and {paths[1]} {len(targets):,}: line {first:,} of {longer} has no "
            "partner; line n of one file must be the translation of line n of the other"
        )
    return list(zip(sources, targets, strict=True))


def _folder(place: str | Path, wanted: tuple[str | None, str | None]) -> tuple[Path, Names] | None:
    """The folder that is meant, if one is, and its two languages."""
    root = os.environ.get("HEADWORK_DATA")
    candidates = [Path(place), *([Path(root) / str(place)] if root else [])]
    folder = next((path for path in candidates if path.is_dir()), None)
    if folder is None:
        return None
    ends = _languages(folder)
    if len(ends) < 2 or not set(filter(None, wanted)) <= set(ends):
        asked = " and ".join(filter(None, wanted)) or "two languages"
        raise HeadworkError(f"{place}: asked for {asked}; the folder has train files of {', '.join(ends) or 'none'}")
    return folder, _direction(folder, wanted)


def _languages(folder: Path) -> list[str]:
    """The ends of its training files, where they are no tables."""
    paths = [path for path in folder.glob("train.*") if format_of(path) is None]
    return sorted({path.name.removesuffix(".gz").removeprefix("train.") for path in paths} - {"txt"})


def _direction(folder: Path, wanted: tuple[str | None, str | None]) -> Names:
    """Folders are often called after their direction, as in multi30k_en_de; otherwise it is that of the alphabet."""
    ends = _languages(folder)
    in_order = [*(end for end in re.split(r"[_-]", folder.name) if end in ends), *ends]
    source = wanted[0] or next(end for end in in_order if end != wanted[1])
    return Names(source, wanted[1] or next(end for end in in_order if end != source))


def _sides_in(folder: Path, names: Names) -> list[Side]:
    return [side for side in SIDES if all(_file(folder, side, name) for name in names)]


def _file(folder: Path, side: Side, end: str) -> Path | None:
    paths = (folder / f"{side}.{end}", folder / f"{side}.{end}.gz")
    return next((path for path in paths if path.is_file()), None)


def _lines_of(folder: Path, side: Side, names: Names, limits: Limits) -> Lines:
    one, other = (_file(folder, side, name) for name in names)
    assert one and other
    return _paired(read_lines(one, limits), read_lines(other, limits), (one, other))


def _clean(read: Sequence[Pair]) -> tuple[list[Pair], dict[str, int]]:
    """The pairs without the empty and the repeated ones, and those whose sentence a later side holds."""
    dropped: Counter[str] = Counter()
    full = [pair for pair in read if pair.source.strip() and pair.target.strip()]
    dropped["empty side"] = len(read) - len(full)
    latest: dict[str, int] = {}
    for pair in full:
        key = normalised(pair.source)
        latest[key] = max(latest.get(key, 0), SIDES.index(pair.side))
    unseen = [pair for pair in full if SIDES.index(pair.side) == latest[normalised(pair.source)]]
    dropped["duplicate of a later split"] = len(full) - len(unseen)
    kept = list({(p.source, p.target, p.side): p for p in reversed(unseen)}.values())[::-1]
    dropped["duplicate"] = len(unseen) - len(kept)
    return kept, {reason: count for reason, count in dropped.items() if count}


def _cut(pairs: Sequence[Pair], files: Mapping[Side, object], seed: int) -> list[Side]:
    """The side of each pair: that of its file, or cut from the training pairs."""
    training = [place for place, pair in enumerate(pairs) if pair.side == "train"]
    wanted: dict[Side, float] = {
        side: min(SHARES[side], MOST[side] / len(training)) for side in SHARES if side not in files
    }
    sides: list[Side] = [pair.side for pair in pairs]
    if wanted:
        shares: dict[Side, float] = {"train": 1 - sum(wanted.values()), **wanted}
        groups = [normalised(pairs[place].source) for place in training]
        for place, side in zip(
            training, split([0] * len(groups), seed=seed, groups=groups, shares=shares), strict=True
        ):
            sides[place] = side
    return sides


def _bitext(
    place: str,
    names: Names,
    kept: Sequence[Pair],
    sides: Sequence[Side],
    *,
    read: int,
    dropped: dict[str, int],
    files: Sequence[Side],
) -> Bitext:
    sources, targets = [pair.source for pair in kept], [pair.target for pair in kept]
    of_side = Counter(sides)
    cut = [side for side in SIDES if side not in files]
    facts = DataFacts(
        source=place,
        fingerprint=fingerprint(sources, targets, sides),
        text_column=names.source,
        label_column=names.target,
        rows=read,
        classes=[],
        split=Split(**{side: of_side[side] for side in SIDES}),
        dropped=dropped,
        split_by=f"{' and '.join(cut)} cut from train" if cut else "files",
        notes=list(_notes(names, kept)),
    )
    rows = np.array([pair.index for pair in kept], dtype=np.int64)
    return Bitext(facts, Pairs(sources, targets, rows), np.array(sides))


def _notes(names: Names, kept: Sequence[Pair]) -> Iterator[str]:
    yield f"translating from {names.source!r} into {names.target!r}; --source and --target name others"
    repeated = Counter(normalised(pair.source) for pair in kept)
    several = sum(count > 1 for count in repeated.values())
    if several:
        yield f"{several:,} sentences have more than one translation; all are kept"


def fingerprint(sources: Sequence[str], targets: Sequence[str], sides: Sequence[str]) -> str:
    """Of all kept pairs."""
    digest = hashlib.sha256()
    for row in zip(sources, targets, sides, strict=True):
        digest.update(msgspec.json.encode(row))
    return digest.hexdigest()
