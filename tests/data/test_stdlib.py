"""The embedded default: enough rows of real text in every package, deterministic, with the answers hidden."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from headwork.base.errors import HeadworkError
from headwork.data.corpus import Corpus, prepare
from headwork.data.stdlib import FEWEST_ROWS, FEWEST_WORDS, MOST_CHARACTERS, PACKAGES, PER_PACKAGE, docstrings
from headwork.data.tables import Table


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return prepare("stdlib")


def test_rows_of_every_package(stdlib_table: Table) -> None:
    counts = Counter(stdlib_table.columns["package"])
    assert set(counts) == set(PACKAGES)
    assert all(FEWEST_ROWS <= count <= PER_PACKAGE for count in counts.values())
    assert 1_000 <= stdlib_table.rows <= 2_000
    for text, package, file in zip(*stdlib_table.columns.values(), strict=True):
        assert text
        assert package not in text.lower()
        assert file.startswith(package + "/")
        assert len(text) <= MOST_CHARACTERS
        assert len(text.split()) >= FEWEST_WORDS


def test_the_corpus_is_split_by_file_with_every_class_on_every_side(corpus: Corpus, stdlib_table: Table) -> None:
    files = stdlib_table.columns["file"]
    sides_of_file = {(files[row], side) for row, side in zip(corpus.rows, corpus.sides, strict=True)}
    assert len({file for file, _ in sides_of_file}) == len(sides_of_file)
    for side in ("train", "dev", "test"):
        assert len(np.unique(corpus.part(side).labels)) == len(corpus.facts.classes)
    assert corpus.facts.split_by == "group file"
    assert corpus.facts.dropped["near-duplicate"] > 0
    assert 0.6 < corpus.facts.split.train / len(corpus.texts) < 0.75


def test_another_process_finds_the_same(corpus: Corpus) -> None:
    code = "from headwork.data.corpus import prepare; print(prepare('stdlib').facts.fingerprint)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == corpus.facts.fingerprint


def package_of(root: Path, name: str, texts: list[str]) -> None:
    for place, text in enumerate(texts):
        file = root / name / f"part{place % 4}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a") as source:
            source.write(f'raise SystemExit("imported")\nif True:\n    def f{place}():\n        """{text}"""\n')


def test_files_are_parsed_and_not_imported(tmp_path: Path) -> None:
    for name in ("asyncio", "xml"):
        texts = [f"Text number {place} with some more words about it in {name.upper()}." for place in range(40)]
        package_of(tmp_path, name, texts)
    package_of(tmp_path, "email", ["Too few of these, though each of them is long enough."] * 5)
    package_of(tmp_path, "xml/test", ["Tests of a package are no part of its documentation here."] * 40)
    table = docstrings(tmp_path)
    assert Counter(table.columns["package"]) == {"asyncio": 40, "xml": 40}
    assert table.columns["text"][0] == "Text number 0 with some more words about it in library."


def test_long_texts_end_with_a_paragraph(tmp_path: Path) -> None:
    for name in ("asyncio", "xml"):
        package_of(
            tmp_path, name, [f"Paragraph {place} of ten words stands here, once again.\n\n" * 60 for place in range(40)]
        )
    assert all(text.endswith("once again.") for text in docstrings(tmp_path).columns["text"])
    assert all(MOST_CHARACTERS - 100 < len(text) <= MOST_CHARACTERS for text in docstrings(tmp_path).columns["text"])


def test_a_python_without_sources_is_told(tmp_path: Path) -> None:
    with pytest.raises(HeadworkError, match="no sources of the standard library"):
        docstrings(tmp_path)
