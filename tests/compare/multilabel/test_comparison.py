"""A comparison of labellers from rows to its page, and what a finished run answers."""

import functools
import importlib
import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as parquet
import pytest
from sklearn.metrics import accuracy_score, average_precision_score, f1_score, roc_auc_score

from headwork.base.errors import HeadworkError
from headwork.base.multilabel import MultilabelComparison, MultilabelRun
from headwork.base.recipes import load_recipe, with_settings
from headwork.base.runs import ComparisonFolder, Run
from headwork.compare import comparison
from headwork.compare.comparison import Options, compare
from headwork.compare.lineup import default_names
from headwork.compare.open import open_run
from headwork.compare.trial import run_trial
from headwork.compare.work import Settings
from headwork.data.multilabel import MultilabelCorpus, prepare_multilabel
from headwork.measure.latency import measure_latency
from headwork.report.views import standings, write_report, write_run_report
from headwork.tasks.multilabel import load_labeller

trial_module = importlib.import_module("headwork.compare.multilabel.trial")  # the package gives the function
NAMES = ("majority", "tfidf", "bag")
SETTINGS = ("train.epochs=8", "train.patience=8", "train.batch_tokens=300")
WORDS = {"anger": "furious", "<b>joy</b>": "glad", "fear": "afraid"}
"""each label and the word that tells it"""


def write_rows(path: Path, rows: int = 300) -> Path:
    """Joy and fear never stand together; of a tenth of the labels the word is missing."""
    random = np.random.default_rng(0)
    lines = ["text\temotions"]
    for number in range(rows):
        labels = [label for label, share in zip(WORDS, (0.4, 0.5, 0.3), strict=True) if random.random() < share]
        labels = [label for label in labels if label != "fear" or "<b>joy</b>" not in labels]
        words = [WORDS[label] for label in labels if random.random() < 0.9]
        lines.append(f"day {number} in the {' '.join(['house', *words])}\t{'|'.join(labels)}")
    path.write_text("\n".join(lines) + "\n")
    return path


def recipes(*settings: str) -> list:
    chosen = [load_recipe(name, "multilabel") for name in NAMES]
    return [with_settings(each, (*SETTINGS, *settings), size="tiny") if each.kind == "bag" else each for each in chosen]


def compared(
    folder: ComparisonFolder, corpus: MultilabelCorpus, chosen: list, options: Options
) -> MultilabelComparison:
    def run_here(_, trial, settings, threads, hear) -> None:
        run_trial(trial.run, trial.recipe, corpus, seed=trial.seed, settings=settings, progress=lambda share: None)

    with pytest.MonkeyPatch.context() as patch:  # a dozen processes and latencies to the third digit take a minute
        patch.setattr(comparison, "run_in_process", run_here)
        patch.setattr(trial_module, "measure_latency", functools.partial(measure_latency, seconds=0.05))
        result = compare(folder, corpus, chosen, options)
    assert isinstance(result, MultilabelComparison)
    return result


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[MultilabelCorpus, ComparisonFolder]:
    folder = tmp_path_factory.mktemp("labels")
    corpus = prepare_multilabel(write_rows(folder / "rows.tsv"))
    out = ComparisonFolder(folder / "out")
    options = Options(seeds=2, threads=1, offline=True, curve=True, command="headwork compare rows.tsv")
    compared(out, corpus, recipes(), options)
    write_report(out)
    return corpus, out


EMOTIONS = {
    "anger": "כועס", "anticipation": "מצפה", "disgust": "נגעל", "fear": "מפחד",
    "joy": "שמח", "sadness": "עצוב", "surprise": "מופתע", "trust": "סומך",
}  # fmt: skip


@pytest.mark.row("BE29")
def test_eight_emotions_of_hebrew_have_probabilities_and_a_wheel(tmp_path):
    random = np.random.default_rng(0)
    lines = ["text\temotions"]
    for number in range(160):
        has = [emotion for emotion in EMOTIONS if random.random() < 0.25]
        lines.append(f"אני {' ו'.join(['פה', *(EMOTIONS[each] for each in has)])} ביום {number}\t{'|'.join(has)}")
    (tmp_path / "emotions.tsv").write_text("\n".join(lines) + "\n")
    corpus, out = prepare_multilabel(tmp_path / "emotions.tsv"), ComparisonFolder(tmp_path / "out")
    chosen = [load_recipe("tfidf-characters", "multilabel")]
    result = compared(out, corpus, chosen, Options(seeds=1, threads=1, offline=True))
    write_report(out)
    (model,) = result.models
    table = parquet.read_table(out.trial("tfidf-characters", 0).predictions_file)
    of_test = np.stack(table["probabilities"].to_numpy())[np.array(table["side"].to_pylist()) == "test"]
    assert [label.probability for label in model.labels] == pytest.approx(of_test.mean(0).tolist())
    assert model.scores["macro_f1"].mean > 0.95
    page = out.report_file.read_text()
    assert "wheel-title" in page and all(f">{emotion}<" in page for emotion in EMOTIONS)
    opened, work = open_run(str(out.trial("tfidf-characters", 0).folder), device="cpu")
    assert work.answers is not None
    (answer,) = work.answers(opened, ["אני שמח ומפחד"])
    assert answer["labels"] == ["fear", "joy"] and answer["probabilities"].keys() == EMOTIONS.keys()
    assert min(answer["probabilities"][each] for each in ("fear", "joy")) > 0.5


@pytest.mark.row("BE12")
def test_the_result_tells_of_every_model(made):
    corpus, folder = made
    result = folder.result(MultilabelComparison)
    assert json.loads(folder.result_file.read_text())["task"] == "multilabel"
    models = {model.name: model for model in result.models}
    assert set(models) == set(NAMES) and len(models["bag"].seeds) == 2
    for model in result.models:
        assert set(model.scores) == {"macro_f1", "micro_f1", "subset_accuracy", "auc", "average_precision"}
        assert all(score.low <= score.mean <= score.high for score in model.scores.values())
        assert [label.name for label in model.labels] == corpus.facts.classes
        assert model.latency.texts_per_second > 0 and model.cost.bytes > 0
    assert models["majority"].against_best.high < 0
    assert models["majority"].scores["auc"].mean == 0.5
    assert result.verdict.model in ("tfidf", "bag") and "macro-F1" in result.verdict.reason
    test = corpus.part("test").labels
    for one, row in enumerate(result.together):
        assert row == [int((test[:, one] & test[:, other]).sum()) for other in range(3)]
    joy, fear = (corpus.facts.classes.index(name) for name in ("<b>joy</b>", "fear"))
    assert result.together[joy][fear] == 0


@pytest.mark.row("BE12")
@pytest.mark.parametrize("name", NAMES)
def test_the_scores_are_scikit_learns_of_the_predictions(made, name):
    corpus, folder = made
    run, test = folder.trial(name, 0), corpus.part("test")
    found = parquet.read_table(run.predictions_file, filters=[("side", "=", "test")]).to_pydict()
    assert found["row"] == test.rows.tolist() and np.array_equal(found["label"], test.labels)
    predicted, chances = np.array(found["predicted"]), np.array(found["probabilities"])
    result = run.result(MultilabelRun)
    assert np.array_equal(predicted, chances >= result.thresholds)
    np.testing.assert_allclose(chances, 1 / (1 + np.exp(-np.array(found["logits"]) / result.temperatures)))
    assert result.scores == pytest.approx(
        {
            "macro_f1": f1_score(test.labels, predicted, average="macro"),
            "micro_f1": f1_score(test.labels, predicted, average="micro"),
            "subset_accuracy": accuracy_score(test.labels, predicted),
            "auc": roc_auc_score(test.labels, found["logits"], average="macro"),
            "average_precision": average_precision_score(test.labels, found["logits"], average="macro"),
        }
    )
    (model,) = [each for each in folder.result(MultilabelComparison).models if each.name == name]
    for place, label in enumerate(model.labels):
        assert label.f1 == pytest.approx(f1_score(test.labels[:, place], predicted[:, place]))
        assert label.threshold == result.thresholds[place]


@pytest.mark.row("BE12")
def test_no_other_threshold_does_better_on_dev(made):
    _, folder = made
    run = folder.trial("tfidf", 0)
    found = parquet.read_table(run.predictions_file, filters=[("side", "=", "dev")]).to_pydict()
    truth, chances = np.array(found["label"]), np.array(found["probabilities"])
    for place, threshold in enumerate(run.result(MultilabelRun).thresholds):
        own = f1_score(truth[:, place], chances[:, place] >= threshold)
        every = [f1_score(truth[:, place], chances[:, place] >= other) for other in chances[:, place]]
        assert own == pytest.approx(max(every))


def test_a_run_answers_new_texts(made):
    corpus, folder = made
    texts = ["day 5 in the house furious", "day 6 in the house glad furious", "day 7 in the house", ""]
    for name in NAMES:
        labeller, work = open_run(str(folder.trial(name, 0).folder), device="cpu")
        assert work.answers is not None
        found = list(work.answers(labeller, texts))
        assert [each["text"] for each in found] == texts
        for each in found:
            assert list(each["probabilities"]) == corpus.facts.classes
            over = [
                label
                for label, threshold in zip(corpus.facts.classes, labeller.thresholds, strict=True)
                if each["probabilities"][label] >= threshold
            ]
            assert each["labels"] == over
        if name == "majority":
            assert all(each["labels"] == corpus.facts.classes for each in found)
        else:
            assert [each["labels"] for each in found[:2]] == [["anger"], ["<b>joy</b>", "anger"]]
            assert found[2]["labels"] == []


@pytest.mark.row("BE12")
def test_the_page_and_the_table_show_what_was_found(made):
    _, folder = made
    result, page, told = folder.result(MultilabelComparison), folder.report_file.read_text(), folder.markdown_file
    table = standings(result)
    assert {str(row.cells[0]) for row in table.rows} == set(NAMES)
    assert str(table.rows[0].cells[0]) == result.best
    for words in ("Which labels stand together", "Worst mistakes", "Would more data help?", "threshold", "AUC"):
        assert words in page
    assert "<script" not in page and "<b>joy</b>" not in page and "&lt;b&gt;joy&lt;/b&gt;" in page
    assert page.count('<table class="confusion">') == 2
    markdown = told.read_text()
    assert f"| **{result.best}**" in markdown and "&lt;b&gt;joy" in markdown and "labels: " in markdown


def test_mistakes_are_wrong_and_the_least_expected_first(made):
    corpus, folder = made
    result, test = folder.result(MultilabelComparison), corpus.part("test")
    for name, mistakes in result.mistakes.items():
        found = parquet.read_table(folder.trial(name, 0).predictions_file, filters=[("side", "=", "test")]).to_pydict()
        chances, likelihoods = np.array(found["probabilities"]), []
        for mistake in mistakes:
            place = found["row"].index(mistake.row)
            truth, own = test.labels[place], chances[place]
            assert mistake.text == test.texts[place]
            assert mistake.wrong or mistake.missed
            assert sorted(label.name for label in (*mistake.right, *mistake.missed)) == sorted(corpus.names(truth))
            given = corpus.names(np.array(found["predicted"][place]))
            assert sorted(label.name for label in (*mistake.right, *mistake.wrong)) == sorted(given)
            likelihoods.append(np.where(truth, own, 1 - own).prod())
        assert likelihoods == sorted(likelihoods)
        wrong = (np.array(found["predicted"]) != test.labels).any(1)
        assert min(np.where(test.labels, chances, 1 - chances).prod(1)[wrong]) == pytest.approx(likelihoods[0])


def test_labels_that_the_test_side_lacks_are_told_and_not_scored(tmp_path):
    """Of four labels one is only in training, one on every row of the test side."""
    for side, count in {"train": 60, "dev": 10, "test": 20}.items():
        lines = ["text,labels"]
        for n in range(count):
            color = ("blue", "red")[n % 2]
            lines.append(f"{side} {n} {color},{color};{'old' if side == 'train' and n % 3 else 'all'}")
        (tmp_path / f"{side}.csv").write_text("\n".join(lines) + "\n")
    corpus = prepare_multilabel(tmp_path / "train.csv", dev=tmp_path / "dev.csv", test=tmp_path / "test.csv")
    folder = ComparisonFolder(tmp_path / "out")
    result = compared(folder, corpus, recipes()[:2], Options(seeds=1, threads=1))
    (tfidf,) = [model for model in result.models if model.name == "tfidf"]
    labels = {label.name: label for label in tfidf.labels}
    assert labels["old"].auc is None and labels["old"].average_precision is None and labels["old"].threshold == 0.5
    assert labels["all"].auc is None and labels["all"].average_precision is not None
    assert tfidf.scores["auc"].mean == 1.0
    assert any(note.startswith("no test row has 'old'") for note in result.warnings)
    assert any(note.startswith("no dev row has 'old'") for note in result.warnings)
    page = write_report(folder).read_text()
    assert page.count("not defined") >= 3 and "nan" not in page


def test_the_learning_curve_ends_with_the_whole(made):
    corpus, folder = made
    for model in folder.result(MultilabelComparison).models:
        assert model.curve[-1].rows == len(corpus.part("train"))
        assert model.curve[-1].accuracy == pytest.approx(model.scores["macro_f1"].mean)


def test_a_finished_comparison_is_not_run_again(made):
    corpus, folder = made
    told: list[str] = []
    options = Options(seeds=2, threads=1, curve=True)
    again = compare(folder, corpus, recipes(), options, lambda what, *_: told.append(what))
    assert not told and again == folder.result()


def test_seeds_differ_and_one_seed_is_the_same_again(made, tmp_path):
    corpus, folder = made
    settings = Settings(explains=False)
    run_trial(Run(tmp_path / "again"), recipes()[-1], corpus, seed=0, settings=settings)
    weights = [
        (run.model / "model.safetensors").read_bytes()
        for run in (Run(tmp_path / "again"), folder.trial("bag", 0), folder.trial("bag", 1))
    ]
    assert weights[0] == weights[1] != weights[2]


def test_a_run_has_its_page_and_a_damaged_model_is_refused(made, tmp_path):
    _, folder = made
    page = write_run_report(folder.trial("bag", 0)).read_text()
    assert "When a label is given" in page and "Macro-F1" in page and "<script" not in page
    for file in folder.trial("bag", 0).model.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-8])
    with pytest.raises(HeadworkError):
        load_labeller(tmp_path)


def test_the_default_line_up_begins_with_baselines():
    names = default_names("multilabel")
    assert names[:2] == ["majority", "tfidf"]
    assert {"bag", "text-cnn", "bilstm-attention", "minilm"} < set(names)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.row("BE12")
def test_on_real_rows_networks_label_and_the_majority_does_not(real_data, tmp_path):
    """Votes of toxic_tweets: all models are far above label shares, and AUC of all labels is high."""
    chosen = [load_recipe(name, "multilabel") for name in ("majority", "tfidf", "text-cnn")]
    options = Options(seeds=1, threads=1, budget_seconds=60, offline=True)
    corpus = prepare_multilabel("toxic_tweets", labels="hate,offensive,neither")
    result = compare(ComparisonFolder(tmp_path / "toxic"), corpus, chosen, options)
    assert isinstance(result, MultilabelComparison)
    for model in result.models:
        if model.name != "majority":
            assert model.scores["auc"].low > 0.8
    (majority,) = [model for model in result.models if model.name == "majority"]
    assert majority.against_best.high < -0.1
