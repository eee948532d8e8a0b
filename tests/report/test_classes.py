"""The confusion matrix and the scores of classes."""

import numpy as np

from headwork.base.results import Comparison
from headwork.report.classes import class_table, shown_confusion


def test_a_small_matrix_is_shown_whole():
    shown = shown_confusion([[3, 1], [0, 0]], ["a", "b"])
    assert shown.classes == ["a", "b"] and shown.left_out == 0
    assert [[cell.rows for cell in row] for row in shown.cells] == [[3, 1], [0, 0]]
    assert [[cell.share for cell in row] for row in shown.cells] == [[0.75, 0.25], [0.0, 0.0]]


def test_of_many_classes_those_with_mistakes_are_shown():
    matrix = np.diag([50] * 40)
    matrix[7, 31] = matrix[12, 31] = 4
    names = [f"class {place}" for place in range(40)]
    shown = shown_confusion(matrix.tolist(), names, limit=3)
    assert shown.classes == ["class 7", "class 12", "class 31"]
    assert shown.left_out == 37
    assert [[cell.rows for cell in row] for row in shown.cells] == [[50, 0, 4], [0, 50, 4], [0, 0, 50]]


def test_class_scores_equal_the_results(made: Comparison):
    rows = class_table(made.per_class).rows
    assert [row.cells[0].text for row in rows] == made.data.classes
    shown = [[float(cell.text.rstrip("%")) for cell in row.cells[1:]] for row in rows]
    expected = [[100 * one.precision, 100 * one.recall, 100 * one.f1, one.rows] for one in made.per_class]
    np.testing.assert_allclose(shown, expected, atol=0.0501)
