"""The main table says what result.json says."""

import msgspec
import pytest

from headwork.base.results import Comparison
from headwork.report.standings import comparison_table, ranked
from headwork.report.table import Cell


def number(text: str) -> float:
    return float(text.replace("−", "-").replace("%", "").replace(",", ""))


def test_the_rows_are_ranked_and_marked(made: Comparison):
    rows = comparison_table(made).rows
    assert [row.cells[0].text for row in rows] == [model.name for model in ranked(made)]
    marks = {row.cells[0].text: row.marks for row in rows if row.marks}
    assert marks == {made.best: ["best"], made.verdict.model: ["verdict"]}


def test_cells_equal_the_results(made: Comparison):
    table = comparison_table(made)
    titles = [column.title for column in table.columns]
    for model, row in zip(ranked(made), table.rows, strict=True):
        cell = dict(zip(titles, row.cells, strict=True))
        for title, score in (("accuracy", model.scores["accuracy"]), ("macro-F1", model.scores["macro_f1"])):
            low, high = cell[title].detail.split("–")
            shown = [number(text) for text in (cell[title].text, low, high)]
            assert shown == pytest.approx([100 * score.mean, 100 * score.low, 100 * score.high], abs=0.0501)
        for title, gap in (("against best", model.against_best), ("against tfidf", model.against_tfidf)):
            if gap is None or (title == "against best" and model.name == made.best):
                assert cell[title] == Cell("–")
                continue
            low, high = cell[title].detail.split(" to ")
            shown = [number(text) for text in (cell[title].text, low, high)]
            assert shown == pytest.approx([100 * gap.difference, 100 * gap.low, 100 * gap.high], abs=0.0501)
        assert number(cell["ECE"].text) == pytest.approx(100 * model.calibration.ece_after, abs=0.0501)
        assert number(cell["ECE"].detail) == pytest.approx(100 * model.calibration.ece_before, abs=0.0501)
        assert number(cell["texts/s"].text) == pytest.approx(model.latency.texts_per_second, rel=0.006)


def test_without_tfidf_there_is_no_column_against_it(made: Comparison):
    models = [msgspec.structs.replace(model, against_tfidf=None) for model in made.models]
    table = comparison_table(msgspec.structs.replace(made, models=models))
    assert "against tfidf" not in [column.title for column in table.columns]
    assert all(len(row.cells) == len(table.columns) for row in table.rows)


def test_the_best_leads_among_equals(made: Comparison):
    first, second = made.models[0], made.models[1]
    twins = [first, msgspec.structs.replace(first, name="twin")]
    comparison = msgspec.structs.replace(made, models=[second, *twins], best="twin")
    places = [model.name for model in ranked(comparison)]
    assert places.index("twin") < places.index(first.name)
