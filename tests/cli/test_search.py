"""Vectors, search and groups on the command line, with a small encoder that was never trained."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from tests.search.conftest import write_encoder

from headwork import cli


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an encoder and a table."""
    desk = tmp_path_factory.mktemp("desk")
    write_encoder(desk / "run")
    rows = [
        "the dog sleeps,animal",
        '"a cat runs, red",animal',
        "the dog sleeps,animal",
        "one two table,",
        "old house,home",
    ]
    (desk / "sayings.csv").write_text("saying,kind\n" + "\n".join(rows) + "\n")
    return desk


@pytest.fixture
def headwork(desk: Path, monkeypatch: pytest.MonkeyPatch):
    """The command in this process, at that desk."""
    monkeypatch.chdir(desk)

    def run(*words: object, stdin: str | None = None) -> Result:
        done = CliRunner().invoke(cli.group, [str(word) for word in words], input=stdin, catch_exceptions=False)
        assert done.exit_code == 0, done.stderr
        return done

    return run


def test_vectors_of_a_file_and_of_lines(headwork, desk: Path):
    done = headwork("embed", "run", "sayings.csv", "-o", "v.npz")
    assert done.stdout == "v.npz: 5 vectors of width 64\n"
    with np.load(desk / "v.npz") as stored:
        vectors = stored["vectors"]
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert np.array_equal(vectors[0], vectors[2])
    headwork("embed", "run", "-o", "w.npz", stdin="old house\nthe dog sleeps\n")
    with np.load(desk / "w.npz") as stored:
        np.testing.assert_allclose(stored["vectors"], vectors[[4, 0]], atol=1e-6)


def test_a_query_finds_itself_and_an_index_says_the_same(headwork, desk: Path):
    query = ("--query", "the dog sleeps", "--top", 3)
    made = headwork("search", "run", "sayings.csv", *query, "--index", "index", "--json")
    hits = [json.loads(line) for line in made.stdout.splitlines()]
    assert [(hit["rank"], hit["row"]) for hit in hits[:2]] == [(1, 0), (2, 2)] and len(hits) == 3
    assert hits[0]["score"] == pytest.approx(1, abs=1e-6) and hits[0]["text"] == "the dog sleeps"
    again = headwork("search", "--index", "index", "--top", 3, "--json", stdin="the dog sleeps\n")
    assert [json.loads(line) for line in again.stdout.splitlines()] == hits
    told = headwork("search", "--index", "index", "--query", "old house", "--top", 1)
    assert told.stdout.split() == ["1.000", "4", "old", "house"]


def test_groups_with_their_agreement(headwork, desk: Path):
    done = headwork("cluster", "run", "sayings.csv", "--clusters", 2, "--labels", "kind", "-o", "groups.csv")
    assert done.stdout.startswith("group 0: ") and "adjusted Rand index with 'kind'" in done.stdout
    assert "of 4 texts" in done.stdout
    lines = (desk / "groups.csv").read_text().splitlines()
    assert lines[0] == "row,group" and len(lines) == 6 and lines[1][2:] == lines[3][2:]


BAD = {
    ("embed", "run", "sayings.csv", "-o", "v.csv"): "ends in .npz or .parquet",
    ("embed", "run", "sayings.csv", "-o", "v.npz", "--pooling", "cls"): "leave --pooling",
    ("embed", "run", "sayings.csv", "-o", "v.npz", "--column", "sayin"): "did you mean 'saying'",
    ("search", "run", "sayings.csv"): "nothing is asked",
    ("search", "--query", "x"): "nothing to search",
    ("search", "--index", "nowhere", "--query", "x"): "no index here",
    ("search", "--index", "nowhere", "--query", "x", "--depth", "1"): "--depth: means nothing for an index",
    ("search", "run", "sayings.csv", "--index", "run"): "the folder is not empty",
    ("cluster", "run", "sayings.csv"): "give one of them",
    ("cluster", "run", "sayings.csv", "--clusters", "9"): "expected 1 to 4",
    ("cluster", "run", "sayings.csv", "--clusters", "2", "--labels", "kin"): "did you mean 'kind'",
}


@pytest.mark.parametrize("words", BAD, ids=" ".join)
def test_what_cannot_be_done_is_one_line_and_leaves_nothing(desk: Path, words, monkeypatch, capsys):
    before = sorted(desk.rglob("*"))
    monkeypatch.chdir(desk)
    monkeypatch.setattr("sys.argv", ["headwork", *words])
    with pytest.raises(SystemExit) as end:
        cli.run()
    said = capsys.readouterr()
    assert end.value.code == 2 and BAD[words] in said.err and not said.out
    assert said.err.startswith("headwork: ") and len(said.err.splitlines()) == 1
    assert sorted(desk.rglob("*")) == before
