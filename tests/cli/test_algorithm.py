"""Comparisons of learners of algorithms, from the command to the page."""

import json
import re
from pathlib import Path

import numpy as np
import pyarrow.parquet as parquet
import pytest

from headwork.base.algorithm import AlgorithmComparison, AlgorithmRun
from headwork.base.errors import HeadworkError
from headwork.base.recipes import load_recipe
from headwork.base.runs import ComparisonFolder, Run
from headwork.compare.comparison import Trial, run_in_process
from headwork.compare.lineup import line_up, serving
from headwork.compare.work import Settings
from headwork.data.drawn import prepare_drawn
from headwork.data.generated import GENERATORS
from headwork.report.algorithm.standings import algorithm_table
from headwork.report.numbers import percent

TRAIN, ALGORITHM = ("train", "lstm"), ("--task", "algorithm")
"""language models have an lstm of their own"""


@pytest.fixture(scope="module")
def folder(headwork, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("compare") / "out"
    words = ["compare", "n-gram:longest=12", "--models", "ntm,lstm", "--seeds", 2, "--size", "tiny", "--budget", "2s"]
    done = headwork(*words, "-o", out)
    assert done.returncode == 0, done.stderr
    assert "verdict:" in done.stdout and "optimum" in done.stdout and "chance" in done.stdout
    assert "train without end" in done.stderr
    return out


@pytest.mark.row("ME02")
def test_the_result_keeps_its_contract(folder: Path):
    result = ComparisonFolder(folder).result(AlgorithmComparison)
    assert {model.name for model in result.models} == {"ntm", "lstm"}
    assert [baseline.name for baseline in result.baselines] == ["chance", "optimum"]
    chance, optimum = result.baselines
    assert chance.accuracy == 0.5 and optimum.accuracy > 0.5
    assert optimum.bits is not None and chance.bits is not None and optimum.bits < chance.bits
    for model in result.models:
        assert model.seeds == [0, 1]
        assert [each.length for each in model.lengths] == [12, 24]
        assert [each.trained for each in model.lengths] == [True, False]
        for score in model.scores.values():
            assert score.low <= score.mean <= score.high
    assert json.loads((folder / "result.json").read_text())["task"] == "algorithm"


def test_the_scores_are_those_of_the_predictions(folder: Path):
    run = Run(folder / "trials" / "ntm-0")
    table, result = parquet.read_table(run.predictions_file).to_pydict(), run.result(AlgorithmRun)
    assert result.accuracy == pytest.approx(np.mean(table["score"]))
    assert result.bits == pytest.approx(np.mean(table["bits"]))
    looks = run.looks()
    assert looks is not None and {looked.what for looked in looks.maps} == {"read", "write"}
    assert max(point.dev_accuracy for point in run.metrics()) == result.dev_accuracy


def test_the_page_shows_table_curves_and_maps(folder: Path):
    page = (folder / "report.html").read_text()
    result = ComparisonFolder(folder).result(AlgorithmComparison)
    for model in result.models:
        assert percent(model.scores["accuracy"].mean) in page
    for title in ("against its time of training", "by the length of the input", "ntm: read, 12 bits", "ntm: write, 24"):
        assert title in page
    groups = [re.findall("<figcaption>(.*?)</figcaption>", group) for group in page.split('<div class="drawn">')]
    shown = [group for group in groups if "read, 12 bits" in group or "read, 24 bits" in group]
    assert shown == [["read, 12 bits", "write, 12 bits"], ["read, 24 bits", "write, 24 bits"]], "one example, one group"
    assert "<script" not in page
    assert "| **ntm**" in (folder / "report.md").read_text()
    rows = algorithm_table(result).rows
    assert [row.cells[0].text for row in rows[2:]] == ["chance", "optimum"]
    assert "Score" in (folder / "report.md").read_text()


def test_a_report_is_written_again_and_a_run_has_its_own(headwork, folder: Path):
    before = (folder / "report.html").read_text()
    (folder / "report.html").unlink()
    assert headwork("report", folder).returncode == 0
    assert (folder / "report.html").read_text() == before
    trial = folder / "trials" / "ntm-0"
    assert headwork("report", trial).returncode == 0
    assert "Where it looks" in (trial / "report.html").read_text()


def test_train_and_lists(headwork, tmp_path: Path):
    done = headwork(
        "train",
        "lstm",
        "copy:longest=2",
        "--task",
        "algorithm",
        "--size",
        "tiny",
        "--budget",
        "1s",
        "-o",
        tmp_path / "run",
    )
    assert done.returncode == 0, done.stderr
    assert "test score" in done.stdout
    assert "priority-sort" in headwork("data").stdout
    assert "1 to 10 vectors" in headwork("data", "copy").stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((*TRAIN, "copi", *ALGORITHM), "did you mean 'copy'"),
        (
            (*TRAIN, "copy", *ALGORITHM, "--text", "x"),
            "--text: means nothing for the task algorithm",
        ),
        (("compare", "copy", "--models", "ntm", "--seeds", "1", "--curve"), "--curve: no share of copy can be taken"),
        ((*TRAIN, "copy", *ALGORITHM, "--set", "model.places=3"), "none of lstm has this setting"),
        (("compare", "tsp", "--models", "pointer,ntm"), "ntm answers with bits or classes or number"),
        ((*TRAIN, "tsp", *ALGORITHM), "and this data set asks for places"),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_line(here, tmp_path: Path, words, told):
    done = here(*words, "--size", "tiny", "--budget", "1s", "-o", tmp_path / "out")
    assert done.returncode == 2, done.stdout + done.stderr
    assert told in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_the_default_line_up_can_answer(here, tmp_path: Path):
    for name in GENERATORS:
        assert serving(line_up([], task="algorithm").recipes, prepare_drawn(name), named=False)
    words = ("compare", "tsp", *ALGORITHM, "--seeds", "1", "--size", "tiny", "--budget", "1s")
    assert here(*words, "-o", tmp_path / "out").returncode == 0
    result = ComparisonFolder(tmp_path / "out").result(AlgorithmComparison)
    assert {model.name for model in result.models} == {"pointer", "seq2seq"}


def test_a_trial_is_refused_in_one_line_whatever_libraries_say_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.stderr.write('a library warns\\n')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    recipe = load_recipe("lstm", "algorithm")
    trial = Trial(recipe=recipe, seed=0, share=1.0, run=Run(tmp_path / "trial"))
    with pytest.raises(HeadworkError, match=r"data\.json"):
        run_in_process(ComparisonFolder(tmp_path), trial, Settings(), 1, lambda share, seconds: None)
