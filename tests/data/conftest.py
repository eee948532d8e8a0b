"""Files with given bytes."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from headwork.data.stdlib import docstrings
from headwork.data.tables import Table

MakeFile = Callable[[str, bytes | str], Path]


@pytest.fixture
def make_file(tmp_path: Path) -> MakeFile:
    """`make_file(name, content)`: the path of a new file, packed where the name ends in .gz."""

    def make(name: str, content: bytes | str) -> Path:
        path = tmp_path / name
        data = content.encode() if isinstance(content, str) else content
        path.write_bytes(gzip.compress(data, 1) if name.endswith(".gz") else data)
        return path

    return make


@pytest.fixture(scope="session")
def stdlib_table() -> Table:
    return docstrings()


@pytest.fixture(scope="session")
def stdlib_texts(stdlib_table: Table) -> list[str]:
    """Real texts that every Python has."""
    return [text for text in stdlib_table.columns["text"] if text]
