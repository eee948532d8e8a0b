"""A run folder holds one run: finished it is left alone, another recipe or other data are refused."""

from pathlib import Path

import numpy as np
import pytest

from headwork.base.errors import HeadworkError
from headwork.base.recipes import load_recipe, with_settings
from headwork.base.runs import Run
from headwork.compare.trial import held, run_trial
from headwork.compare.work import Settings
from headwork.data.corpus import Corpus, Examples, prepare
from headwork.tasks.classify import load_classifier

SETTINGS = Settings(offline=True)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    source = tmp_path_factory.mktemp("data") / "things.csv"
    lines = [
        f'"{word} thing number {number}. It is {word} indeed.",{kind}'
        for number in range(50)
        for word, kind in (("good", "yes"), ("bad", "no"), ("odd", "maybe"))
    ]
    source.write_text("text,label\n" + "\n".join(lines) + "\n")
    return prepare(source)


@pytest.fixture(scope="module")
def finished(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Run:
    run = Run(tmp_path_factory.mktemp("runs") / "bag")
    run_trial(run, tiny("bag"), corpus, seed=0, settings=SETTINGS)
    return run


def tiny(name: str, *settings: str):
    return with_settings(load_recipe(name), ("train.epochs=3", *settings), size="tiny")


def test_a_finished_run_is_whole_and_leaves_nothing_behind(finished: Run) -> None:
    found = {path.relative_to(finished.folder).as_posix() for path in finished.folder.rglob("*") if path.is_file()}
    assert found == {
        "run.json",
        "recipe.toml",
        "data.json",
        "split.json",
        "plan.json",
        "metrics.jsonl",
        "predictions.parquet",
        "explanations.json",
        "result.json",
        "model/config.json",
        "model/model.safetensors",
        "model/tokenizer.json",
        "model/README.md",
    }
    assert len(finished.metrics()) == 3


def test_a_finished_run_is_not_run_again(finished: Run, corpus: Corpus) -> None:
    before = finished.result_file.stat().st_mtime_ns
    again = run_trial(finished, tiny("bag"), corpus, seed=0, settings=SETTINGS)
    assert again == finished.result()
    assert finished.result_file.stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("recipe", "seed", "told"),
    [
        (tiny("tfidf"), 0, "another recipe"),
        (tiny("bag", "train.lr=0.5"), 0, "another recipe"),
        (tiny("bag"), 1, "seed 0"),
    ],
)
def test_another_run_in_the_folder_is_refused(finished: Run, corpus: Corpus, recipe, seed: int, told: str) -> None:
    with pytest.raises(HeadworkError, match=told):
        run_trial(finished, recipe, corpus, seed=seed, settings=SETTINGS)


def test_other_data_in_the_folder_are_refused(finished: Run, tmp_path: Path) -> None:
    source = tmp_path / "others.csv"
    source.write_text("text,label\n" + "".join(f"text number {number},{number % 2}\n" for number in range(40)))
    with pytest.raises(HeadworkError, match="other data"):
        run_trial(finished, tiny("bag"), prepare(source), seed=0, settings=SETTINGS)


def test_a_folder_with_other_things_is_refused(corpus: Corpus, tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("precious")
    with pytest.raises(HeadworkError, match="not empty"):
        run_trial(Run(tmp_path), tiny("bag"), corpus, seed=0, settings=SETTINGS)
    assert (tmp_path / "thesis.tex").read_text() == "precious"


def test_two_at_work_in_one_folder_are_refused(corpus: Corpus, tmp_path: Path) -> None:
    with held(Run(tmp_path / "run")), pytest.raises(HeadworkError, match="another headwork is at work"):
        run_trial(Run(tmp_path / "run"), tiny("bag"), corpus, seed=0, settings=SETTINGS)


def test_a_wrong_key_is_refused_before_anything_is_written(corpus: Corpus, tmp_path: Path) -> None:
    with pytest.raises(HeadworkError, match=r"heds.*\$\.model"):
        run_trial(Run(tmp_path / "run"), tiny("han", "model.heds=8"), corpus, seed=0, settings=SETTINGS)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("name", ["majority", "tfidf", "bag", "text-cnn", "bilstm-attention", "han", "transformer"])
def test_a_stored_classifier_answers_as_the_fitted_one_did(name: str, corpus: Corpus, tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    run = Run(tmp_path / name)
    run_trial(run, tiny(name), corpus, seed=0, settings=SETTINGS)
    table = pq.read_table(run.predictions_file)
    chances = load_classifier(run.model).probabilities(corpus.part("test").texts)
    written = np.stack(table["probabilities"].to_numpy())[np.array(table["side"].to_pylist()) == "test"]
    assert np.abs(chances - written).max() < 1e-5
    shown = run.explanations()
    if name not in ("majority", "bag"):
        assert all("".join(word.text for word in text.words) in corpus.texts for text in shown.texts)


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(path.read_bytes()[:-50]),
        lambda path: path.write_bytes(b"\x80\x04" + path.read_bytes()),
        lambda path: path.unlink(),
        lambda path: path.write_bytes(b""),
    ],
)
def test_damaged_weights_are_refused(finished: Run, tmp_path: Path, damage) -> None:
    copy = tmp_path / "model"
    copy.mkdir()
    for file in finished.model.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    damage(copy / "model.safetensors")
    with pytest.raises(HeadworkError, match=r"model\.safetensors"):
        load_classifier(copy)


def test_renamed_and_misshapen_tensors_are_refused_by_name(finished: Run, tmp_path: Path) -> None:
    from safetensors.numpy import load_file, save_file

    copy = tmp_path / "model"
    copy.mkdir()
    for file in finished.model.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    tensors = load_file(copy / "model.safetensors")
    name = next(iter(tensors))
    save_file(
        {**{key: value for key, value in tensors.items() if key != name}, "stranger": tensors[name]},
        copy / "model.safetensors",
    )
    with pytest.raises(HeadworkError, match="tensor"):
        load_classifier(copy)
    save_file({**tensors, name: tensors[name][..., :-1].copy()}, copy / "model.safetensors")
    with pytest.raises(HeadworkError, match=f"{name}.*shape"):
        load_classifier(copy)


def test_shares_are_nested_and_keep_every_class() -> None:
    examples = Examples([str(number) for number in range(100)], np.arange(100) % 7, np.arange(100))
    tenth, third = examples.share(0.1), examples.share(0.3)
    assert set(tenth.texts) < set(third.texts) < set(examples.texts)
    assert set(tenth.labels) == set(range(7))
    assert 7 <= len(tenth.texts) <= 14


def test_the_sample_is_the_same_for_every_model() -> None:
    examples = Examples([str(number) for number in range(100)], np.arange(100) % 7, np.arange(100))
    assert examples.sample(6).texts == examples.sample(6).texts
    assert len(examples.sample(1000).texts) == 100
