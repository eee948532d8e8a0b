"""Fine-tuning on real data: questions and film reviews."""

import csv
import gzip
import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from sklearn.metrics import accuracy_score, f1_score

from headwork.base.recipes import load_recipe, with_settings
from headwork.base.results import RunResult
from headwork.base.runs import Run
from headwork.compare.trial import run_trial
from headwork.compare.work import Settings
from headwork.data.corpus import prepare
from headwork.measure.paired import paired_difference

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


def trial(
    folder: Path,
    name: str,
    source: str | Path,
    *settings: str,
    seed: int = 0,
    budget: float | None = None,
    **columns: str,
) -> Run:
    run = Run(folder / f"{name}-{seed}")
    run_trial(
        run,
        with_settings(load_recipe(name), settings),
        prepare(source, **columns),
        seed=seed,
        settings=Settings(offline=True, budget_seconds=budget),
    )
    return run


def answers(run: Run) -> tuple[np.ndarray, np.ndarray]:
    """(n,) labels of the test side, and what the model said."""
    table = pq.read_table(run.predictions_file)
    test = np.array(table["side"].to_pylist()) == "test"
    return table["label"].to_numpy()[test], table["predicted"].to_numpy()[test]


@pytest.mark.row("BE06")
def test_fine_tuning_beats_frozen_features_and_words_on_questions(real_data, minilm_folder, tmp_path: Path) -> None:
    with (real_data / "trec/train.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))[:2001]
    source = tmp_path / "questions.csv"
    with source.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    runs = {
        name: trial(tmp_path, name, source, text="text", label="coarse")
        for name in ("tfidf", "minilm-frozen", "minilm")
    }
    accuracy = {name: run.result(RunResult).test_accuracy for name, run in runs.items()}
    assert accuracy["minilm"] >= 0.90
    assert accuracy["minilm"] > accuracy["minilm-frozen"]
    assert accuracy["minilm"] > accuracy["tfidf"]
    truth, predicted = answers(runs["minilm"])
    result = runs["minilm"].result(RunResult)
    assert result.test_accuracy == pytest.approx(accuracy_score(truth, predicted))
    assert result.test_macro_f1 == pytest.approx(f1_score(truth, predicted, average="macro"))


@pytest.mark.row("BE07")
def test_a_single_new_layer_on_film_reviews(real_data, minilm_folder, tmp_path: Path) -> None:
    """The encoder's own weights and one linear layer; a word baseline stands beside it."""
    lines = gzip.decompress((real_data / "imdb/train.jsonl.gz").read_bytes()).decode().split("\n")[:900]
    source = tmp_path / "reviews.jsonl"
    source.write_text("\n".join(lines) + "\n", encoding="utf-8")
    settings = ("train.epochs=2", "model.max_tokens=160")
    run = trial(tmp_path, "minilm", source, *settings, text="text", label="label")
    baseline = trial(tmp_path, "tfidf", source, text="text", label="label")
    published = json.loads((minilm_folder / "config.json").read_text())
    width, layers, wide = published["hidden_size"], published["num_hidden_layers"], published["intermediate_size"]
    tables = (published["vocab_size"] + published["max_position_embeddings"] + published["type_vocab_size"] + 2) * width
    block = 4 * (width + 1) * width + (width + 1) * wide + (wide + 1) * width + 4 * width
    assert run.result().cost.parameters == tables + layers * block + (width + 1) * 2
    assert run.result(RunResult).test_accuracy > 0.75
    assert baseline.result(RunResult).test_accuracy > 0.6
    assert run.result(RunResult).cut.rows > 0, "reviews are longer than 160 tokens, and that is counted"


@pytest.mark.timeout(7200)
@pytest.mark.row("AT33")
def test_ten_seeds_with_and_without_a_look_back_on_film_reviews(real_data, tmp_path: Path) -> None:
    """The published protocol: the same data, as many weights, ten seeds of each side, the difference paired."""
    sides: dict[str, list[np.ndarray]] = {"lstm-last-attention": [], "lstm-last": []}
    for seed in range(10):
        for name, found in sides.items():
            run = trial(tmp_path, name, "imdb", "model.max_tokens=160", seed=seed, budget=120)
            truth, predicted = answers(run)
            found.append(predicted)
    ours, theirs = (np.stack(found) for found in sides.values())
    difference = paired_difference(truth, ours, theirs)
    print(f"attention minus none: {difference.difference:+.4f} ({difference.low:+.4f} to {difference.high:+.4f})")
    assert difference.low < difference.difference < difference.high
    assert difference.high > 0, "a look back is not worse than none"
    assert (ours == truth).mean() > 0.75
