"""What all pages share: the model of the verdict, the notes, and the score that a run's training is drawn by."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from msgspec.structs import replace

from headwork.base import results
from headwork.base.runs import Point
from headwork.report.every import of_comparison, of_run
from headwork.report.markdown import opening
from headwork.report.standings import ranked


def test_the_chosen_model_is_that_of_the_verdict(made: results.Comparison):
    models = ranked(made)
    for model in (models[0], models[2]):
        told = replace(made, verdict=replace(made.verdict, model=model.name))
        assert of_comparison(told, models, [])["chosen"] is model


@pytest.mark.parametrize("score", ["F1", "ROUGE-L"])
def test_training_is_drawn_by_the_score_of_the_task(score: str):
    points = [
        Point(step=n, epoch=n / 2, seconds=1.0 * n, dev_loss=1 / n, dev_accuracy=n / 9, train_loss=1 / n)
        for n in (1, 2, 3)
    ]
    run = SimpleNamespace(data=lambda: None, metrics=lambda: points)
    drawn = of_run(cast(Any, SimpleNamespace(model="tagger")), cast(Any, run), [], score=score)["training"]
    assert score in str(drawn) and "accuracy" not in str(drawn)


def test_notes_open_a_markdown_report_where_there_are_any(made: results.Comparison):
    told = opening(replace(made, warnings=("look here",)), "Which model for", "Pictures are")
    assert told.index("## Notes") < told.index("## All models") and "- look here" in told
    assert "## Notes" not in opening(replace(made, warnings=()), "Which model for", "Pictures are")
