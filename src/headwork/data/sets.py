"""What a source is called on the command line: a file, `stdlib`, `two-entities`, or a data set found by name.

The folder that HEADWORK_DATA names holds one folder for each set, with files called train, dev and test:
`trec/train.csv` is of the set `trec`, `hebrew_sentiment/token.train.tsv.gz` of the set `hebrew_sentiment/token`. What
Universal Dependencies puts before them (`en_ewt-ud-train.conllu`) is no part of the name.
"""

import difflib
import os
import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from headwork.base.errors import HeadworkError
from headwork.data.split import SIDES, Side
from headwork.data.tables import FORMATS, suffix_of

STDLIB = "stdlib"
EMBEDDED = {
    STDLIB: "docstrings of the standard library, by package; its functions for --task retrieve",
    "two-entities": "generated: how each of two companies in a sentence fares, for --about",
}
"""sets without files (`headwork.data.embedded`), and what they hold"""
TREEBANK = r"(?:[a-z]+_[a-z]+-[a-z]+-)?"
TABLES = tuple(FORMATS)
"""how the names of tables end"""


@dataclass(frozen=True)
class DataSet:
    """A source of rows: the files of each side, or one file under "train" that is still to be split.

    Embedded sets have no files.
    """

    name: str
    files: Mapping[Side, Path]

    @property
    def description(self) -> str:
        """For the list of `headwork data`."""
        return ", ".join(map(str, self.files.values())) or EMBEDDED[self.name]


def known_sets(ends: Collection[str] = TABLES) -> list[DataSet]:
    """The embedded sets, then the sets whose files' names end so."""
    return [*(DataSet(name, {}) for name in EMBEDDED), *sets_of(ends)]


def sets_of(ends: Collection[str] = TABLES) -> list[DataSet]:
    """The sets under HEADWORK_DATA that have a train and a test file whose names end so, by name."""
    root = os.environ.get("HEADWORK_DATA")
    found: defaultdict[str, dict[Side, Path]] = defaultdict(dict)
    for side in SIDES:
        for path in sorted(Path(root).glob(f"*/*{side}.*")) if root else ():
            named = re.fullmatch(rf"(?:(.+)\.)?{TREEBANK}{side}", _stem(path, ends))
            if named:
                found[f"{path.parent.name}/{named[1]}" if named[1] else path.parent.name][side] = path
    return [DataSet(name, files) for name, files in sorted(found.items()) if {"train", "test"} <= files.keys()]


def folders() -> list[Path]:
    """Those below HEADWORK_DATA, by name."""
    root = os.environ.get("HEADWORK_DATA")
    return sorted(path for path in Path(root).iterdir() if path.is_dir()) if root and Path(root).is_dir() else []


def resolve(source: str | Path, ends: Collection[str] = TABLES) -> DataSet:
    """The data set that `source` means, of files whose names end so. A path that is there wins over a name.

    A path may also begin below the folder of data sets: `loghub_2k/Apache.csv`.
    """
    path, root = Path(source), os.environ.get("HEADWORK_DATA")
    if path.exists() and str(source):
        return DataSet(str(source), {"train": path})
    if root and suffix_of(path, ends) and not path.is_absolute() and (Path(root) / path).is_file():
        return DataSet(str(source), {"train": Path(root) / path})
    sets = {found.name: found for found in known_sets(ends)}
    if str(source) in sets:
        return sets[str(source)]
    near = difflib.get_close_matches(str(source), sets, n=1, cutoff=0.6)
    hint = f"did you mean {near[0]!r}?" if near else "`headwork data` lists the names of data sets"
    raise HeadworkError(f"{source}: no such file and no data set of that name; {hint}")


def _stem(path: Path, ends: Collection[str]) -> str:
    suffix = suffix_of(path, ends)
    return path.name[: -len(suffix)] if suffix else ""
