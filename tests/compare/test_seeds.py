"""Several seeds of a model as one."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from headwork.base.results import Cost
from headwork.compare.seeds import curve, mean_cost

KIND: Any = SimpleNamespace


def finished(model: str, score: float) -> Any:
    return SimpleNamespace(model=model, score=score)


def part(model: str, share: float, score: float) -> Any:
    return SimpleNamespace(result=lambda kind: finished(model, score), identity=lambda: SimpleNamespace(share=share))


def test_a_learning_curve_is_of_one_model():
    parts = [part("han", 0.1, 0.4), part("tfidf", 0.1, 0.9), part("han", 0.5, 0.6), part("han", 0.1, 0.5)]
    points = curve(
        [finished("han", 0.7), finished("han", 0.8)],
        parts,
        KIND,
        rows=lambda share: round(200 * share),
        score=lambda run: run.score,
    )
    assert [(point.share, point.rows) for point in points] == [(0.1, 20), (0.5, 100), (1.0, 200)]
    np.testing.assert_allclose([point.accuracy for point in points], [0.45, 0.6, 0.75])
    assert [point.spread for point in points] == [pytest.approx(0.1 / 2**0.5), 0, pytest.approx(0.1 / 2**0.5)]
    assert curve([finished("gru", 0.7)], parts, KIND, rows=int, score=lambda run: run.score) == ()


def test_of_what_seeds_waited_for_a_core_the_most_counts():
    def run(share: float | None) -> Any:
        return SimpleNamespace(cost=Cost(train_seconds=1, parameters=1, bytes=1, peak_bytes=1, crowded=share))

    assert mean_cost([run(0.1), run(0.4), run(None)]).crowded == 0.4
    assert mean_cost([run(None)]).crowded is None
