"""The verdict in words follows the numbers."""

import msgspec

from headwork.base.results import Comparison, Verdict
from headwork.report.verdict import verdict_text


def replaced(made: Comparison, **changes) -> Comparison:
    return msgspec.structs.replace(made, **changes)


def test_a_smaller_model_within_the_interval(made: Comparison):
    text = verdict_text(made)
    assert text.headline == "Take tfidf: TF-IDF and logistic regression"
    assert list(text.points) == ["why", "score", "how sure", "the best costs"]
    assert text.points["why"] == made.verdict.reason
    gap = next(model for model in made.models if model.name == "tfidf").against_best
    assert f"p = {gap.p_holm:.2f} for a difference (McNemar = {gap.mcnemar_p_holm:.2f})" in text.points["how sure"]
    assert f"below {50 * (gap.high - gap.low):.1f} points" in text.points["how sure"]
    assert "91.2 MB of storage instead of 1.24 MB (74×)" in text.points["the best costs"]


def test_the_best_itself(made: Comparison):
    text = verdict_text(replaced(made, verdict=Verdict(model=made.best, reason="nothing smaller comes near")))
    assert text.points["why"] == "nothing smaller comes near"
    assert text.points["how sure"].startswith("The next, tfidf, differs by")
    assert "over the baseline tfidf" in text.points["it costs"]


def test_a_clear_difference_is_called_one(made: Comparison):
    models = [
        msgspec.structs.replace(model, against_best=msgspec.structs.replace(model.against_best, low=-0.2, high=-0.1))
        for model in made.models
    ]
    best = replaced(made, models=models, verdict=Verdict(model=made.best, reason="x"))
    assert "more than chance explains" in verdict_text(best).points["how sure"]


def test_a_single_model(made: Comparison):
    only = [model for model in made.models if model.name == "tfidf"]
    text = verdict_text(replaced(made, models=only, best="tfidf"))
    assert list(text.points) == ["why", "score"]


def test_a_title_is_not_said_twice(made: Comparison):
    models = [msgspec.structs.replace(model, title=model.name) for model in made.models]
    assert verdict_text(replaced(made, models=models)).headline == "Take tfidf"


def test_equal_costs_are_not_a_bill(made: Comparison):
    chosen = next(model for model in made.models if model.name == made.best)
    twin = msgspec.structs.replace(chosen, name="twin")
    text = verdict_text(replaced(made, models=[chosen, twin], verdict=Verdict(model="twin", reason="x")))
    assert text.points["the best costs"] == "About the same in storage, time for one text and training."
