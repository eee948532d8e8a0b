"""New words for a vocabulary on the command line."""

from pathlib import Path

import pytest
from tests.exchange.test_extending import sentences, written


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("desk")
    (folder / "bert").mkdir()
    written(folder / "bert", masked=False)
    (folder / "corpus.txt").write_text("\n".join(sentences()) + "\n")
    return folder


@pytest.mark.row("BE16")
def test_words_are_added_told_and_trained_on(here, desk: Path):
    words = ("extend-vocabulary", "bert", "corpus.txt", "--tokens", 3, "-o", "out")
    done = here(*words, cwd=desk)
    assert done.returncode == 0, done.stderr
    assert "160 different texts" in done.stderr and "3 new tokens (mean), from 80 texts" in done.stdout
    assert sorted((desk / "out" / "new_tokens.txt").read_text().split()) == ["gradient", "kernel", "tensor"]
    assert "| **old** |" in (desk / "out" / "model" / "README.md").read_text()
    assert here(*words, cwd=desk).stdout == done.stdout
    (desk / "rows.csv").write_text("text,label\n" + "".join(f"the tensor {n},{'xy'[n % 2]}\n" for n in range(40)))
    started = ("train", "minilm", "rows.csv", "--set", "model.pretrained=out", "--set", "model.max_tokens=64")
    done = here(*started, "--set", "train.epochs=1", "-o", "tuned", cwd=desk)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("none", "corpus.txt"), "no folder of encoder weights called 'none'"),
        (("bert", "none.txt"), "none.txt: no such file and no data set of that name"),
        (("bert", "few.txt"), "few.txt: 2 different texts; at least 40 are needed"),
        (("bert", "empty.txt"), "empty.txt: the file is empty"),
        (("bert", "binary.txt"), "is not UTF-8"),
        (("bert", "corpus.txt", "--column", "text"), "--column text: corpus.txt has lines and no columns"),
        (("bert", "table.csv", "--column", "txt"), "no column 'txt' among 'text'"),
        (("bert", "corpus.txt", "-o", "bert"), "bert: the folder is not empty"),
        (("bert", "corpus.txt", "--tokens", "0"), "0 is not in the range"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(here, desk: Path, words, told: str):
    (desk / "few.txt").write_text("a\na\nb\n")
    (desk / "empty.txt").write_text("")
    (desk / "binary.txt").write_bytes(b"\xff\xfe\x00")
    (desk / "table.csv").write_text("text,more\nx,y\n")
    done = here("extend-vocabulary", *words, cwd=desk)
    (line,) = [line for line in done.stderr.splitlines() if "different texts" not in line or told in line]
    assert done.returncode == 2 and told in line and done.stdout == ""
    assert not (desk / "runs").exists()
