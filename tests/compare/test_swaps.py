"""Does the answer follow what is asked about? One sentence, two companies, opposite polarity."""

import functools
import importlib

import numpy as np
import pytest
from msgspec.structs import replace

from headwork.base.about import bare, marked
from headwork.base.recipes import Recipe, load_recipe, with_settings
from headwork.base.results import Comparison
from headwork.base.runs import ComparisonFolder
from headwork.compare import comparison
from headwork.compare.classify.swaps import swapped, swaps_of
from headwork.compare.comparison import Options, compare
from headwork.compare.open import open_run
from headwork.compare.trial import run_trial
from headwork.data.corpus import Examples, prepare
from headwork.measure.latency import measure_latency
from headwork.report.views import write_report
from headwork.tasks.classify import new_classifier
from headwork.train.any import fit_any

assemble_module, trial_module = (
    importlib.import_module(f"headwork.compare.classify.{name}") for name in ("assemble", "trial")
)


def tfidf(near: int) -> Recipe:
    return with_settings(load_recipe("tfidf"), (f"model.near={near}",))


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> tuple[ComparisonFolder, Comparison]:
    corpus, out = prepare("two-entities"), ComparisonFolder(tmp_path_factory.mktemp("news") / "out")

    def run_here(_, trial, settings, threads, hear) -> None:
        run_trial(trial.run, trial.recipe, corpus, seed=trial.seed, settings=settings, progress=lambda share: None)

    asked = [replace(tfidf(near), name=f"near-{near}") for near in (0, 6)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(comparison, "run_in_process", run_here)
        patch.setattr(trial_module, "measure_latency", functools.partial(measure_latency, seconds=0.05))
        patch.setattr(assemble_module, "count_wrong_labels", lambda corpus: (0, 1))
        result = compare(out, corpus, asked, Options(seeds=1, threads=1, offline=True))
    assert isinstance(result, Comparison)
    write_report(out)
    return out, result


@pytest.mark.row("UL13")
def test_who_does_not_see_the_entity_is_at_chance_and_who_sees_it_follows_it(compared):
    _, result = compared
    blind, seeing = (next(model for model in result.models if model.name == name) for name in ("near-0", "near-6"))
    assert blind.swaps and seeing.swaps and blind.swaps.texts == seeing.swaps.texts == 300
    assert blind.swaps.right.mean == blind.swaps.moved.mean == 0.0
    assert blind.scores["accuracy"].mean <= 0.5
    assert seeing.swaps.right.low > 0.3 and seeing.swaps.moved.low > 0.6
    assert seeing.scores["accuracy"].low > blind.scores["accuracy"].high


def test_the_report_says_so(compared):
    folder, result = compared
    page, told = folder.report_file.read_text(), folder.markdown_file.read_text()
    assert "Does the answer follow what is asked about?" in page and "Does the answer follow" in told
    assert "⟦" in page and "\ufdd0" not in page and "\ufdd0" not in told
    assert any(warning.startswith("near-0 does not look at what is asked about") for warning in result.warnings)
    assert not any(warning.startswith("near-6 does not look") for warning in result.warnings)


@pytest.mark.row("UL13")
def test_asked_about_the_other_company_it_answers_otherwise(compared):
    folder, _ = compared
    opened, work = open_run(str(folder.trial("near-6", 0).folder), device="cpu")
    text = "Zanbit raised its forecast while Ulbork cut its forecast."
    asked = [marked(text, [(start, start + 6)]) for start in (0, 33)]
    assert work.answers is not None
    of_one, of_other = work.answers(opened, asked)
    assert (of_one["about"], of_one["label"]) == ("Zanbit", "positive")
    assert (of_other["about"], of_other["label"]) == ("Ulbork", "negative")
    assert of_one["text"] == of_other["text"] == text


def test_swaps_are_counted_by_text():
    texts = ["A rose, B fell", "A fell, B rose", "A and B rose"]
    rows = [marked(text, [(text.index(name), text.index(name) + 1)]) for text in texts for name in "AB"]
    truth = np.array([1, 0, 0, 1, 1, 1])
    asked = swapped(Examples(rows, truth, np.arange(6)))
    assert [places.tolist() for places in asked] == [[0, 1], [2, 3]]  # of the third both labels are the same
    found = swaps_of(asked, np.array([[1, 0, 1, 1, 0, 0], [1, 1, 1, 0, 1, 1]]), truth)
    assert found and (found.texts, found.right.mean, found.moved.mean) == (2, 0.25, 0.5)
    assert swaps_of([], truth[None], truth) is None


@pytest.mark.row("UL13")
def test_a_network_reads_the_marks():
    """Trained on marked sentences of a small world, it flips with the marks; the bare text gives one answer."""
    corpus = prepare("two-entities")
    settings = ("train.epochs=30", "train.patience=30", "train.batch_tokens=400", "train.lr=0.01", "model.dropout=0.1")
    recipe = with_settings(load_recipe("bilstm-attention"), settings, size="tiny")
    rows = [row for row, text in enumerate(corpus.texts) if " while " in text or ", but " in text]
    whole = Examples(corpus.texts, corpus.labels, corpus.rows)[rows]
    train, dev, test = whole[range(240)], whole[range(240, 300)], whole[range(300, 360)]
    classifier = new_classifier(recipe, corpus.facts.classes, train.texts, seed=0)
    fit_any(classifier, train, dev, seed=0)
    found = swaps_of(swapped(test), classifier.logits(test.texts).argmax(1)[None], test.labels)
    assert found and found.right.mean > 0.3
    blind = classifier.logits([bare(text).text for text in test.texts]).argmax(1)
    lost = swaps_of(swapped(test), blind[None], test.labels)
    assert lost and lost.moved.mean == 0.0
