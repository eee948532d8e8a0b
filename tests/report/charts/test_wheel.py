"""A wheel of labels: areas go with shares, and every label is named."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwork.report.charts.drawing import looks
from headwork.report.charts.wheel import Petal, radius, rings, wheel_chart

EMOTIONS = ["anger", "disgust", "anticipation", "fear", "joy", "sadness", "surprise", "trust"]


@given(st.floats(0, 1), st.floats(0.01, 1))
def test_areas_go_with_shares(one, other):
    assert radius(one) ** 2 / radius(other) ** 2 == pytest.approx(one / other)


@given(st.floats(1e-6, 1))
def test_rings_lie_on_the_wheel(most):
    assert rings(most) and all(0 < ring <= most for ring in rings(most))


@pytest.mark.row("BE29")
def test_each_emotion_has_a_petal_and_what_a_model_expects_of_it():
    petals = [Petal(name=name, share=0.1, expected=0.2) for name in EMOTIONS]
    svg = str(wheel_chart(petals, looks(["m"])["m"], name="wheel", title="Emotions"))
    assert all(f">{name}<" in svg for name in EMOTIONS)
    assert len(re.findall(r"opacity: 0\.4", svg)) == len(EMOTIONS)
    assert "<title" in svg and "<script" not in svg


def test_long_and_strange_names_are_cut_and_escaped():
    petals = [Petal(name=name, share=0.1, expected=0.1) for name in ("x" * 40, "<b>", "שמחה")]
    svg = str(wheel_chart(petals, looks(["m"])["m"], name="wheel", title="t"))
    assert "x" * 15 + "…" in svg and "x" * 16 not in svg and "&lt;b&gt;" in svg and "שמחה" in svg
