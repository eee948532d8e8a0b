"""What was cut, and who was stopped by the budget."""

import msgspec

from headwork.base.results import Comparison, Cut
from headwork.report.limits import budget_note, endings, limits_table, unseen


def test_endings_count_seeds_where_they_differ():
    assert endings(["patience"] * 3) == "patience"
    assert endings(["patience", "budget", "patience"]) == "patience (2 of 3 seeds), budget (1 of 3 seeds)"


def test_the_unseen_share():
    assert unseen(Cut(rows=0, tokens=0, of_tokens=0)) == "none"
    assert unseen(Cut(rows=2, tokens=5, of_tokens=200)) == "2.5%"


def test_the_table_and_the_note_name_the_models(made: Comparison):
    row = next(row for row in limits_table(made.models).rows if row.cells[0].text == "minilm")
    assert [cell.text for cell in row.cells] == ["minilm", "21", "3.5%", "none", "budget"]
    assert (
        budget_note(made.models) == "Stopped by the budget, and perhaps better with more time: minilm (3 of 3 seeds)."
    )
    patient = [msgspec.structs.replace(model, stopped=["fitted"]) for model in made.models]
    assert budget_note(patient) == ""
