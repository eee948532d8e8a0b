"""The verdict against the rule, written out, on line-ups of all kinds."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwork.measure.verdict import best_model, choose, tied_with_best

rivals = st.lists(
    st.tuples(st.sampled_from([100, 2000, 30_000]), st.integers(-30, -1), st.integers(0, 30)), min_size=0, max_size=6
)


@given(rivals, st.sampled_from([100, 2000, 30_000]), st.randoms(use_true_random=False))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
def test_the_smallest_whose_interval_holds_nought_is_chosen(model_result, rivals, best_bytes, random):
    models = [model_result("best", accuracy=0.9, bytes=best_bytes)]
    for i, (size, difference, width) in enumerate(rivals):
        d, w = difference / 100, width / 100
        models.append(model_result(f"m{i}", accuracy=0.9 + d, bytes=size, difference=d, low=d - w, high=d + w))
    random.shuffle(models)
    verdict = choose(models)
    expected = None
    for model in sorted(models, key=lambda m: m.name):
        fits = not (model.against_best.high < 0 or model.against_best.low > 0)
        if fits and (expected is None or model.cost.bytes < expected.cost.bytes):
            expected = model
    assert verdict.model == expected.name
    assert verdict.reason.startswith(f"{expected.name} is the ")
    assert verdict.reason.endswith(".")


def test_the_sentence_says_what_is_given_up_and_gained(model_result):
    models = [
        model_result("minilm", accuracy=0.931, bytes=91_000_000),
        model_result("tfidf", accuracy=0.92, bytes=312_000, difference=-0.011, low=-0.03, high=0.008),
        model_result("majority", accuracy=0.3, bytes=60, difference=-0.631, low=-0.7, high=-0.6),
    ]
    assert [model.name for model in tied_with_best(models)] == ["minilm", "tfidf"]
    assert choose(models).reason == (
        "tfidf is the smallest of the 2 models that this test side cannot tell apart from the best: accuracy 92.0% "
        "against 93.1% of minilm, a difference of −1.1 points with a 95% interval from −3.0 to +0.8, and 312 kB "
        "instead of 91 MB."
    )
    assert choose([models[0], models[2]]).reason == (
        "minilm is the most accurate, 93.1%, and every smaller model is worse by more than chance."
    )
    assert choose([models[0]]).reason == ("minilm is the most accurate, 93.1%, and no other model is smaller.")


def test_the_best_is_decided_by_accuracy_then_size_then_name(model_result):
    low, high = model_result("a", accuracy=0.8, bytes=1), model_result("b", accuracy=0.9, bytes=9)
    assert best_model([low, high]) is high
    smaller = model_result("c", accuracy=0.9, bytes=1)
    assert best_model([high, smaller]) is smaller
    first = model_result("a", accuracy=0.9 - 1e-16, bytes=1)
    assert best_model([smaller, first]) is first
