"""Search on the command line: trained on pairs, asked of a folder of Python files or of a table."""

import json
from pathlib import Path

import pytest

TASK = ("--task", "retrieve")
SIZE = ("--size", "tiny", "--set", "train.epochs=3", "--set", "model.max_tokens=32")


@pytest.fixture(scope="module")
def desk(here, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with pairs, Python files, and a run of words, of vectors and of both."""
    desk = tmp_path_factory.mktemp("desk")
    verbs, nouns = "read write open close send find".split(), "file line socket table key tree".split()
    rows = [
        {"query": f"{verb} the {noun} {n}", "document": f"def {verb}_{noun}(x):\n    return x.{verb}({n})"}
        for n, (verb, noun) in enumerate((v, w) for v in verbs for w in nouns for _ in range(2))
    ]
    (desk / "pairs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (desk / "src" / "deep").mkdir(parents=True)
    (desk / "src" / "one.py").write_text(
        "import os\n\n\ndef read_table(path):\n    return path\n\n\ndef écrire(): pass\n"
    )
    (desk / "src" / "deep" / "two.py").write_text(
        'class Box:\n    @property\n    def open_file(self):\n        "Opens."\n'
    )
    (desk / "src" / "bad.py").write_text("def (\n")
    (desk / "long.py").write_text(f"def long():\n    return {' + '.join(['1'] * 99)}\n")
    for name, words in (("bm25", ()), ("nbow", SIZE), ("codebert", (*SIZE, "--set", "model.words=bm25"))):
        done = here("train", name, desk / "pairs.jsonl", *TASK, *words, "--plain", "-o", desk / name, cwd=desk)
        assert done.returncode == 0, done.stderr
        assert "query 'query', document 'document'" in done.stderr and "test MRR" in done.stdout
    return desk


@pytest.mark.row("BE26")
@pytest.mark.parametrize("name", ["bm25", "nbow", "codebert"])
def test_a_folder_of_functions_is_searched(here, desk, name):
    done = here("search", name, "src", "--query", "read the table", "--top", 2, "--plain", cwd=desk)
    assert done.returncode == 0, done.stderr
    assert "1 files cannot be read as Python and are left out: src/bad.py" in done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    assert len(lines) == 2 and float(lines[0][0]) >= float(lines[1][0])
    if name != "codebert":
        assert lines[0][1:] == ["src/one.py:4", "def", "read_table(path):"]
    told = here("search", name, "src", "--query", "open", "--json", "--top", 9, cwd=desk)
    hits = [json.loads(line) for line in told.stdout.splitlines()]
    assert {hit["place"] for hit in hits} == {"src/one.py:4", "src/one.py:8", "src/deep/two.py:3"}
    assert [hit["rank"] for hit in hits] == [1, 2, 3]
    opened = next(hit for hit in hits if hit["place"].startswith("src/deep"))
    assert opened["text"].startswith("@property\ndef open_file")
    again = here("search", name, "src/one.py", "--query", "x", cwd=desk)
    assert len(again.stdout.splitlines()) == 2


@pytest.mark.parametrize("name", ["nbow", "codebert"])
def test_what_is_cut_is_told(here, desk, name):
    done = here("search", name, "long.py", "--query", "x", "--plain", cwd=desk)
    assert done.returncode == 0 and "1 texts are longer than" in done.stderr


def test_an_index_keeps_the_places(here, desk):
    made = here("search", "nbow", "src", "--query", "read the table", "--index", "kept", cwd=desk)
    again = here("search", "--index", "kept", "--query", "read the table", cwd=desk)
    assert made.returncode == again.returncode == 0, made.stderr + again.stderr
    assert made.stdout == again.stdout and "src/one.py:4" in again.stdout


def test_a_table_is_searched_by_its_column_of_documents(here, desk):
    for name in ("bm25", "nbow"):
        done = here("search", name, "pairs.jsonl", "--query", "send socket", "--top", 1, cwd=desk)
        assert "def send_socket(x): return" in done.stdout, done.stderr


def test_new_pairs_are_ranked(here, desk):
    done = here("predict", "bm25", "pairs.jsonl", cwd=desk)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(found) == 72 and found[0]["query"] == "read the file 0" and found[0]["rank"] <= 2
    (one,) = here("predict", "nbow", "--text", "read", "--text-b", "def read(): ...", cwd=desk).stdout.splitlines()
    assert json.loads(one)["rank"] == 1


def test_data_are_shown(here, desk):
    shown = here("data", "pairs.jsonl", *TASK, cwd=desk)
    assert shown.returncode == 0 and len(shown.stdout.splitlines()[0].split("\t")) == 2


BAD = {
    ("search", "bm25", "src", "--index", "i"): "searches by words, and an index keeps vectors alone",
    ("search", "bm25", "src", "--query", "x", "--pooling", "cls"): "leave --pooling out",
    ("search", "bm25", "src", "--query", "x", "--column", "c"): "are the functions of its Python files",
    ("search", "nbow", "src", "--query", "x", "--max-tokens", "9"): "reads as it was trained",
    ("search", "nbow", "empty", "--query", "x"): "no Python files in it",
    ("search", "nbow", "src/bad.py", "--query", "x"): "1 of 1 files cannot be read",
    ("search", "nbow", "nowhere", "--query", "x"): "no such file",
    ("search", "nbow", "binary.csv", "--query", "x"): "not UTF-8",
    ("embed", "bm25", "src", "-o", "v.npz"): "makes no vectors of single texts",
    ("predict", "nbow", "--text", "x"): "give both",
    ("predict", "nbow", "one.csv"): "no column 'query'",
    ("train", "nbow", "one.csv", *TASK): "needs a query and its document in two columns",
    ("train", "nbow", "empty.csv", *TASK): "the file is empty",
    ("train", "nbow", "binary.csv", *TASK): "not UTF-8",
    ("train", "nbow", "gap.csv", *TASK): "row 2 of the data: the document is empty",
    ("train", "nbow", "pairs.jsonl", *TASK, "--label", "query"): "--label: means nothing for the task retrieve",
    ("train", "nbow", "pairs.jsonl", *TASK, "--set", "train.pretrain=0.2"): "no heads for it",
}


@pytest.mark.parametrize("words", BAD, ids=" ".join)
def test_what_cannot_be_done_is_told_in_one_line(here, desk, words):
    (desk / "empty").mkdir(exist_ok=True)
    (desk / "empty.csv").write_text("")
    (desk / "one.csv").write_text("text\n" + "a word\n" * 30)
    (desk / "gap.csv").write_text("query,document\na b,c d\ne f,\n")
    (desk / "binary.csv").write_bytes(b"\xff\xfe\x00query\x00")
    done = here(*words, cwd=desk)
    assert done.returncode == 2 and BAD[words] in done.stderr
    assert len([line for line in done.stderr.splitlines() if line.startswith("headwork:")]) == 1
    assert "Traceback" not in done.stderr
