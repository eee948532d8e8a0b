"""A comparison of models of pairs from rows to its page, of classes and of scores, and what a finished run answers."""

import functools
import importlib
import io
import itertools
import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as parquet
import pytest

from headwork.base.errors import HeadworkError
from headwork.base.limits import DEFAULT_LIMITS
from headwork.base.pair import PairComparison, PairRun
from headwork.base.recipes import load_recipe, with_settings
from headwork.base.runs import ComparisonFolder, Run
from headwork.compare import comparison
from headwork.compare.asked import Asked, pairs_asked
from headwork.compare.comparison import Options, compare
from headwork.compare.lineup import default_names, line_up
from headwork.compare.open import open_run
from headwork.compare.trial import run_trial
from headwork.compare.work import Settings
from headwork.data.pairs import Pair, PairCorpus, prepare_pairs
from headwork.explain.maps import attention_of
from headwork.measure.correlation import pearson, spearman
from headwork.measure.latency import measure_latency
from headwork.measure.scores import accuracy, macro_f1
from headwork.report.views import standings, write_report, write_run_report

trial_module = importlib.import_module("headwork.compare.pair.trial")  # the package gives the function of that name
WORDS = "alpha beta gamma delta epsilon zeta eta theta iota kappa".split()
NAMES = ("majority", "overlap", "second-only", "decomposable")
SETTINGS = (
    *("train.epochs=25", "train.patience=25", "train.lr=1e-2", "train.batch_tokens=300"),
    *("model.score=cosine:8", "model.project=none", "model.dropout=0.0"),
)


def write_pairs(path: Path, *, scores: bool, rows: int = 300) -> Path:
    """How many words two texts share; the second ones alone tell nothing."""
    random = np.random.default_rng(0)
    lines = ["text_a,text_b,target"]
    for _ in range(rows):
        first, shared = random.choice(WORDS, 5, replace=False), int(random.integers(0, 6))
        others = [word for word in WORDS if word not in first]
        second = random.permutation([*first[:shared], *random.choice(others, 5 - shared, replace=False)])
        target = f"{shared + random.uniform(0, 0.9):.2f}" if scores else ("few", "some", "many")[shared // 2]
        lines.append(f"{' '.join(first)},{' '.join(second)},{target}")
    path.write_text("\n".join(lines) + "\n")
    return path


def recipes(*settings: str) -> list:
    chosen = [load_recipe(name, "pair") for name in NAMES]
    return [
        with_settings(each, (*SETTINGS, *settings), size="tiny") if each.kind == "pair" else each for each in chosen
    ]


def compared(folder: Path, *, scores: bool, curve: bool = False) -> tuple[PairCorpus, ComparisonFolder]:
    corpus = prepare_pairs(write_pairs(folder / "pairs.csv", scores=scores))
    out = ComparisonFolder(folder / "out")
    options = Options(seeds=1, threads=1, offline=True, curve=curve, command="headwork compare pairs.csv --task pair")

    def run_here(_, trial, settings, threads, hear) -> None:
        run_trial(trial.run, trial.recipe, corpus, seed=trial.seed, settings=settings, progress=lambda share: None)

    with pytest.MonkeyPatch.context() as patch:  # a dozen processes and latencies to the third digit take a minute
        patch.setattr(comparison, "run_in_process", run_here)
        patch.setattr(trial_module, "measure_latency", functools.partial(measure_latency, seconds=0.05))
        compare(out, corpus, recipes(), options)
    write_report(out)
    return corpus, out


@pytest.fixture(scope="module")
def classes(tmp_path_factory: pytest.TempPathFactory) -> tuple[PairCorpus, ComparisonFolder]:
    return compared(tmp_path_factory.mktemp("classes"), scores=False)


@pytest.fixture(scope="module")
def scores(tmp_path_factory: pytest.TempPathFactory) -> tuple[PairCorpus, ComparisonFolder]:
    return compared(tmp_path_factory.mktemp("scores"), scores=True, curve=True)


@pytest.fixture(params=["classes", "scores"])
def either(request: pytest.FixtureRequest) -> tuple[PairCorpus, ComparisonFolder]:
    return request.getfixturevalue(request.param)


@pytest.mark.row("AT30")
def test_the_result_tells_of_every_model(either):
    corpus, folder = either
    result = folder.result(PairComparison)
    assert json.loads(folder.result_file.read_text())["task"] == "pair"
    assert {model.name for model in result.models} == set(NAMES)
    expected = {"accuracy", "macro_f1"} if corpus.facts.classes else {"spearman", "pearson"}
    for model in result.models:
        assert model.scores.keys() == expected
        assert all(score.low <= score.mean <= score.high for score in model.scores.values())
        assert (model.calibrated is not None) == bool(corpus.facts.classes)
        assert model.latency.texts_per_second > 0 and model.cost.bytes > 0
    assert result.best in ("overlap", "decomposable")
    assert sum(map(sum, result.confusion)) == (len(corpus.part("test")) if corpus.facts.classes else 0)
    assert "by more than chance" in result.verdict.reason or "smallest" in result.verdict.reason


def test_the_scores_are_those_of_the_predictions(either):
    corpus, folder = either
    run = folder.trial("decomposable", 0)
    found = parquet.read_table(run.predictions_file, filters=[("side", "=", "test")]).to_pydict()
    test, predicted = corpus.part("test"), np.array(found["predicted"])
    assert found["row"] == test.rows.tolist()
    assert np.array_equal(np.array(found["label"]), test.labels)
    result = run.result(PairRun)
    measures = [accuracy, macro_f1] if corpus.facts.classes else [spearman, pearson]
    assert list(result.scores.values()) == pytest.approx([each(test.labels, predicted) for each in measures])


def test_who_looks_at_one_text_only_is_told(either):
    _, folder = either
    result = folder.result(PairComparison)
    models = {model.name: model for model in result.models}
    assert models["second-only"].exchanges.first.moved == 0
    assert models["second-only"].exchanges.second.moved > 0.3
    for name in ("overlap", "decomposable"):
        assert min(models[name].exchanges.first.moved, models[name].exchanges.second.moved) > 0.3
        assert models[name].exchanges.first.score < models[name].scores[result.score].mean - 0.2
    told = [note for note in result.warnings if "does not look at" in note]
    assert len(told) == 1 and told[0].startswith("second-only does not look at the first text: 0.0%")


def test_a_second_text_that_gives_the_target_away_is_told(tmp_path):
    lines = [f"a thing {n},it is {('good', 'bad')[n % 2]} {n},{('yes', 'no')[n % 2]}" for n in range(200)]
    path = tmp_path / "leak.csv"
    path.write_text("\n".join(["premise,hypothesis,label", *lines]) + "\n")
    chosen = [load_recipe(name, "pair") for name in ("majority", "second-only")]
    result = compare(ComparisonFolder(tmp_path / "out"), prepare_pairs(path), chosen, Options(seeds=1, threads=1))
    assert any("the second text alone tells something of the target" in note for note in result.warnings)


def test_the_table_and_the_page_show_what_was_found(either):
    corpus, folder = either
    result, page = folder.result(PairComparison), folder.report_file.read_text()
    table = standings(result)
    assert {str(row.cells[0]) for row in table.rows} == set(NAMES)
    assert str(table.rows[0].cells[0]) == result.best
    titles = [column.title for column in table.columns]
    assert ("accuracy" if corpus.facts.classes else "Spearman") in titles
    assert {"first exchanged", "second exchanged", "against best"} <= set(titles)
    assert ("Calibration" in page) == ("Confusion matrix" in page) == bool(corpus.facts.classes)
    assert page.count('<table class="alignment">') == 6  # three pairs, both ways
    assert "Where they look" in page and "<script" not in page
    assert f"| **{result.best}**" in folder.markdown_file.read_text()
    assert ("Would more data help?" in page) == (not corpus.facts.classes)


def test_the_learning_curve_rises_to_the_whole(scores):
    corpus, folder = scores
    for model in folder.result(PairComparison).models:
        rows = [point.rows for point in model.curve]
        assert rows == sorted(rows) and rows[-1] == len(corpus.part("train"))
        assert model.curve[-1].accuracy == pytest.approx(model.scores["spearman"].mean)


def test_a_finished_comparison_is_not_run_again(classes):
    corpus, folder = classes
    told: list[str] = []
    again = compare(folder, corpus, recipes(), Options(seeds=1, threads=1), lambda what, *_: told.append(what))
    assert not told and again == folder.result()


@pytest.mark.row("AT30")
def test_maps_are_those_of_the_stored_model(either):
    corpus, folder = either
    run = folder.trial("decomposable", 0)
    maps, (matcher, _) = run.maps(), open_run(str(run.folder), device="cpu")
    assert maps is not None and folder.trial("overlap", 0).maps() is None
    test = corpus.part("test")
    for drawn in maps.pairs:
        place = test.rows.tolist().index(drawn.row)
        (seen,) = matcher.look([test.items[place]])
        assert (seen.first, seen.second) == (drawn.first, drawn.second)
        assert np.abs(seen.of_first - drawn.of_first).max() < 1e-4
        assert np.abs(seen.of_second - drawn.of_second).max() < 1e-4


def test_a_run_answers_new_pairs(either):
    corpus, folder = either
    pairs = [Pair("alpha beta gamma delta epsilon", "epsilon alpha beta gamma delta"), Pair("alpha", "")]
    for name in NAMES:
        matcher, work = open_run(str(folder.trial(name, 0).folder), device="cpu")
        found = list(work.answers(matcher, pairs))
        assert [(each["first"], each["second"]) for each in found] == pairs
        for each in found:
            if corpus.facts.classes:
                assert sum(each["probabilities"].values()) == pytest.approx(1)
                assert each["label"] == max(each["probabilities"], key=each["probabilities"].get)
            else:
                assert np.isfinite(each["score"])
    matcher, work = open_run(str(folder.trial("decomposable", 0).folder), device="cpu")
    (explained,) = work.answers(matcher, pairs[:1], explain=True)
    assert np.array(explained["attention"]["of_first"]).sum(1) == pytest.approx(np.ones(5), abs=1e-5)
    matcher, work = open_run(str(folder.trial("overlap", 0).folder), device="cpu")
    with pytest.raises(HeadworkError, match="attends to nothing"):
        list(work.answers(matcher, pairs, explain=True))


def test_both_maps_can_be_drawn(classes):
    _, folder = classes
    matcher, _ = open_run(str(folder.trial("decomposable", 0).folder), device="cpu")
    drawing = attention_of(matcher, "alpha beta", "beta gamma delta")
    assert [(each.rows, each.columns) for each in drawing.maps] == [
        (("alpha", "beta"), ("beta", "gamma", "delta")),
        (("beta", "gamma", "delta"), ("alpha", "beta")),
    ]
    with pytest.raises(HeadworkError, match="give both"):
        attention_of(matcher, "alpha beta")
    with pytest.raises(HeadworkError, match="leave them out"):
        attention_of(matcher, "alpha", "beta", layer=1)
    overlap, _ = open_run(str(folder.trial("overlap", 0).folder), device="cpu")
    with pytest.raises(HeadworkError, match="no attention"):
        attention_of(overlap, "alpha", "beta")


def test_questions_come_from_files_streams_and_words(classes, tmp_path):
    _, folder = classes
    matcher, _ = open_run(str(folder.trial("overlap", 0).folder), device="cpu")

    def asked(file=None, stream=b"", texts=(None, None), columns=(None, None)) -> list:
        return pairs_asked(matcher, Asked(file, io.BytesIO(stream), texts, columns, DEFAULT_LIMITS))

    (tmp_path / "new.csv").write_text("text_a,text_b,other\na b,c,x\n,d,y\n")
    new = str(tmp_path / "new.csv")
    assert asked(new) == [Pair("a b", "c"), Pair("", "d")]
    assert asked(new, columns=(None, "other")) == [Pair("a b", "x"), Pair("", "y")]
    assert asked(stream=b"a\tb\nc\td\r\n") == [Pair("a", "b"), Pair("c", "d")]
    assert asked(texts=("a", "b")) == [Pair("a", "b")]
    for words, told in (
        ({"texts": ("a", None)}, "give both"),
        ({"stream": b"a\tb\na b\n"}, "line 2: 0 tabs"),
        ({"file": new, "columns": ("nothing", None)}, "no column 'nothing'"),
    ):
        with pytest.raises(HeadworkError, match=told):
            asked(**words)


def test_a_damaged_model_is_refused(classes, tmp_path):
    _, folder = classes
    for name in ("overlap", "decomposable"):
        stored = folder.trial(name, 0).model
        copy = tmp_path / name
        copy.mkdir()
        for file in stored.iterdir():
            (copy / file.name).write_bytes(file.read_bytes())
        weights = copy / "model.safetensors"
        weights.write_bytes(weights.read_bytes()[:-8])
        from headwork.tasks.pair import load_matcher

        with pytest.raises(HeadworkError):
            load_matcher(copy)
        (copy / "config.json").unlink()
        with pytest.raises(HeadworkError, match=r"config\.json is missing"):
            load_matcher(copy)


def test_a_run_has_its_page(either):
    corpus, folder = either
    page = write_run_report(folder.trial("decomposable", 0)).read_text()
    assert "Where it looks" in page and "texts exchanged" in page and "<script" not in page
    assert ("told correctly" in page) == bool(corpus.facts.classes)


def test_two_seeds_differ_and_one_seed_is_the_same_again(classes, tmp_path):
    corpus, folder = classes
    recipe = recipes()[-1]
    found = [
        run_trial(Run(tmp_path / f"{seed}"), recipe, corpus, seed=seed, settings=Settings(explains=False))
        for seed in (0, 1)
    ]
    weights = [(tmp_path / f"{seed}" / "model" / "model.safetensors").read_bytes() for seed in (0, 1)]
    before = folder.trial("decomposable", 0)
    assert weights[0] != weights[1]
    assert weights[0] == (before.model / "model.safetensors").read_bytes()
    assert found[0].scores == before.result(PairRun).scores


def test_the_default_line_up_begins_with_baselines():
    names = default_names("pair")
    assert names[:2] == ["majority", "tfidf"] and {"overlap", "second-only", "decomposable"} < set(names)
    assert [each.task for each in line_up(["decomposable"]).recipes] == ["pair"]
    assert [each.task for each in line_up(["tfidf"], task="pair").recipes] == ["pair"]


def test_rows_are_shown_with_their_target_first(either):
    corpus, _ = either
    for row, pair in itertools.islice(zip(corpus.examples(), corpus.part("test").items, strict=True), 3):
        assert row[1:] == tuple(pair)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.row("AT30")
def test_on_real_pairs_comparing_beats_one_side(real_data, tmp_path):
    """SICK: the alignment is worth more than any one side and than counts of common words."""
    chosen = [load_recipe(name, "pair") for name in ("majority", "second-only", "overlap", "decomposable")]
    options = Options(seeds=1, threads=1, budget_seconds=120, offline=True)
    result = compare(ComparisonFolder(tmp_path / "sick"), prepare_pairs("sick"), chosen, options)
    found = {model.name: model.scores["accuracy"] for model in result.models}
    assert found["majority"].mean < found["overlap"].mean < found["decomposable"].low
    assert found["second-only"].high < found["overlap"].low
