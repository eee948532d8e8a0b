"""A comparison of models that summarise, from a file to its page, and what a finished run answers."""

import functools
import importlib
import io
import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as parquet
import pytest

from headwork.base.errors import HeadworkError
from headwork.base.limits import DEFAULT_LIMITS
from headwork.base.recipes import load_recipe, recipe_names, with_settings
from headwork.base.runs import ComparisonFolder, Run
from headwork.base.summary import PLACES, SummaryComparison, SummaryRun, SummarySample
from headwork.compare import comparison
from headwork.compare.asked import Asked
from headwork.compare.comparison import Options, compare
from headwork.compare.lineup import default_names
from headwork.compare.open import open_run
from headwork.compare.summarize.assemble import places_of
from headwork.compare.summarize.trial import check
from headwork.compare.trial import run_trial
from headwork.compare.work import Settings
from headwork.data.summaries import SummaryCorpus, prepare_summaries
from headwork.measure.latency import measure_latency
from headwork.measure.means import mean_differences
from headwork.report.summarize.samples import Piece, shown
from headwork.report.views import standings, write_report, write_run_report

trial_module = importlib.import_module("headwork.compare.summarize.trial")  # the package gives a function so called
NAMES = ("lead", "random", "textrank", "transformer-ext")
SETTINGS = ("train.epochs=2", "train.lr=5e-3", "train.batch_tokens=600", "model.max_tokens=32", "model.inter_ff=32")
WORDS = "the red old house near a river was sold to two <b>people</b> from town again".split()


def write_documents(path: Path, count: int = 120) -> Path:
    """A sentence with a number is what people wrote; half of the documents have two summaries."""
    chance, lines = np.random.default_rng(0), []
    for number in range(count):
        size = int(chance.integers(3, 9))
        sentences = [" ".join(chance.choice(WORDS, int(chance.integers(5, 12)))) + "." for _ in range(size)]
        place = int(chance.integers(size))
        sentences[place] = f"In {number} {sentences[place]}"
        target = [sentences[place][:-6], "Nothing & <i>more</i>."][: 1 + number % 2]
        lines.append(json.dumps({"source": sentences, "target": target}) + "\n")
    path.write_text("".join(lines))
    return path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[SummaryCorpus, ComparisonFolder]:
    folder = tmp_path_factory.mktemp("summarize")
    corpus = prepare_summaries(write_documents(folder / "docs.jsonl"))
    out = ComparisonFolder(folder / "out")
    chosen = [load_recipe(name, "summarize") for name in NAMES]
    chosen[-1] = with_settings(chosen[-1], SETTINGS, size="tiny")
    options = Options(seeds=2, threads=1, offline=True, curve=True, command="headwork compare docs --task summarize")

    def run_here(_, trial, settings, threads, hear) -> None:
        run_trial(trial.run, trial.recipe, corpus, seed=trial.seed, settings=settings)

    with pytest.MonkeyPatch.context() as patch:  # processes and latencies to the third digit take long
        patch.setattr(comparison, "run_in_process", run_here)
        patch.setattr(comparison, "CURVE_SHARES", (0.5,))
        patch.setattr(trial_module, "measure_latency", functools.partial(measure_latency, seconds=0.05))
        compare(out, corpus, chosen, options)
    write_report(out)
    return corpus, out


def predictions(run: Run) -> dict:
    return parquet.read_table(run.predictions_file, filters=[("side", "=", "test")]).to_pydict()


@pytest.mark.row("BE17")
def test_the_result_tells_of_every_model_with_the_oracle_above_and_lead_beside(made):
    corpus, folder = made
    result = folder.result(SummaryComparison)
    assert json.loads(folder.result_file.read_text())["task"] == "summarize"
    assert {model.name for model in result.models} == set(NAMES)
    for model in result.models:
        assert model.scores.keys() == {"rouge_1", "rouge_2", "rouge_l"}
        assert all(score.low <= score.mean <= score.high for score in model.scores.values())
        assert model.scores["rouge_l"].mean <= result.oracle.scores["rouge_l"].mean + 1e-12
        assert sum(model.places) == pytest.approx(1) and len(model.places) == PLACES
        assert model.written.sentences >= 1 and 0 < model.written.compression < 1
        assert len(model.seeds) == (1 if load_recipe(model.name, "summarize").deterministic else 2)
    lead = next(model for model in result.models if model.name == "lead")
    assert lead.places[0] == max(lead.places)
    scores = {
        name: np.stack([predictions(folder.trial(name, seed))["rouge_l"] for seed in seeds])
        for name, seeds in ((model.name, model.seeds) for model in result.models)
    }
    expected = mean_differences("lead", scores)
    assert {model.name: model.against_lead for model in result.models} == expected
    assert result.oracle.written.sentences >= 1 and result.references.words > 0
    assert result.data.split.test == len(corpus.part("test")) and "no" not in result.signature.split()


@pytest.mark.row("BE17")
def test_the_scores_are_those_of_the_published_package(made, rouge_scorer):
    corpus, folder = made
    scorer = rouge_scorer.RougeScorer(["rouge1", "rouge2", "rougeL"])
    test = corpus.part("test")
    for name in NAMES:
        run = folder.trial(name, 0)
        found = predictions(run)
        assert found["row"] == test.rows.tolist()
        for place, text in enumerate(found["summary"]):
            said = scorer.score_multi(test.references[place], text)
            for ours, theirs in (("rouge_1", "rouge1"), ("rouge_2", "rouge2"), ("rouge_l", "rougeL")):
                assert found[ours][place] == pytest.approx(said[theirs].fmeasure)
            assert text == " ".join(test.items[place][each] for each in found["chosen"][place])
        result = run.result(SummaryRun)
        assert result.scores["rouge_2"] == pytest.approx(np.mean(found["rouge_2"]))
        dev = parquet.read_table(run.predictions_file, filters=[("side", "=", "dev")]).to_pydict()
        assert result.dev_score == pytest.approx(np.mean(dev["rouge_l"]))


def test_the_page_tells_it(made):
    corpus, folder = made
    page, text = folder.report_file.read_text(), folder.markdown_file.read_text()
    result = folder.result(SummaryComparison)
    for said in (result.verdict.reason, "oracle (upper bound)", "against lead", "rouge-score 0.1.2"):
        assert said.replace("'", "&#39;") in page or said in page
        assert said.split(",")[0] in text
    assert "<b>people" not in page and "<i>more" not in page and "&lt;b&gt;people" in page
    assert page.count("<svg") >= 6 and "of-both" in page
    assert [row.cells[0].text for row in standings(result).rows][-1] == "oracle (upper bound)"
    run = folder.trial("transformer-ext", 0)
    assert "ROUGE-L" in write_run_report(run).read_text() and len(corpus.part("train")) == 84


def test_samples_are_shown_with_what_the_oracle_and_the_model_chose():
    sample = SummarySample(
        row=3,
        sentences=list("abcdefg"),
        references=["b d"],
        oracle=[1, 3],
        chosen={"one": [1], "two": [6]},
        written={"three": "text"},
        scores={"one": 0.5, "two": 0.0, "three": 0.1},
    )
    found = shown(sample, "one", ["one", "three"])
    assert found.pieces == [
        *(Piece("a"), Piece("b", "both"), Piece("c"), Piece("d", "people"), Piece("e"), Piece("…")),
    ]
    assert [(each.model, each.text, each.score) for each in found.given] == [("one", "b", 0.5), ("three", "text", 0.1)]
    assert {piece.of for piece in shown(sample, "three", []).pieces} == {"people", ""}


def test_shares_of_places():
    assert places_of([[0, 1], [0], [PLACES + 5]]) == [1 / 2, 1 / 4, *[0] * (PLACES - 3), 1 / 4]
    assert places_of([[], []]) == []


def asked(**given) -> Asked:
    chosen = {"file": None, "stream": io.BytesIO(), "texts": (None, None), "columns": (None, None), **given}
    return Asked(limits=DEFAULT_LIMITS, **chosen)


@pytest.mark.row("BE17")
@pytest.mark.parametrize("name", ["lead", "transformer-ext"])
def test_a_finished_run_summarises(made, name: str, tmp_path: Path):
    _, folder = made
    opened, work = open_run(str(folder.trial(name, 0).folder), device="cpu")
    assert work.answers is not None
    text = "In 1 the red house. The old river was sold! Again 👩‍👧 <b>. Two people."
    (one,) = work.answers(opened, work.asked(opened, asked(texts=(text, None))), sentences=2)
    assert one["text"] == text and len(one["sentences"]) == 2
    cut = ["In 1 the red house.", "The old river was sold!", "Again 👩‍👧 <b>.", "Two people."]
    assert [cut[each["index"]] for each in one["sentences"]] == [each["text"] for each in one["sentences"]]
    assert one["summary"] == " ".join(each["text"] for each in one["sentences"]) and "windows" not in one
    (tmp_path / "doc.txt").write_text(text.replace("! ", "!\n"))
    (whole,) = work.answers(opened, work.asked(opened, asked(file=str(tmp_path / "doc.txt"))), sentences=2)
    assert [each["index"] for each in whole["sentences"]] == [each["index"] for each in one["sentences"]]
    (tmp_path / "docs.jsonl").write_text(
        json.dumps({"source": ["A. B. C.", "The old. House."]}) + "\n" + json.dumps({"source": []}) + "\n"
    )
    listed, empty = work.answers(opened, work.asked(opened, asked(file=str(tmp_path / "docs.jsonl"))), sentences=5)
    assert [each["text"] for each in listed["sentences"]] == ["A. B. C.", "The old. House."]
    assert empty["summary"] == "" and empty["sentences"] == []
    lines = work.asked(opened, asked(stream=io.BytesIO(b"One. Two.\nThree.\n")))
    assert [each["text"] for each in work.answers(opened, lines)] == ["One. Two.", "Three."]


def test_long_documents_and_sentences_are_told(made):
    _, folder = made
    opened, work = open_run(str(folder.trial("transformer-ext", 0).folder), device="cpu")
    assert work.answers is not None
    (one,) = work.answers(opened, ["the house. " * 30 + "the " * 50])
    assert one["windows"] is True and one["sentences_cut"] == 1


def test_the_default_line_up_and_what_a_recipe_may_not_say():
    assert default_names("summarize")[0] == "lead" and "bertsum" in default_names("summarize")
    for name in recipe_names("summarize"):
        check(load_recipe(name, "summarize"))
    for setting, told in (("train.label_smoothing=0.1", "label_smoothing means nothing"), ("model.by=x", "by")):
        name = "bertsum" if setting.startswith("train") else "lead"
        with pytest.raises(HeadworkError, match=told):
            check(with_settings(load_recipe(name, "summarize"), (setting,)))


def test_a_run_of_another_folder_is_refused(made, tmp_path: Path):
    corpus, _ = made
    run = Run(tmp_path / "run")
    recipe = load_recipe("lead", "summarize")
    first = run_trial(run, recipe, corpus, seed=0, settings=Settings())
    assert run_trial(run, recipe, corpus, seed=0, settings=Settings()) == first
    with pytest.raises(HeadworkError, match="another recipe"):
        run_trial(run, load_recipe("random", "summarize"), corpus, seed=0, settings=Settings())
