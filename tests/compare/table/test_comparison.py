"""A comparison of models of tables, from a folder to its page, and what a finished run answers."""

import functools
import importlib
import io
import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as parquet
import pytest
from tests.tables import medals, write_facts, write_folder

from headwork.base.errors import HeadworkError
from headwork.base.limits import DEFAULT_LIMITS
from headwork.base.recipes import load_recipe, with_settings
from headwork.base.runs import ComparisonFolder
from headwork.base.sheets import Sheet
from headwork.base.table import TableComparison, TableRun
from headwork.compare import comparison
from headwork.compare.asked import Asked as Given
from headwork.compare.comparison import Options, compare
from headwork.compare.lineup import default_names
from headwork.compare.open import open_run
from headwork.compare.table.answer import questions_asked
from headwork.compare.table.assemble import macro_f1_by_table
from headwork.compare.table.excerpt import excerpt
from headwork.compare.table.parts import asking, kind_of
from headwork.compare.table.trial import check
from headwork.compare.trial import run_trial
from headwork.data.prepared_tables import prepare_tables
from headwork.data.table_questions import TableCorpus
from headwork.measure.denotations import agrees
from headwork.measure.latency import measure_latency
from headwork.measure.means import mean_score
from headwork.measure.scores import macro_f1
from headwork.report.views import standings, write_report, write_run_report

trial_module = importlib.import_module("headwork.compare.table.trial")  # the package gives the function of that name
NAMES = ("majority", "overlap", "linear", "tabert")
SETTINGS = (
    *("train.epochs=2", "train.lr=5e-3", "train.batch_tokens=1500"),
    *("model.max_tokens=90", "model.question_tokens=20", "model.dropout=0.0"),
)


def compared(folder: Path, source: Path, *, seeds: int) -> tuple[TableCorpus, ComparisonFolder]:
    corpus = prepare_tables(source)
    out = ComparisonFolder(folder / "out")
    chosen = [load_recipe(name, "table") for name in NAMES]
    chosen = [with_settings(one, SETTINGS, size="tiny") if one.name == "tabert" else one for one in chosen]
    options = Options(seeds=seeds, threads=1, offline=True, command="headwork compare own --task table")

    def run_here(_, trial, settings, threads, hear) -> None:
        run_trial(trial.run, trial.recipe, corpus, seed=trial.seed, settings=settings, progress=lambda share: None)

    with pytest.MonkeyPatch.context() as patch:  # processes and latencies to the third digit take long
        patch.setattr(comparison, "run_in_process", run_here)
        patch.setattr(trial_module, "measure_latency", functools.partial(measure_latency, seconds=0.05))
        compare(out, corpus, chosen, options)
    write_report(out)
    return corpus, out


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> tuple[TableCorpus, ComparisonFolder]:
    folder = tmp_path_factory.mktemp("answered")
    return compared(folder, write_folder(folder / "own", tables=30), seeds=2)


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> tuple[TableCorpus, ComparisonFolder]:
    folder = tmp_path_factory.mktemp("judged")
    return compared(folder, write_facts(folder / "own"), seeds=1)


@pytest.fixture(params=["answered", "judged"])
def either(request: pytest.FixtureRequest) -> tuple[TableCorpus, ComparisonFolder]:
    return request.getfixturevalue(request.param)


def predicted(folder: ComparisonFolder, name: str, seed: int = 0) -> dict:
    file = folder.trial(name, seed).predictions_file
    return parquet.read_table(file, filters=[("side", "=", "test")]).to_pydict()


@pytest.mark.row("BE27")
def test_the_scores_are_those_of_the_answers(either):
    corpus, folder = either
    test = corpus.part("test")
    for name in NAMES:
        run, found = folder.trial(name, 0), predicted(folder, name)
        assert found["row"] == test.rows.tolist()
        right = [
            tuple(said) == answers if test.classes else agrees(said, answers)
            for said, answers in zip(found["answers"], test.right, strict=True)
        ]
        assert found["hit"] == right and run.result(TableRun).scores["accuracy"] == pytest.approx(np.mean(right))
        if test.classes:
            given = np.array([test.classes.index(said) for (said,) in found["answers"]])
            assert run.result(TableRun).scores["macro_f1"] == pytest.approx(macro_f1(test.labels, given))
        for cells, asked in zip(found["cells"], test.asked, strict=True):
            assert all(0 <= row < len(asked.sheet.rows) and 0 <= at < 3 for row, at in cells)


@pytest.mark.row("BE27")
def test_answers_come_from_programs_that_were_run(answered):
    corpus, folder = answered
    result, test = folder.result(TableComparison), corpus.part("test")
    scores = {model.name: model.scores["accuracy"].mean for model in result.models}
    assert scores["linear"] > 0.9 and scores["tabert"] > 0.9 > scores["overlap"] > scores["majority"]
    found = predicted(folder, "linear")
    for said, program, cells, asked in zip(found["answers"], found["program"], found["cells"], test.asked, strict=True):
        if program.startswith(("Gold of", "Points of", "Nation of")):
            assert set(said) == {asked.sheet.rows[row][at] for row, at in cells}
    searched = {model.name: model.searched for model in result.models}
    assert searched["overlap"] is None and searched["linear"] == searched["tabert"]
    assert searched["linear"] is not None and searched["linear"].reachable == 1.0
    assert sum(kept.rows for kept in result.kinds["linear"]) == len(test)


def test_the_result_tells_of_every_model(either):
    corpus, folder = either
    result, test = folder.result(TableComparison), corpus.part("test")
    assert json.loads(folder.result_file.read_text())["task"] == "table"
    assert {model.name for model in result.models} == set(NAMES)
    assert result.tables == len({asked.sheet.id for asked in test.asked})
    for model in result.models:
        assert all(score.low <= score.mean <= score.high for score in model.scores.values())
        assert model.scores.keys() == ({"accuracy", "macro_f1"} if test.classes else {"accuracy"})
        hits = np.array([predicted(folder, model.name, seed)["hit"] for seed in model.seeds])
        assert model.scores["accuracy"] == mean_score(hits, groups=test.tables)
    for parting in result.partings:
        assert sum(part.rows for part in parting.parts) == len(test)
    assert any("test tables are few" in note for note in result.warnings)
    assert (result.confusion is not None) == bool(test.classes)


def test_the_table_and_the_page_show_what_was_found(either):
    corpus, folder = either
    result, page = folder.result(TableComparison), folder.report_file.read_text()
    assert {str(row.cells[0]) for row in standings(result).rows} == set(NAMES)
    assert "<script" not in page and '<mark class="of-model">' in page and "Accuracy by what is right" in page
    text = folder.markdown_file.read_text()
    assert f"| **{result.best}**" in text and "## Accuracy by rows of the table" in text
    if corpus.facts.classes:
        assert "judges statements on" in page and "Labels, as" in page and "macro-F1" in text
    else:
        assert "answers from the tables" in page and "Programs of linear" in page
        assert any(example.program and example.program.replace('"', "&#34;") in page
                   for examples in result.examples.values() for example in examples)  # fmt: skip
    assert "One seed and no interval" in write_run_report(folder.trial("tabert", 0)).read_text()


def test_examples_show_the_cells_that_were_read(answered):
    corpus, folder = answered
    test = corpus.part("test")
    for examples in folder.result(TableComparison).examples.values():
        for example in examples:
            place = test.rows.tolist().index(example.row)
            assert example.text == test.asked[place].text and example.right == list(test.right[place])
            assert example.is_right == agrees(example.answers, example.right)
            read = [cell.text for row in example.sheet.rows for cell in row if cell.read]
            if example.program.startswith("Nation of"):
                assert set(read) == set(example.answers)


@pytest.mark.row("BE27")
def test_a_finished_run_answers_about_a_new_table(answered, judged, tmp_path):
    header, rows = medals(77)
    path = tmp_path / "new.csv"
    path.write_text("\n".join(",".join(row) for row in [header, *rows]) + "\n")
    opened, work = open_run(str(answered[1].trial("linear", 0).folder), device="cpu")
    text = f"how many gold did {rows[2][0]} win?"
    given = Given(None, io.BytesIO(), (text, None), (None, None), DEFAULT_LIMITS, table=str(path))
    (answer,) = work.answers(opened, work.asked(opened, given))
    assert answer["question"] == text and answer["answer"] == [rows[2][1]] and 0 < answer["probability"] <= 1
    assert answer["cells"] == [{"row": 3, "column": "Gold", "text": rows[2][1]}]
    assert answer["program"] == f'Gold of rows where Nation is "{rows[2][0]}"'
    lines = io.BytesIO(f"{text}\nhow many nations are there?\n".encode())
    given = Given(None, lines, (None, None), (None, None), DEFAULT_LIMITS, table=str(path))
    assert [one["answer"] for one in work.answers(opened, work.asked(opened, given))] == [[rows[2][1]], ["5"]]
    opened, work = open_run(str(judged[1].trial("overlap", 0).folder), device="cpu")
    given = Given(None, io.BytesIO(), ("Peru won 77 gold", None), (None, None), DEFAULT_LIMITS, table=str(path))
    (answer,) = work.answers(opened, work.asked(opened, given))
    assert answer["label"] in ("0", "1") and sum(answer["probabilities"].values()) == pytest.approx(1)


@pytest.mark.parametrize(
    ("texts", "table", "told"),
    [
        (("Who?", None), None, "--table: name the file"),
        (("Who?", "b"), "new.csv", "mean nothing for tables"),
        ((" ", None), "new.csv", "question 1: it is empty"),
        (("Who?", None), "none.csv", "no such file"),
    ],
)
def test_what_cannot_be_asked_is_refused(answered, tmp_path, texts, table, told):
    (tmp_path / "new.csv").write_text("A\n1\n")
    opened, _ = open_run(str(answered[1].trial("overlap", 0).folder), device="cpu")
    about = str(tmp_path / table) if table else None
    with pytest.raises(HeadworkError, match=told):
        questions_asked(opened, Given(None, io.BytesIO(), texts, (None, None), DEFAULT_LIMITS, table=about))


def test_macro_f1_over_all_tables_is_that_of_the_rows():
    random = np.random.default_rng(0)
    truth, tables = random.integers(3, size=200), random.integers(20, size=200)
    given = np.where(random.random((2, 200)) < 0.6, truth, random.integers(3, size=(2, 200)))
    score = macro_f1_by_table(truth, given, tables, 3)
    assert score.mean == pytest.approx(np.mean([macro_f1(truth, own) for own in given]))
    # Rows that fare alike by tables make the interval wider than rows drawn one by one.
    alike = np.where(random.random(20) < 0.5, 0, 1)[tables]
    wide = macro_f1_by_table(np.ones(200, int), alike[None], tables, 2)
    narrow = macro_f1_by_table(np.ones(200, int), alike[None], np.arange(200), 2)
    assert wide.high - wide.low > 1.5 * (narrow.high - narrow.low)


def test_an_excerpt_holds_the_cells_and_counts_the_rest():
    sheet = Sheet(
        "t", tuple(f"c{n}" for n in range(12)), tuple(tuple(f"{r},{c}" for c in range(12)) for r in range(40))
    )
    shown = excerpt(sheet, [(30, 11), (2, 0)])
    assert (len(shown.rows), len(shown.header), shown.left_out, shown.columns_left_out) == (6, 8, 34, 4)
    assert [cell.text for row in shown.rows for cell in row if cell.read] == ["2,0", "30,11"]
    assert [row[0].text for row in shown.rows] == ["0,0", "1,0", "2,0", "3,0", "4,0", "30,0"]


@pytest.mark.parametrize(
    ("right", "kind"),
    [
        (("5",), "one cell"), (("5", "a"), "several cells"), (("6",), "a number no cell holds"),
        (("Yes",), "yes or no"), (("6 days",), "something else"), (("5", "6"), "something else"),
    ],
)  # fmt: skip
def test_questions_are_parted_by_what_is_right(right, kind):
    assert kind_of(right, frozenset({5.0, "a"})) == kind


def test_questions_are_parted_by_how_they_ask():
    said = {
        "How many are there?": "how many",
        "is it so": "yes or no",
        "name all": "another",
        "how tall": "how much or long",
        "in which year was it?": "which",
        "After whom?": "who",
        "when did": "when or where",
    }
    assert {text: asking(text) for text in said} == said


def test_the_line_up_and_settings_that_mean_nothing():
    assert default_names("table") == ["majority", "overlap", "linear", "tabert"]
    for setting, told in {
        "train.label_smoothing=0.1": "label_smoothing means nothing",
        "model.tokens=words": "do not part question and table",
        "model.rows=0": "rows is 0",
        "model.masked=1.0": "masked is between 0 and 1",
        "model.max_tokens=20": "a question and one column may take",
    }.items():
        with pytest.raises(HeadworkError, match=told):
            check(with_settings(load_recipe("tabert", "table"), (setting,)))
