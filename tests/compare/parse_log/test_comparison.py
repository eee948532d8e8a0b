"""A comparison of parsers from a table of logs to its page, on lines as they are and damaged, and what a run tells."""

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
from headwork.base.parse_log import LogComparison, LogRun
from headwork.base.recipes import load_recipe, recipe_names, with_settings
from headwork.base.runs import ComparisonFolder, Run
from headwork.base.tag import entities_of
from headwork.compare import comparison
from headwork.compare.asked import Asked
from headwork.compare.comparison import Options, compare
from headwork.compare.lineup import default_names, line_up
from headwork.compare.open import open_run
from headwork.compare.parse_log.answer import fields_of, template_of
from headwork.compare.trial import run_trial
from headwork.data.logs import LogCorpus, prepare_logs
from headwork.measure.latency import measure_latency
from headwork.report.views import standings, write_report, write_run_report

tag_trial = importlib.import_module("headwork.compare.tag.trial")  # the package gives the function of that name
NAMES = ("templates", "features", "bilstm")
SETTINGS = ("train.epochs=3", "train.lr=2e-2", "train.batch_tokens=600", "train.damaged=1", "model.max_tokens=20")
CONTENTS = (
    ("jk2_init() Found child {n} in scoreboard slot {s}", "jk2_init() Found child <*> in scoreboard slot <*>"),
    ("workerEnv.init() ok /etc/v{s}/workers2.properties", "workerEnv.init() ok <*>"),
    ("mod_jk child workerEnv in error state {s}", "mod_jk child workerEnv in error state <*>"),
    ("[client 10.0.{s}.{n}] Directory index forbidden", "[client <*>] Directory index forbidden"),
)


def write_table(path: Path, count: int = 160) -> Path:
    random, lines = np.random.default_rng(0), ["LineId,Time,Level,Content,EventTemplate,Split\n"]
    for number in range(count):
        content, template = CONTENTS[random.integers(len(CONTENTS))]
        said = content.format(n=random.integers(9999), s=random.integers(9))
        side = ("train", "train", "train", "dev", "test")[number % 5]
        time = f"Sun Dec {number % 28 + 1:02} 04:{number % 60:02}:{random.integers(10, 60)} 2005"
        lines.append(f"{number},{time},{('notice', 'error')[number % 2]},{said},{template},{side}\n")
    path.write_text("".join(lines))
    return path


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> tuple[LogCorpus, ComparisonFolder]:
    folder = tmp_path_factory.mktemp("logs")
    corpus, out = prepare_logs(write_table(folder / "mine.csv")), ComparisonFolder(folder / "out")
    recipes = [load_recipe(name, "parse-log") for name in NAMES]
    recipes[-1] = with_settings(recipes[-1], SETTINGS, size="tiny")
    options = Options(seeds=1, threads=1, offline=True, command="headwork compare mine --task parse-log")

    def run_here(_, trial, settings, threads, hear) -> None:
        run_trial(trial.run, trial.recipe, corpus, seed=trial.seed, settings=settings)

    with pytest.MonkeyPatch.context() as patch:  # processes and latencies to the third digit take long
        patch.setattr(comparison, "run_in_process", run_here)
        patch.setattr(tag_trial, "measure_latency", functools.partial(measure_latency, seconds=0.05))
        compare(out, corpus, recipes, options)
    write_report(out)
    return corpus, out


def predictions(run: Run, side: str) -> dict:
    return parquet.read_table(run.predictions_file, filters=[("side", "=", side)]).to_pydict()


@pytest.mark.row("BE18")
def test_expressions_are_right_on_clean_lines_and_fail_where_a_learnt_parser_holds(logs):
    models = {model.name: model for model in logs[1].result(LogComparison).models}
    expressions, learnt = models["templates"], models["features"]
    assert expressions.scores["f1"].mean == expressions.scores["whole"].mean == 1.0
    assert learnt.scores["f1"].mean > 0.95 and learnt.degraded["f1"].mean > 0.9
    assert expressions.degraded["f1"].mean < 0.85 and expressions.degraded["whole"].mean < 0.6
    assert learnt.against_templates is not None and learnt.against_templates["degraded"].low > 0
    assert expressions.copies == 0 and learnt.copies == 2


@pytest.mark.row("BE18")
def test_the_scores_of_both_conditions_are_those_of_the_predictions(logs):
    corpus, folder = logs
    for name in NAMES:
        run = folder.trial(name, 0)
        result = run.result(LogRun)
        for side, scores in (("test", result.scores), ("degraded", result.degraded)):
            found = predictions(run, side)
            true, told = (
                {(row, *each) for row, tags in enumerate(found[column]) for each in entities_of(tags)}
                for column in ("tags", "predicted")
            )
            assert scores["f1"] == pytest.approx(2 * len(true & told) / (len(true) + len(told)))
            whole = [one == other for one, other in zip(found["tags"], found["predicted"], strict=True)]
            assert scores["whole"] == pytest.approx(np.mean(whole))
            by_label = []
            for label in {each[-1] for each in true}:
                mine, others = ({each for each in side if each[-1] == label} for side in (true, told))
                by_label.append(2 * len(mine & others) / (len(mine) + len(others)))
            assert scores["macro_f1"] == pytest.approx(np.mean(by_label))
        lines = corpus.degraded.examples.sentences
        assert [list(line.tags) for line in lines] == predictions(run, "degraded")["tags"]


def test_parts_of_the_damage_make_the_whole(logs):
    corpus, folder = logs
    result = folder.result(LogComparison)
    assert sum(part.rows for part in result.damages) == corpus.facts.split.test == 32
    assert {part.name for part in result.damages} == set(corpus.degraded.kinds)
    found = predictions(folder.trial("templates", 0), "degraded")
    for part in result.damages:
        rows = [row for row, kind in enumerate(corpus.degraded.kinds) if kind == part.name]
        true, told = (
            {(row, *each) for row in rows for each in entities_of(found[side][row])} for side in ("tags", "predicted")
        )
        expected = 2 * len(true & told) / max(1, len(true) + len(told))
        assert part.f1["templates"].mean == pytest.approx(expected)
        assert part.f1["templates"].low <= part.f1["templates"].mean <= part.f1["templates"].high
        assert part.example in {line.text[:160] for line in corpus.degraded.examples.sentences}


def test_the_page_and_the_table_show_both_conditions(logs):
    _, folder = logs
    result, markdown = folder.result(LogComparison), folder.markdown_file.read_text()
    page = folder.report_file.read_text().partition("</style>")[2]
    titles = [str(column.title) for column in standings(result).columns]
    assert titles[:3] == ["model", "F1 of fields", "spread"] and {"degraded F1", "degraded gap"} <= set(titles)
    for text in ("Which parser of logs for", "Degraded lines", "Worst lines", "lines in windows", "noise inserted"):
        assert text in page and text in markdown
    assert "<script" not in page and "entity F1" not in page + markdown and "sentence" not in page + markdown
    assert "F1 of fields" in result.verdict.reason
    assert any("take" in note and "where lines may be broken" in note for note in result.warnings) == (
        result.verdict.model != result.best_degraded
    )
    one = write_run_report(folder.trial("bilstm", 0)).read_text().partition("</style>")[2]
    assert "degraded lines" in one and "long lines" in one and "sentence" not in one


def test_long_lines_are_read_in_windows_and_it_is_said(logs):
    corpus, folder = logs
    result = folder.result(LogComparison)
    long = sum(len(words) > 20 for words in corpus.part("test").items)
    assert {model.name: model.windows for model in result.models} == {"templates": 0, "features": 0, "bilstm": long}
    assert long > 0 and any(f"bilstm reads {long} test lines in windows" in note for note in result.warnings)


@pytest.mark.row("BE18")
@pytest.mark.parametrize("name", NAMES)
def test_a_stored_run_answers_as_it_did(logs, name):
    corpus, folder = logs
    run = folder.trial(name, 0)
    tagger, work = open_run(str(run.folder), device="cpu")
    assert work.answers is not None
    lines = corpus.degraded.examples.sentences
    assert tagger.tag([line.words for line in lines]) == predictions(run, "degraded")["predicted"]
    piped = io.BytesIO("\n".join(line.text for line in lines).encode())
    asked = Asked(None, piped, (None, None), (None, None), DEFAULT_LIMITS)
    answers = list(work.answers(tagger, work.asked(tagger, asked)))
    assert [answer["text"] for answer in answers] == [line.text for line in lines]
    for answer in answers:
        told = [text for each in answer["fields"].values() for text in ([each] if isinstance(each, str) else each)]
        assert sorted(told) == sorted(span["text"] for span in answer["spans"])
        assert all(answer["text"][span["start"] : span["end"]] == span["text"] for span in answer["spans"])
    readme = (run.model / "README.md").read_text()
    assert "Tells the fields of a log line." in readme and ("damaged copies" in readme) == (name != "templates")


@pytest.mark.row("BE18")
def test_a_line_of_a_log_becomes_fields_and_a_template(logs, tmp_path):
    tagger, work = open_run(str(logs[1].trial("templates", 0).folder), device="cpu")
    assert work.answers is not None
    text = "[Mon Jan 02 05:00:00 2006] [warn]  jk2_init() Found child 12 in scoreboard  slot 3"
    expected = {
        "text": text,
        "fields": {"Time": "Mon Jan 02 05:00:00 2006", "Level": "warn", "value": ["12", "3"]},
        "template": "jk2_init() Found child <*> in scoreboard slot <*>",
    }
    for name, written in (
        ("raw.log", f"{text}\n\n"),
        ("raw.txt", f"{text}\n\n"),
        ("raw.jsonl", json.dumps({"text": text}) + '\n{"text": ""}\n'),
        ("raw.csv", f'text\n"{text}"\n""\n'),
    ):
        (tmp_path / name).write_text(written)
        asked = Asked(str(tmp_path / name), io.BytesIO(), (None, None), (None, None), DEFAULT_LIMITS)
        first, second = work.answers(tagger, work.asked(tagger, asked))
        assert {key: first[key] for key in expected} == expected
        assert second == {"text": "", "fields": {}, "template": "", "spans": []}
        values = [(span["start"], span["end"]) for span in first["spans"] if span["label"] == "value"]
        assert values == [(text.index("12 in"), text.index(" in sc")), (len(text) - 1, len(text))]


@pytest.mark.parametrize(
    ("text", "spans", "parts", "template"),
    [
        ("[T] [L] a 5 b", [("T", 1, 2), ("L", 5, 6), ("value", 10, 11)], True, "a <*> b"),
        ("T - a\t  b", [("T", 0, 1)], True, "a b"),
        ("a 5 L 7", [("value", 2, 3), ("L", 4, 5), ("value", 6, 7)], True, "a <*> <L> <*>"),
        ("a b", [], True, "a b"),
        ("T:5", [("T", 0, 1), ("value", 2, 3)], True, "<*>"),
        ("T [5]", [("T", 0, 1), ("value", 2, 5)], True, "<*>"),
        ("1.2.3.4 - bob", [("ip", 0, 7), ("user", 10, 13)], False, "<ip> - <user>"),
    ],
)
def test_templates_hold_the_content_and_marks(text, spans, parts, template):
    told = [{"text": text[start:end], "start": start, "end": end, "label": label} for label, start, end in spans]
    assert template_of(text, told, parts=parts) == template


def test_a_field_found_twice_is_told_twice():
    spans = [{"text": text, "label": label} for text, label in (("a", "T"), ("b", "T"), ("c", "L"), ("d", "value"))]
    assert fields_of(spans) == {"T": ["a", "b"], "L": "c", "value": ["d"]}


def test_damaged_copies_are_a_setting_of_log_parsers_alone():
    assert default_names("parse-log") == ["templates", "features", "bilstm", "minilm"]
    assert set(recipe_names("parse-log")) == set(default_names("parse-log"))
    (plain,) = line_up(["features"], task="parse-log", settings=("train.damaged=0",)).recipes
    assert plain.train == {"damaged": 0}
    several = line_up(["features", "bilstm"], task="parse-log", grid=("train.damaged=0,2",)).recipes
    assert [recipe.train["damaged"] for recipe in several] == [0, 2, 0, 2]
    for names, task, setting, told in (
        (["templates"], "parse-log", "train.damaged=1", "none of templates has this setting"),
        (["bilstm"], "tag", "train.damaged=1", "train.damaged is for lines of logs"),
        (["bilstm"], "parse-log", "train.damaged=-1", "train.damaged is -1, out of range"),
    ):
        with pytest.raises(HeadworkError, match=told):
            line_up(names, task=task, settings=(setting,))


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.row("BE18")
def test_on_real_lines_of_apache_200_labelled_ones_are_enough(real_data, minilm_folder, tmp_path):
    """The figures that the task is held to: 0.99 on unseen lines and 0.95 on damaged ones, where expressions fail."""
    corpus = prepare_logs(real_data / "loghub_2k" / "Apache.csv", rows=200)
    chosen = [load_recipe(name, "parse-log") for name in ("templates", "features", "bilstm", "minilm")]
    options = Options(seeds=1, threads=1, budget_seconds=120, offline=True)
    result = compare(ComparisonFolder(tmp_path / "apache"), corpus, chosen, options)
    assert isinstance(result, LogComparison)
    for model in result.models:
        assert model.scores["f1"].mean >= 0.99
        assert (model.degraded["f1"].mean >= 0.95) == (model.name != "templates")
