"""A comparison of disambiguators from rows to its page, and what a finished run answers."""

import functools
import importlib
import io
import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as parquet
import pytest
from sklearn.decomposition import PCA
from tests.ducks import write_ducks

from headwork.base.disambiguate import SenseComparison, SenseRun
from headwork.base.errors import HeadworkError
from headwork.base.limits import DEFAULT_LIMITS
from headwork.base.recipes import load_recipe, with_settings
from headwork.base.runs import ComparisonFolder, Run
from headwork.compare import comparison
from headwork.compare.asked import Asked
from headwork.compare.comparison import Options, compare
from headwork.compare.disambiguate.answer import occurrences_asked
from headwork.compare.lineup import default_names, line_up
from headwork.compare.open import open_run
from headwork.compare.trial import run_trial
from headwork.compare.work import Settings
from headwork.data.senses import SenseCorpus, prepare_senses
from headwork.measure.latency import measure_latency
from headwork.report.disambiguate.page import write_about
from headwork.report.views import standings, write_report, write_run_report

trial_module = importlib.import_module("headwork.compare.disambiguate.trial")  # the package gives the function
NAMES = ("most-frequent", "context", "static-neighbours", "sense-neighbours", "minilm")
SCRATCH = (
    *("model.pretrained=", "model.tokens=words", "model.depth=-1", "model.freeze=nothing", "model.dropout=0.0"),
    *("train.epochs=12", "train.lr=1e-2", "train.batch_tokens=300"),
)
NOISE = "old new big low red dry odd shy".split()


def write_senses(path: Path, rows: int = 240) -> Path:
    """The word behind a marked one tells its sense; of duck one sense is most of the rows."""
    random = np.random.default_rng(0)
    telling = {
        ("duck", "bird"): "swims",
        ("duck", "cloth"): "wears",
        ("mole", "animal"): "digs",
        ("mole", "spy"): "lies",
    }
    lines = ["text,sense"]
    for _ in range(rows):
        (word, sense), tells = list(telling.items())[random.choice(4, p=[0.5, 0.15, 0.2, 0.15])]
        before, behind = " ".join(random.choice(NOISE, 3)), " ".join(random.choice(NOISE, 2))
        lines.append(f"{before} [{word}] {tells} {behind},{sense}")
    path.write_text("\n".join(lines) + "\n")
    return path


def recipes() -> list:
    chosen = [load_recipe(name, "disambiguate") for name in NAMES]
    return [with_settings(each, SCRATCH, size="tiny") if "tokens" in each.model else each for each in chosen]


def compare_here(out: ComparisonFolder, corpus: SenseCorpus, chosen: list) -> SenseComparison:
    """In this process, and with short latencies: otherwise it takes a minute."""
    options = Options(seeds=1, threads=1, offline=True, command="headwork compare senses.csv --task disambiguate")

    def run_here(_, trial, settings, threads, hear) -> None:
        run_trial(trial.run, trial.recipe, corpus, seed=trial.seed, settings=settings, progress=lambda share: None)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(comparison, "run_in_process", run_here)
        patch.setattr(trial_module, "measure_latency", functools.partial(measure_latency, seconds=0.02))
        compare(out, corpus, chosen, options)
    return out.result(SenseComparison)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[SenseCorpus, ComparisonFolder]:
    folder = tmp_path_factory.mktemp("senses")
    corpus = prepare_senses(write_senses(folder / "senses.csv"))
    out = ComparisonFolder(folder / "out")
    compare_here(out, corpus, recipes())
    write_report(out)
    return corpus, out


@pytest.mark.row("BE15")
def test_the_result_tells_of_every_model(done):
    _, folder = done
    result = folder.result(SenseComparison)
    assert json.loads(folder.result_file.read_text())["task"] == "disambiguate"
    models = {model.name: model for model in result.models}
    assert models.keys() == set(NAMES)
    for model in models.values():
        assert list(model.scores) == ["accuracy", "macro_f1", "word_accuracy"]
        assert all(score.low <= score.mean <= score.high for score in model.scores.values())
        gap = model.against_frequent
        assert gap is not None
        assert gap.difference == pytest.approx(
            model.scores["accuracy"].mean - models["most-frequent"].scores["accuracy"].mean
        )
        assert gap.low <= gap.difference <= gap.high
    assert models["sense-neighbours"].chosen.startswith("layer ") and not models["minilm"].chosen
    assert result.best in ("context", "minilm")
    frequent, static = models["most-frequent"], models["static-neighbours"]
    assert static.scores == frequent.scores, "what does not see the text is at the majority"
    assert not any("gives its sense away" in warning for warning in result.warnings)


def test_the_scores_are_those_of_the_predictions(done):
    corpus, folder = done
    result, test = folder.result(SenseComparison), corpus.part("test")
    for model in result.models:
        run = folder.trial(model.name, 0)
        found = parquet.read_table(run.predictions_file, filters=[("side", "=", "test")]).to_pydict()
        assert found["row"] == test.rows.tolist() and found["word"] == test.words
        right = np.array(found["predicted"]) == test.labels
        assert run.result(SenseRun).scores["accuracy"] == pytest.approx(right.mean())
        assert model.scores["accuracy"].mean == pytest.approx(right.mean())
        own = np.array(found["probabilities"]) > 0
        assert (own <= corpus.inventory.possible(test.words)).all()


def test_words_and_mistakes_are_those_of_the_best(done):
    corpus, folder = done
    result, test = folder.result(SenseComparison), corpus.part("test")
    assert sum(each.rows for each in result.per_word) == len(test) == sum(map(sum, result.confusion))
    frequent = {"duck": "duck: bird", "mole": "mole: animal"}
    for each in result.per_word:
        own = [label for word, label in zip(test.words, test.labels, strict=True) if word == each.word]
        share = np.mean([corpus.facts.classes[label] == frequent[each.word] for label in own])
        assert each.frequent == pytest.approx(share)
    shown = result.mistakes
    assert len(shown) == 2 and next(iter(shown)) == result.best
    for mistakes in shown.values():
        chances = [each.probability for each in mistakes]
        assert chances == sorted(chances, reverse=True)
        assert all(each.text[each.start : each.end] in ("duck", "mole") for each in mistakes)


@pytest.mark.row("BE15")
def test_maps_show_training_and_test_texts_of_each_word(done):
    corpus, folder = done
    maps = folder.trial("sense-neighbours", 0).senses()
    assert maps is not None and [each.word for each in maps.maps] == ["duck", "mole"]
    duck = maps.maps[0]
    assert duck.senses == ["bird", "cloth"] and duck.explained[0] >= duck.explained[1] > 0
    for side, points in (("train", duck.train), ("test", duck.test)):
        assert len(points) == min(100, corpus.part(side).words.count("duck"))
    model, _ = open_run(str(folder.trial("sense-neighbours", 0).folder), device="cpu")
    vectors = []
    for side in (corpus.part("train"), corpus.part("test")):
        own = side[[place for place, word in enumerate(side.words) if word == "duck"]].sample(100)
        found = model.vectors(own.items)
        vectors.append(found / np.linalg.norm(found, axis=1, keepdims=True))
    plane = PCA(2).fit(vectors[0])
    assert duck.explained == pytest.approx(tuple(plane.explained_variance_ratio_), abs=1e-3)
    for points, expected in zip((duck.train, duck.test), map(plane.transform, vectors), strict=True):
        assert np.abs([(point.x, point.y) for point in points]) == pytest.approx(np.abs(expected), abs=1e-3)
    for name in ("most-frequent", "context", "static-neighbours"):
        assert folder.trial(name, 0).senses() is None


@pytest.mark.row("BE15")
def test_the_page_and_the_table_show_what_was_found(done):
    _, folder = done
    result, page = folder.result(SenseComparison), folder.report_file.read_text()
    table = standings(result)
    assert {str(row.cells[0]) for row in table.rows} == set(NAMES) and str(table.rows[0].cells[0]) == result.best
    assert "against frequent" in [column.title for column in table.columns]
    assert "<script" not in page and "duck as sense-neighbours sees it" in page and "duck as minilm sees it" in page
    assert "mole as" not in page and "Where a word" in page
    markdown = folder.markdown_file.read_text()
    assert f"**{result.best}**" in markdown and "| **duck**" in markdown
    write_about(folder, Run(folder.folder), "mole")
    assert "mole as sense-neighbours sees it" in folder.report_file.read_text()
    with pytest.raises(HeadworkError, match="--word goose: no map of this word; there are those of duck, mole"):
        write_about(folder, Run(folder.folder), "goose")
    write_report(folder)
    assert folder.report_file.read_text() == page


def test_a_run_has_its_page(done):
    _, folder = done
    run = folder.trial("sense-neighbours", 0)
    page = write_run_report(run).read_text()
    assert "Chosen on dev: layer" in page and "duck as sense-neighbours sees it" in page
    assert "mole as" in write_about(ComparisonFolder(run.folder), run, "mole").read_text()
    card = (run.model / "README.md").read_text()
    assert "Words: duck, mole." in card and "Chosen on dev: layer" in card


@pytest.mark.row("BE15")
def test_a_run_answers_new_texts_with_its_neighbours(done):
    _, folder = done
    for name in NAMES:
        model, work = open_run(str(folder.trial(name, 0).folder), device="cpu")
        stream = io.BytesIO(b"shy shy [duck] wears it\nold [Mole] digs here\n")
        items = occurrences_asked(model, Asked(None, stream, (None, None), (None, None), DEFAULT_LIMITS))
        assert work.answers is not None
        first, second = work.answers(model, items)
        assert (first["text"], first["word"], first["start"], first["end"]) == ("shy shy duck wears it", "duck", 8, 12)
        assert second["word"] == "mole"
        for answer in (first, second):
            assert sum(answer["scores"].values()) == pytest.approx(1)
            assert answer["sense"] == max(answer["scores"], key=answer["scores"].get)
        assert list(second["scores"]) == ["animal", "spy"]
        assert ("neighbours" in first) == name.endswith("neighbours")
        if name in ("context", "minilm"):
            assert (first["sense"], second["sense"]) == ("cloth", "animal")
        if name == "sense-neighbours":
            near = first["neighbours"]
            assert len(near) == 3 and all("[duck]" in each["text"] for each in near)
            assert near[0]["cosine"] >= near[1]["cosine"] >= near[2]["cosine"]


def test_a_table_is_asked_as_it_was_learnt_from(done, tmp_path):
    _, folder = done
    model, _ = open_run(str(folder.trial("context", 0).folder), device="cpu")
    (tmp_path / "new.csv").write_text("text,other\nan odd [duck] swims,x\nthe [mole] lies,y\n")
    file = str(tmp_path / "new.csv")
    items = occurrences_asked(model, Asked(file, io.BytesIO(), (None, None), (None, None), DEFAULT_LIMITS))
    assert [item.marked for item in items] == ["an odd [duck] swims", "the [mole] lies"]
    model.columns = type(model.columns)(text="said", word="lemma", index="at")
    (tmp_path / "new.csv").write_text("said,lemma,at\nan odd duck swims,duck,2\n")
    (item,) = occurrences_asked(model, Asked(file, io.BytesIO(), (None, None), (None, None), DEFAULT_LIMITS))
    assert item.marked == "an odd [duck] swims"
    (item,) = occurrences_asked(
        model, Asked(None, io.BytesIO(), ("an odd [duck] swims", None), (None, None), DEFAULT_LIMITS)
    )
    assert item.marked == "an odd [duck] swims"


def test_static_vectors_that_know_too_much_are_told(tmp_path):
    """One sense is always written with a capital letter: the spelling tells it."""
    lines = [f"a {n} [{('duck', 'quack')[n % 2]}] here,{('bird', 'cloth')[n % 2]},duck" for n in range(120)]
    path = tmp_path / "leak.csv"
    path.write_text("\n".join(["text,sense,word", *lines]) + "\n")
    chosen = [each for each in recipes() if each.name in ("most-frequent", "static-neighbours")]
    result = compare_here(ComparisonFolder(tmp_path / "out"), prepare_senses(path), chosen)
    assert any("static-neighbours does not see the texts" in warning for warning in result.warnings)


def test_the_default_line_up_begins_with_baselines():
    assert default_names("disambiguate") == list(NAMES)
    assert [each.task for each in line_up(["sense-neighbours"]).recipes] == ["disambiguate"]
    layers = line_up(["sense-neighbours"], grid=("model.layer=1,3,6",)).recipes
    assert [each.name for each in layers] == [f"sense-neighbours:layer={layer}" for layer in (1, 3, 6)]


@pytest.mark.row("BE15")
def test_ducks_are_told_apart_by_the_published_encoder(minilm_folder, tmp_path):
    """Three senses, some sentences of each, nothing trained; most of them by chance would be a third."""
    corpus, run = prepare_senses(write_ducks(tmp_path / "duck.csv")), Run(tmp_path / "run")
    recipe, settings = load_recipe("sense-neighbours", "disambiguate"), Settings(offline=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trial_module, "measure_latency", functools.partial(measure_latency, seconds=0.02))
        result = run_trial(run, recipe, corpus, seed=0, settings=settings)
    assert isinstance(result, SenseRun) and result.scores["accuracy"] > 0.7
    model, work = open_run(str(run.folder), device="cpu")
    asked = Asked(None, io.BytesIO(), ("The [duck] swam across the pond.", None), (None, None), DEFAULT_LIMITS)
    assert work.answers is not None
    (answer,) = work.answers(model, occurrences_asked(model, asked))
    assert answer["sense"] == "bird" and answer["neighbours"][0]["sense"] == "bird"


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.row("BE15")
def test_on_the_published_set_neighbours_beat_the_most_frequent_sense(real_data, minilm_folder, tmp_path):
    """CoarseWSD-20: at least ten points by nearest neighbours alone; vectors without a context are at the majority."""
    names = ("most-frequent", "static-neighbours", "sense-neighbours")
    chosen = [load_recipe(name, "disambiguate") for name in names]
    options = Options(seeds=1, threads=1, offline=True)
    result = compare(ComparisonFolder(tmp_path / "senses"), prepare_senses("coarsewsd20"), chosen, options)
    assert isinstance(result, SenseComparison)
    models = {model.name: model for model in result.models}
    gap = models["sense-neighbours"].against_frequent
    assert gap is not None and gap.low > 0.10
    assert models["static-neighbours"].scores == models["most-frequent"].scores
