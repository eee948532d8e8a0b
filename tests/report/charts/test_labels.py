"""Names beside points do not overlap."""

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure

from headwork.report.charts.labels import Box, label_points


def labelled(points: list[tuple[float, float]], names: list[str], lines=()) -> tuple[list[Box], Box]:
    figure = Figure(figsize=(5.3, 4))
    axes = figure.add_axes((0.1, 0.1, 0.85, 0.85))
    axes.set(xlim=(0, 1), ylim=(0, 1))
    boxes = label_points(axes, points, names, lines=list(lines), strong={names[0]})
    corners = 72 / figure.dpi * axes.bbox.get_points()
    return boxes, Box(*corners.ravel())


@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(st.floats(0.02, 0.98), st.floats(0.02, 0.98)), min_size=1, max_size=9))
def test_names_keep_apart_and_inside(points):
    boxes, frame = labelled(points, [f"bilstm-{place}" for place in range(len(points))])
    assert all(one.overlap(other) == 0 for one, other in combinations(boxes, 2))
    assert all(box.outside(frame) == pytest.approx(0, abs=1e-6) for box in boxes)


def test_nine_points_in_one_spot_all_get_a_place():
    boxes, _ = labelled([(0.5, 0.5)] * 9, [f"model-{place}" for place in range(9)])
    assert all(one.overlap(other) == 0 for one, other in combinations(boxes, 2))


def test_a_name_leaves_a_line_free_where_there_is_room():
    """Without the line the name stands to the right of its point; with it, the name gives way."""
    (free,), _ = labelled([(0.2, 0.5)], ["tfidf"])
    (moved,), _ = labelled([(0.2, 0.5)], ["tfidf"], lines=[[(0.2, 0.5), (0.9, 0.5)]])
    assert free != moved


def test_the_chosen_name_alone_is_bold():
    axes = Figure(figsize=(5.3, 4)).add_axes((0.1, 0.1, 0.85, 0.85))
    names = ["transformer", "transformer-entmax", "transformer 19.2"]
    label_points(axes, [(0.2, 0.2), (0.5, 0.5), (0.8, 0.8)], names, lines=[], strong={"transformer"})
    weights = {text.get_text(): text.get_fontweight() for text in axes.texts}
    assert weights == {"transformer": "bold", "transformer-entmax": "normal", "transformer 19.2": "bold"}
