"""A comparison of taggers from a file to its page, of entities and parts of speech, and what a finished run answers."""

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
from headwork.base.tag import TagComparison, TagMistake, TagRun, entities_of
from headwork.compare import comparison
from headwork.compare.asked import Asked
from headwork.compare.comparison import Options, compare
from headwork.compare.lineup import default_names, line_up
from headwork.compare.open import open_run
from headwork.compare.trial import run_trial
from headwork.compare.work import Settings
from headwork.data.tagged import TaggedCorpus, prepare_tagged
from headwork.measure.latency import measure_latency
from headwork.report.tag.sentences import lines_of
from headwork.report.views import standings, write_report, write_run_report

trial_module = importlib.import_module("headwork.compare.tag.trial")  # the package gives the function of that name
NAMES = ("majority", "features", "bilstm")
SETTINGS = ("train.epochs=6", "train.patience=6", "train.lr=2e-2", "train.batch_tokens=300", "model.max_tokens=10")
PEOPLE, PLACES = ("Ada", "Bob", "Cyd", "Dan", "Eve", "May"), ("Paris", "Rome", "New York", "Oslo", "May")
PATTERNS = (
    "p met p in l .",
    "In l it rained on day n .",
    "Nothing new on day n ,",
    "p , p and p left l with p for l .",
)
UPOS = {"Nothing": "PRON", "In": "ADP", "met": "VERB", "in": "ADP", "it": "PRON", "left": "VERB", "rained": "VERB"}


def sentences(count: int) -> list[list[tuple[str, str, str]]]:
    """Words with the tag of an entity and the part of speech; May is a name of both kinds."""
    random = np.random.default_rng(0)
    found = []
    for _ in range(count):
        words = []
        for sign in str(random.choice(PATTERNS)).split():
            if sign in "pl":
                label, names = ("PER", PEOPLE) if sign == "p" else ("LOC", PLACES)
                parts = str(random.choice(names)).split()
                words += [(part, f"{'I' if n else 'B'}-{label}", "PROPN") for n, part in enumerate(parts)]
            elif sign == "n":
                words.append((str(random.integers(1000)), "O", "NUM"))
            else:
                words.append((sign, "O", UPOS.get(sign, "PUNCT" if not sign.isalpha() else "X")))
        found.append(words)
    return found


def write_entities(path: Path) -> Path:
    lines = ["".join(f"{word}\t{tag}\n" for word, tag, _ in words) for words in sentences(160)]
    path.write_text("\n".join(lines))
    return path


def universal(number: int, word: str, tag: str, misc: str = "_") -> str:
    return "\t".join([str(number), word, "_", tag, *["_"] * 5, misc]) + "\n"


def write_parts(path: Path) -> Path:
    lines = ["".join(universal(n, word, tag) for n, (word, _, tag) in enumerate(words, 1)) for words in sentences(160)]
    path.write_text("\n".join(lines))
    return path


def recipes() -> list:
    chosen = [load_recipe(name, "tag") for name in NAMES]
    return [with_settings(each, SETTINGS, size="tiny") if each.name == "bilstm" else each for each in chosen]


def compared(source: Path, folder: Path, *, curve: bool) -> tuple[TaggedCorpus, ComparisonFolder]:
    corpus = prepare_tagged(source)
    out = ComparisonFolder(folder / "out")
    options = Options(seeds=1, threads=1, offline=True, curve=curve, command="headwork compare mine --task tag")

    def run_here(_, trial, settings, threads, hear) -> None:
        run_trial(trial.run, trial.recipe, corpus, seed=trial.seed, settings=settings)

    with pytest.MonkeyPatch.context() as patch:  # processes and latencies to the third digit take long
        patch.setattr(comparison, "run_in_process", run_here)
        patch.setattr(trial_module, "measure_latency", functools.partial(measure_latency, seconds=0.05))
        compare(out, corpus, recipes(), options)
    write_report(out)
    return corpus, out


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> tuple[TaggedCorpus, ComparisonFolder]:
    folder = tmp_path_factory.mktemp("names")
    return compared(write_entities(folder / "mine.conll"), folder, curve=False)


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> tuple[TaggedCorpus, ComparisonFolder]:
    folder = tmp_path_factory.mktemp("parts")
    return compared(write_parts(folder / "mine.conllu"), folder, curve=True)


@pytest.fixture(params=["names", "parts"])
def either(request: pytest.FixtureRequest) -> tuple[TaggedCorpus, ComparisonFolder]:
    return request.getfixturevalue(request.param)


def predictions(run: Run) -> dict:
    return parquet.read_table(run.predictions_file, filters=[("side", "=", "test")]).to_pydict()


@pytest.mark.row("BE10")
def test_the_result_tells_of_every_model(either):
    corpus, folder = either
    result = folder.result(TagComparison)
    assert json.loads(folder.result_file.read_text())["task"] == "tag"
    assert {model.name for model in result.models} == set(NAMES)
    for model in result.models:
        assert model.scores.keys() == (
            {"f1", "precision", "recall"} if result.of_entities else {"accuracy", "macro_f1"}
        )
        assert all(score.low <= score.mean <= score.high for score in model.scores.values())
        assert model.latency.texts_per_second > 0 and model.cost.bytes > 0
    scores = {model.name: model.scores[result.score].mean for model in result.models}
    assert scores["features"] > scores["majority"]  # May can be told by what stands around it
    assert sum(map(sum, result.confusion)) == sum(map(len, corpus.part("test").items))
    assert result.kinds == (["O", "LOC", "PER"] if result.of_entities else corpus.facts.classes)
    assert result.verdict.model in NAMES


@pytest.mark.row("BE10")
def test_the_scores_are_those_of_the_predictions(either):
    corpus, folder = either
    run, test = folder.trial("bilstm", 0), corpus.part("test")
    found = predictions(run)
    assert found["row"] == test.rows.tolist()
    assert list(map(tuple, found["tags"])) == test.truth
    scores = run.result(TagRun).scores
    if "f1" in scores:
        true, told = (
            {(row, *each) for row, tags in enumerate(side) for each in entities_of(tags)}
            for side in (test.truth, found["predicted"])
        )
        assert scores["f1"] == pytest.approx(2 * len(true & told) / (len(true) + len(told)))
        assert scores["precision"] == pytest.approx(len(true & told) / len(told))
    else:
        pairs = [
            pair
            for one, other in zip(test.truth, found["predicted"], strict=True)
            for pair in zip(one, other, strict=True)
        ]
        assert scores["accuracy"] == pytest.approx(np.mean([one == other for one, other in pairs]))


def test_long_sentences_are_read_in_windows_and_it_is_said(names):
    corpus, folder = names
    result = folder.result(TagComparison)
    test = corpus.part("test")
    long = sum(len(words) > 10 for words in test.items)
    windows = {model.name: model.windows for model in result.models}
    assert windows == {"majority": 0, "features": 0, "bilstm": long} and long > 0
    assert any(f"bilstm reads {long:,} test sentences in windows" in note for note in result.warnings)
    assert all(
        len(tags) == len(words)
        for tags, words in zip(predictions(folder.trial("bilstm", 0))["predicted"], test.items, strict=True)
    )


def test_the_table_and_the_page_show_what_was_found(either):
    _, folder = either
    result, page = folder.result(TagComparison), folder.report_file.read_text()
    table = standings(result)
    assert {str(row.cells[0]) for row in table.rows} == set(NAMES)
    assert str(table.rows[0].cells[0]) == result.best
    titles = [column.title for column in table.columns]
    assert ("entity F1" in titles) == result.of_entities and ("accuracy" in titles) != result.of_entities
    assert "Worst sentences" in page and "<script" not in page and "Confusion matrix" in page
    # What stands before a sentence must not say from which side it is read.
    assert page.count('<p dir="auto"><small dir="ltr">') == page.count('<p dir="auto"><small')
    assert ('<p dir="auto"><small dir="ltr">' in page) >= result.of_entities
    assert ("Would more data help?" in page) == (not result.of_entities)
    markdown = folder.markdown_file.read_text()
    assert f"| **{result.best}**" in markdown and "Worst sentences of" in markdown
    assert "sentences read" in page


def test_worst_sentences_show_truth_and_answer():
    mistake = TagMistake(
        row=3,
        words=["far", *["x"] * 30, "New", "York", "and", "May", "<b>"],
        target=[*["O"] * 31, "B-LOC", "I-LOC", "O", "B-PER", "O"],
        predicted=[*["O"] * 31, "B-LOC", "O", "O", "B-PER", "O"],
    )
    true, told = lines_of(mistake, of_entities=True)
    assert [(piece.text, piece.label, piece.kind) for piece in true.pieces if piece.label] == [
        ("New York", "LOC", "wrong"),
        ("May", "PER", "right"),
    ]
    assert [(piece.text, piece.label, piece.kind) for piece in told.pieces if piece.label] == [
        ("New", "LOC", "wrong"),
        ("May", "PER", "right"),
    ]
    assert told.pieces[0].text == "… " + " ".join(["x"] * 12) and told.pieces[-1].text == "<b>"
    words = TagMistake(row=0, words=["a", "b"], target=["X", "Y"], predicted=["X", "X"])
    assert [[p.label for p in line.pieces] for line in lines_of(words, of_entities=False)] == [["", "Y"], ["", "X"]]


def test_a_finished_comparison_is_not_run_again(parts):
    corpus, folder = parts
    told: list[str] = []
    again = compare(
        folder, corpus, recipes(), Options(seeds=1, threads=1, curve=True), lambda what, *_: told.append(what)
    )
    assert not told and again == folder.result()


@pytest.mark.parametrize("name", NAMES)
def test_a_stored_run_tags_as_it_did(either, name):
    corpus, folder = either
    run = folder.trial(name, 0)
    tagger, work = open_run(str(run.folder), device="cpu")
    test = corpus.part("test")
    assert tagger.tag(test.items) == predictions(run)["predicted"]
    (answer,) = work.answers(tagger, test.sentences[:1])
    assert answer["text"] == test.sentences[0].text
    assert [token["text"] for token in answer["tokens"]] == list(test.items[0])
    assert ("entities" in answer) == (corpus.facts.classes[0] == "O")


@pytest.mark.row("BE10")
def test_questions_come_from_files_streams_and_words(names, tmp_path):
    _, folder = names
    tagger, work = open_run(str(folder.trial("features", 0).folder), device="cpu")

    def asked(
        file: str = "", text: str = "", stream: bytes = b"", texts=(None, None), columns=(None, None)
    ) -> list[dict]:
        path = tmp_path / file if file else None
        if path:
            path.write_text(text)
        told = Asked(str(path) if path else None, io.BytesIO(stream), texts, columns, DEFAULT_LIMITS)
        return list(work.answers(tagger, work.asked(tagger, told)))

    text = "Ada met Bob in New York."
    expected = [("Ada", 0, 3, "PER"), ("Bob", 8, 11, "PER"), ("New York", 15, 23, "LOC")]
    for answers in (
        asked("a.txt", f"{text}\n\n"),
        asked("a.jsonl", json.dumps({"text": text, "more": 1})),
        asked("a.csv", f'text\n"{text}"\n'),
        asked("a.csv", f'said\n"{text}"\n', columns=("said", None)),
        asked(stream=f"{text}\n".encode()),
        asked(texts=(text, None)),
    ):
        assert answers[0]["text"] == text
        assert [tuple(each.values()) for each in answers[0]["entities"]] == expected
    assert asked("a.txt", f"{text}\n\n")[1] == {"text": "", "tokens": [], "entities": []}
    given = asked("a.conll", "Ada\nmet\nNew\nYork\n")
    assert given[0]["text"] == "Ada met New York"
    assert [each["text"] for each in given[0]["entities"]] == ["Ada", "New York"]
    lines = universal(1, "In", "_"), universal(2, "Oslo", "_", "SpaceAfter=No"), universal(3, ".", "_")
    together = asked("a.conllu", "".join(lines))
    assert together[0]["text"] == "In Oslo."
    assert together[0]["entities"] == [{"text": "Oslo", "start": 3, "end": 7, "label": "LOC"}]
    with pytest.raises(HeadworkError, match="line 2: Expected"):
        asked("a.jsonl", '{"text": "a"}\n{"text": 1}\n')
    with pytest.raises(HeadworkError, match="takes one text"):
        asked(texts=(text, text))


def test_a_damaged_model_is_refused(names, tmp_path):
    _, folder = names
    from headwork.tasks.tag import load_tagger

    for name in NAMES:
        stored, copy = folder.trial(name, 0).model, tmp_path / name
        copy.mkdir()
        for file in stored.iterdir():
            (copy / file.name).write_bytes(file.read_bytes())
        config = json.loads((copy / "config.json").read_text())
        (copy / "config.json").write_text(json.dumps({**config, "tags": config["tags"][:-1]}))
        with pytest.raises(HeadworkError):
            load_tagger(copy)
        (copy / "config.json").write_text(json.dumps(config))
        weights = copy / "model.safetensors"
        weights.write_bytes(weights.read_bytes()[:-8])
        with pytest.raises(HeadworkError):
            load_tagger(copy)


def test_a_run_has_its_page(either):
    corpus, folder = either
    page = write_run_report(folder.trial("bilstm", 0)).read_text()
    assert "long sentences" in page and "Training" in page and "<script" not in page
    assert ("Entity F1" in page) == (corpus.facts.classes[0] == "O")


def test_two_seeds_differ_and_one_seed_is_the_same_again(names, tmp_path, monkeypatch):
    corpus, folder = names
    monkeypatch.setattr(trial_module, "measure_latency", functools.partial(measure_latency, seconds=0.01))
    for seed in (0, 1):
        run_trial(Run(tmp_path / f"{seed}"), recipes()[-1], corpus, seed=seed, settings=Settings())
    again, other = ((tmp_path / f"{seed}" / "model" / "model.safetensors").read_bytes() for seed in (0, 1))
    assert again == (folder.trial("bilstm", 0).model / "model.safetensors").read_bytes() != other


def test_the_default_line_up_begins_with_baselines():
    assert default_names("tag") == ["majority", "features", "bilstm", "minilm"]
    assert set(recipe_names("tag")) >= set(default_names("tag"))
    assert [each.task for each in line_up(["majority"], task="tag").recipes] == ["tag"]
    with pytest.raises(HeadworkError, match="use 'gradient'"):
        line_up(["bilstm"], task="tag", settings=("train.fit=logistic",))


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.row("BE10")
def test_on_real_tweets_the_encoder_beats_the_features(real_data, minilm_folder, tmp_path):
    chosen = [load_recipe(name, "tag") for name in ("majority", "features", "minilm")]
    options = Options(seeds=1, threads=1, budget_seconds=600, offline=True)
    result = compare(ComparisonFolder(tmp_path / "wnut17"), prepare_tagged("wnut17"), chosen, options)
    found = {model.name: model.scores["f1"] for model in result.models}
    assert found["majority"].mean < found["features"].mean < found["minilm"].low


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.row("BE10")
def test_on_real_sentences_parts_of_speech_are_told(real_data, minilm_folder, tmp_path):
    chosen = [load_recipe(name, "tag") for name in ("majority", "minilm")]
    options = Options(seeds=1, threads=1, budget_seconds=900, offline=True)
    result = compare(ComparisonFolder(tmp_path / "ewt"), prepare_tagged("ud_english_ewt"), chosen, options)
    found = {model.name: model.scores["accuracy"] for model in result.models}
    assert found["majority"].mean < 0.94 <= found["minilm"].mean
