"""A comparison of models of search, from a file to its page, and what a finished run finds."""

import functools
import importlib
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as parquet
import pytest
from msgspec.structs import replace

from headwork.base.errors import HeadworkError
from headwork.base.limits import DEFAULT_LIMITS
from headwork.base.recipes import Recipe, load_recipe, with_settings
from headwork.base.retrieve import RetrieveComparison, RetrieveRun
from headwork.base.runs import ComparisonFolder
from headwork.compare import comparison
from headwork.compare.asked import Asked
from headwork.compare.comparison import Options, compare
from headwork.compare.lineup import default_names
from headwork.compare.open import open_run
from headwork.compare.retrieve.trial import check, fit_share
from headwork.compare.trial import run_trial
from headwork.data.distractors import Pool
from headwork.data.searched import SearchCorpus, prepare_searched
from headwork.measure.latency import measure_latency
from headwork.measure.means import mean_score
from headwork.report.views import standings, write_report, write_run_report
from headwork.tasks.libraries import Mixed, mixed
from headwork.tasks.retrieve import load_retriever

trial_module = importlib.import_module("headwork.compare.retrieve.trial")
VERBS = "read write open close send find parse join".split()
NOUNS = "file line socket table key value tree user".split()
SETTINGS = ("train.epochs=2", "train.lr=1e-2", "train.batch_tokens=600", "model.max_tokens=32")


def write_functions(path: Path) -> Path:
    rows = [
        {
            "name": f"{verb}_{noun}",
            "summary": f"{verb.capitalize()} the <b>{noun}</b> number {place}",
            "code": f"def {verb}_{noun}(x):\n    return x.{verb}({place % 7}) if x & 1 else {place}",
        }
        for place, (verb, noun) in enumerate((v, n) for v in VERBS for n in NOUNS for _ in range(2))
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def recipes() -> list[Recipe]:
    named = [load_recipe(name, "retrieve") for name in ("bm25", "tfidf", "nbow", "codebert")]
    small = [with_settings(each, SETTINGS, size="tiny") if each.train else each for each in named]
    both = with_settings(small[-1], ("model.words=bm25", "train.pretrain=0.0"))
    return [*small, replace(both, name="both")]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[SearchCorpus, ComparisonFolder]:
    folder = tmp_path_factory.mktemp("found")
    corpus, out = prepare_searched(write_functions(folder / "functions.jsonl")), ComparisonFolder(folder / "out")

    def run_here(_, trial, settings, threads, hear) -> None:
        run_trial(trial.run, trial.recipe, corpus, seed=trial.seed, settings=settings, progress=lambda share: None)

    options = Options(seeds=2, threads=1, offline=True, command="headwork compare functions.jsonl --task retrieve")
    with pytest.MonkeyPatch.context() as patch:  # processes and latencies to the third digit take a minute
        patch.setattr(comparison, "run_in_process", run_here)
        patch.setattr(trial_module, "measure_latency", functools.partial(measure_latency, seconds=0.02))
        compare(out, corpus, recipes(), options)
    write_report(out)
    return corpus, out


@pytest.mark.row("BE26")
@pytest.mark.parametrize("name", ["bm25", "nbow", "both"])
def test_the_ranks_are_those_of_the_library(made, name):
    corpus, folder = made
    run, test = folder.trial(name, 0), corpus.part("test")
    found = parquet.read_table(run.predictions_file).to_pydict()
    assert found["row"] == test.rows.tolist()
    retriever = load_retriever(run.model)
    documents = list(dict.fromkeys(test.seconds))
    scores = retriever.index(documents).scores(test.texts)
    expected = []
    for row, own in zip(scores, test.seconds, strict=True):
        right = row[documents.index(own)]
        expected.append(sum(score >= right - 1e-12 for score in row))  # summaries are all different: no other answers
    assert found["rank"] == expected
    result = run.result(RetrieveRun)
    assert result.scores["mrr"] == pytest.approx(np.mean([1 / rank for rank in expected]))
    assert result.scores["recall_5"] == pytest.approx(np.mean([rank <= 5 for rank in expected]))
    assert result.distractors == len(documents) - 1 == found["distractors"][0]
    assert result.indexing.documents == len(documents) and result.latency.p50_ms > 0


@pytest.mark.row("BE26")
def test_the_result_tells_of_every_model(made):
    _, folder = made
    result = folder.result(RetrieveComparison)
    assert json.loads(folder.result_file.read_text())["task"] == "retrieve"
    models = {model.name: model for model in result.models}
    assert models.keys() == {"bm25", "tfidf", "nbow", "codebert", "both"}
    for name, model in models.items():
        assert list(model.scores) == ["mrr", "recall_1", "recall_5", "recall_10"]
        ranks = np.stack(
            [parquet.read_table(folder.trial(name, seed).predictions_file)["rank"].to_numpy() for seed in model.seeds]
        )
        assert model.scores["mrr"] == mean_score(1 / ranks)
        assert model.found.k[0] == 1 and model.found.share[0] == pytest.approx((ranks == 1).mean())
        assert model.found.share == sorted(model.found.share)
        assert (model.against_bm25 is None) == (name == "bm25")
        if model.against_bm25:
            gap = model.scores["mrr"].mean - models["bm25"].scores["mrr"].mean
            assert model.against_bm25.difference == pytest.approx(gap)
            assert model.against_bm25.low <= gap <= model.against_bm25.high
        assert len(model.shares) == (2 if name == "both" else 0)
    assert len(models["bm25"].seeds) == 1 and len(models["nbow"].seeds) == 2
    assert any("all the others" in note for note in result.warnings)
    assert not any("published encoder" in note for note in result.warnings)


def test_examples_show_what_stood_first(made):
    corpus, folder = made
    result, test = folder.result(RetrieveComparison), corpus.part("test")
    assert len(result.examples) == 10 and len({each.row for each in result.examples}) == 10
    for example in result.examples:
        place = test.rows.tolist().index(example.row)
        assert (example.query, example.right) == tuple(test.items[place])
        assert 2 <= len(example.found) <= 3 and {result.best, "bm25"} <= example.found.keys()
        for found in example.found.values():
            assert (found.first == "") == (found.rank == 1) and found.first != example.right
            assert not found.first or found.first in test.seconds


def test_the_table_and_the_page_show_what_was_found(made):
    _, folder = made
    result, page = folder.result(RetrieveComparison), folder.report_file.read_text()
    table = standings(result)
    titles = [column.title for column in table.columns]
    assert {str(row.cells[0]) for row in table.rows} == {model.name for model in result.models}
    assert {"MRR", "found first", "against bm25", "of vectors", "to index"} <= set(titles)
    own = next(row for row in table.rows if str(row.cells[0]) == "bm25")
    assert str(own.cells[titles.index("against bm25")]) == "–"
    assert "What is found among the first k" in page and "<script" not in page
    assert "<b>file</b>" not in page and "&lt;b&gt;" in page and "the right document" in page
    assert "query: summary; document: code" in folder.markdown_file.read_text().replace("\\", "")
    run_page = write_run_report(folder.trial("both", 0)).read_text()
    assert "of the score from vectors" in run_page and "to index" in run_page
    assert "of the score from vectors" not in write_run_report(folder.trial("nbow", 0)).read_text()


def test_a_mixed_score_is_fitted_on_dev(made):
    corpus, folder = made
    retriever = load_retriever(folder.trial("both", 1).model)
    assert retriever.share == folder.trial("both", 1).result(RetrieveRun).share
    dev = corpus.part("dev")
    library = retriever.index(Pool.of(dev.texts, dev.seconds).documents)
    assert isinstance(library, Mixed)
    told = fit_share(retriever, dev)
    cosines, words = library.parts(dev.texts)

    def mrr(share: float) -> float:
        mixture = share * cosines + (1 - share) * words / words.max(axis=1, keepdims=True)
        own = [mixture[place, dev.seconds.index(text)] for place, text in enumerate(dev.seconds)]
        return float(np.mean([1 / (row >= right).sum() for row, right in zip(mixture, own, strict=True)]))

    assert told == pytest.approx(max(mrr(share) for share in np.linspace(0, 1, 21)))
    assert retriever.share is not None and mrr(retriever.share) == pytest.approx(told)
    np.testing.assert_array_equal(library.scores(dev.texts), mixed(cosines, words, library.share))
    one = mixed(np.array([[0.2, 0.4]]), np.array([[1.0, 4.0]]), 0.25)
    np.testing.assert_allclose(one, [[0.25 * 0.2 + 0.75 / 4, 0.25 * 0.4 + 0.75]])
    silent = mixed(np.ones((1, 3)), np.zeros((1, 3)), 0.5)  # no word in common says nothing
    assert silent.tolist() == [[0.5, 0.5, 0.5]]


@pytest.mark.row("BE26")
@pytest.mark.parametrize("name", ["bm25", "both"])
def test_a_run_answers_new_pairs(made, name, tmp_path):
    corpus, folder = made
    retriever, work = open_run(str(folder.trial(name, 0).folder), device="cpu")
    assert work.answers is not None and retriever.columns == ("summary", "code")
    given = Asked(corpus.facts.source, io.BytesIO(), (None, None), (None, None), DEFAULT_LIMITS)
    found = list(work.answers(retriever, work.asked(retriever, given)))
    assert len(found) == 128 and {"query", "found", "score", "rank"} == found[0].keys()
    first = [each for each in found if each["rank"] == 1]
    assert first and all(each["found"].startswith(f"def {each['query'].split()[0].lower()}") for each in first)
    lines = Asked(
        None, io.BytesIO(b"Read the key\tdef read_key\nSend it\tdef send\n"), (None, None), (None, None), DEFAULT_LIMITS
    )
    assert [each["rank"] for each in work.answers(retriever, work.asked(retriever, lines))] == [1, 1]
    assert list(work.answers(retriever, [])) == []


@pytest.mark.parametrize(
    ("name", "settings", "told"),
    [
        ("nbow", ("train.pretrain=0.5",), "no heads for it"),
        ("nbow", ("train.label_smoothing=0.1",), "means nothing for search"),
        ("nbow", ("train.fit=logistic",), "no features apart|there is no head"),
        ("nbow", ("train.fit=none",), "search by a published encoder"),
        ("codebert", ("train.pretrain=1.0",), "out of range"),
        ("codebert", ("model.towers=two",), "one tower from scratch"),
        ("bm25", ("model.k=-1",), "expected k of at least 0"),
    ],
)
def test_impossible_settings_are_refused_before_anything_is_written(name, settings, told):
    with pytest.raises(HeadworkError, match=told):
        check(with_settings(load_recipe(name, "retrieve"), settings))
    with pytest.raises(HeadworkError, match=r"train\.pretrain is for search"):
        importlib.import_module("headwork.train.any").check_recipe(
            with_settings(load_recipe("bag"), ("train.pretrain=0.5",))
        )


def test_the_default_line_up_begins_with_the_baselines():
    names = default_names("retrieve")
    assert names[:2] == ["tfidf", "bm25"] and names[-1] == "minilm-retrieve"


@pytest.mark.slow
@pytest.mark.row("BE26")
def test_a_published_encoder_finds_more_than_words_on_real_functions(real_data, minilm_folder):
    """On a slice of the test side: MiniLM, of the training texts of which this may be a part, against BM25."""
    corpus: Any = prepare_searched("code_docstring")
    test = corpus.part("test").sample(200)
    pool = Pool.of(test.texts, test.seconds)

    def mrr(name: str) -> float:
        recipe = load_recipe(name, "retrieve")
        retriever = trial_module.new_retriever(recipe, test, seed=0, offline=True)
        found = trial_module.found_in(retriever.index(pool.documents), test.texts, pool)
        return float((1 / found.ranks).mean())

    assert mrr("minilm-cosine") > mrr("bm25") + 0.03
