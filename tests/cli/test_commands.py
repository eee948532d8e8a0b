"""The commands from end to end, on small data."""

import json
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def comparison(headwork, things: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("compare") / "out"
    done = headwork(
        "compare",
        things,
        "--models",
        "majority,tfidf,bag",
        "--seeds",
        2,
        "--size",
        "tiny",
        "--budget",
        "10s",
        "--set",
        "train.epochs=4",
        "--curve",
        "-o",
        out,
    )
    assert done.returncode == 0, done.stderr
    assert "verdict:" in done.stdout
    assert str(out / "report.html") in done.stdout
    return out


@pytest.fixture(scope="module")
def run(headwork, things: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("train") / "han"
    done = headwork("train", "han", things, "--size", "tiny", "--set", "train.epochs=6", "-o", out)
    assert done.returncode == 0, done.stderr
    return out


@pytest.mark.row("AT26")
def test_the_result_keeps_its_contract(comparison: Path, things: Path) -> None:
    result = json.loads((comparison / "result.json").read_text())
    data, models = result["data"], {model["name"]: model for model in result["models"]}
    assert sum(data["split"].values()) + sum(data["dropped"].values()) == data["rows"] == 300
    assert list(models) == ["majority", "tfidf", "bag"]
    assert models["bag"]["seeds"] == [0, 1]
    for model in models.values():
        for score in ("accuracy", "macro_f1"):
            assert model["scores"][score]["low"] <= model["scores"][score]["mean"] <= model["scores"][score]["high"]
        assert set(model["calibration"]) == {"nll_before", "nll_after", "ece_before", "ece_after", "temperature"}
        assert model["cost"]["bytes"] > 0
        assert 0 < model["latency"]["p50_ms"] <= model["latency"]["p95_ms"]
        assert {"difference", "low", "high", "p", "p_holm"} <= set(model["against_best"])
        assert [point["share"] for point in model["curve"]] == [0.1, 0.3, 1.0]
    assert models["majority"]["scores"]["accuracy"]["mean"] < 0.5 < models["tfidf"]["scores"]["accuracy"]["mean"]
    tied = [
        name for name, model in models.items() if model["against_best"]["low"] <= 0 <= model["against_best"]["high"]
    ]
    assert result["verdict"]["model"] == min(tied, key=lambda name: models[name]["cost"]["bytes"])


def test_finished_trials_are_not_run_again_and_a_smaller_line_up_takes_them(
    headwork, comparison: Path, things: Path
) -> None:
    trials = {path: path.stat().st_mtime_ns for path in comparison.glob("trials/*/result.json")}
    done = headwork(
        "compare",
        things,
        "--models",
        "tfidf,bag",
        "--seeds",
        2,
        "--size",
        "tiny",
        "--budget",
        "10s",
        "--set",
        "train.epochs=4",
        "-o",
        comparison,
    )
    assert done.returncode == 0, done.stderr
    assert trials == {path: path.stat().st_mtime_ns for path in comparison.glob("trials/*/result.json")}


def test_a_comparison_on_other_data_is_refused(headwork, comparison: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    other.write_text("text,label\n" + "".join(f"text number {number},{number % 2}\n" for number in range(60)))
    done = headwork("compare", other, "--models", "tfidf", "-o", comparison)
    assert done.returncode == 2
    assert "other data" in done.stderr


def test_predict_answers_every_row_in_order(headwork, run: Path, tmp_path: Path) -> None:
    texts = ["The good thing", "", 'quoted "bad" text,\nwith a line break', "<script>odd</script>", "naïve ü 中文"]
    source = tmp_path / "new.csv"
    source.write_text(
        "id,text\n" + "".join('{},"{}"\n'.format(i, text.replace('"', '""')) for i, text in enumerate(texts))
    )
    done = headwork("predict", run, source)
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["text"] for answer in answers] == texts
    for answer in answers:
        assert sum(answer["probabilities"].values()) == pytest.approx(1)
        assert answer["label"] == max(answer["probabilities"], key=answer["probabilities"].get)


def test_predict_reads_lines_and_explains(headwork, run: Path) -> None:
    done = headwork("predict", run, "--explain", stdin="A good thing.\nA bad thing.\n")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["label"] for answer in answers] == ["yes", "no"]
    assert [word["text"] for word in answers[0]["words"]] == ["A", "good", "thing", "."]


def test_train_on_a_finished_folder_does_nothing(headwork, run: Path, things: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in run.rglob("*") if path.name != "report.html"}
    done = headwork("train", "han", things, "--size", "tiny", "--set", "train.epochs=6", "-o", run)
    assert done.returncode == 0
    assert before == {path: path.stat().st_mtime_ns for path in run.rglob("*") if path.name != "report.html"}


def test_reports_are_written_again(headwork, run: Path, comparison: Path) -> None:
    for folder in (run, comparison):
        (folder / "report.html").unlink(missing_ok=True)
        done = headwork("report", folder)
        assert done.returncode == 0, done.stderr
        assert (folder / "report.html").stat().st_size > 10_000


def test_official_splits_are_kept(headwork, tmp_path: Path) -> None:
    for side, count in (("train", 90), ("dev", 30), ("test", 45)):
        rows = "".join(
            f"{'good' if number % 3 else 'bad'} {side} {number},{bool(number % 3)}\n" for number in range(count)
        )
        (tmp_path / f"{side}.csv").write_text("review,stars\n" + rows)
    done = headwork(
        "compare",
        tmp_path / "train.csv",
        "--dev",
        tmp_path / "dev.csv",
        "--test",
        tmp_path / "test.csv",
        "--models",
        "tfidf",
        "--seeds",
        1,
        "-o",
        tmp_path / "out",
    )
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "out/result.json").read_text())["data"]["split"] == {
        "train": 90,
        "dev": 30,
        "test": 45,
    }


def test_lists(headwork) -> None:
    recipes = json.loads(headwork("recipes", "--json").stdout)
    assert {"name", "rows", "task", "paper"} == set(recipes[0])
    assert "han" in [recipe["name"] for recipe in recipes]
    assert "train.epochs" in headwork("recipes", "han").stdout
    assert "stdlib" in headwork("data").stdout


def test_help_names_the_commands_and_loads_no_torch() -> None:
    code = (
        "import sys, headwork.cli\ntry: headwork.cli.group.main(['--help'])\nexcept SystemExit: pass\n"
        "print([name for name in ('torch', 'sklearn', 'numpy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "compare" in done.stdout
    assert done.stdout.splitlines()[-1] == "[]"
