"""What is drawn from predictions.parquet equals scikit-learn's and the formulas."""

import itertools
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from headwork.measure import calibration
from headwork.report.predictions import calibration_error, read_outcome, reliability

CLASSES = ["a", "b", "c", "d"]


@pytest.fixture
def written(tmp_path: Path) -> tuple[Path, np.ndarray, np.ndarray]:
    """A predictions file with 200 test and 50 dev rows; class d is never predicted. Also labels and logits of test."""
    random = np.random.default_rng(0)
    labels = random.integers(0, 4, 250)
    logits = random.normal(0, 2, (250, 4))
    logits[np.arange(250), labels] += 2
    logits[:, 3] -= 20
    probabilities = np.exp(logits / 2) / np.exp(logits / 2).sum(1, keepdims=True)
    side = np.array(["test"] * 200 + ["dev"] * 50)
    columns = {
        "row": np.arange(250),
        "side": side,
        "label": labels.astype(np.int32),
        "predicted": logits.argmax(1).astype(np.int32),
        "logits": logits.tolist(),
        "probabilities": probabilities.tolist(),
    }
    file = tmp_path / "predictions.parquet"
    parquet.write_table(pa.table(columns), file)
    return file, labels[:200], logits[:200]


def test_scores_equal_scikit_learn(written):
    file, labels, logits = written
    outcome, predicted = read_outcome(file, CLASSES), logits.argmax(1)
    assert outcome.confusion == confusion_matrix(labels, predicted).tolist()
    expected = precision_recall_fscore_support(labels, predicted, zero_division=0.0)
    shown = [[one.precision, one.recall, one.f1, one.rows] for one in outcome.per_class]
    np.testing.assert_allclose(np.transpose(shown), expected)


def test_calibration_is_measured_before_and_after(written):
    file, labels, logits = written
    outcome = read_outcome(file, CLASSES)
    for bins, ece, temperature in (
        (outcome.reliability_before, outcome.ece_before, 1),
        (outcome.reliability_after, outcome.ece_after, 2),
    ):
        raised = np.exp(logits / temperature)
        confidence = (raised / raised.sum(1, keepdims=True)).max(1)
        right = logits.argmax(1) == labels
        edges = np.arange(16) / 15
        within = [(confidence > low) & (confidence <= high) for low, high in itertools.pairwise(edges)]
        assert ece == pytest.approx(sum(abs((right[one] - confidence[one]).sum()) for one in within) / 200)
        assert [one.rows for one in bins] == [one.sum() for one in within if one.any()]


def test_a_run_and_a_comparison_agree(written):
    file, labels, logits = written
    outcome = read_outcome(file, CLASSES)
    probabilities = calibration.softmax(logits)
    expected = calibration.reliability(probabilities, labels)
    for ours, theirs in zip(outcome.reliability_before, expected, strict=True):
        assert [ours.confidence, ours.accuracy, ours.rows] == pytest.approx(
            [theirs.confidence, theirs.accuracy, theirs.rows]
        )
    assert outcome.ece_before == pytest.approx(calibration.expected_calibration_error(probabilities, labels))


def test_certainty_falls_into_the_last_bin():
    bins = reliability(np.array([[1.0, 0.0], [0.95, 0.05]]), np.array([0, 1]))
    assert [(one.rows, one.accuracy) for one in bins] == [(2, 0.5)]
    assert calibration_error(bins) == pytest.approx(0.475)
    assert calibration_error([]) == 0.0


def test_a_confidence_on_an_edge_belongs_to_the_bin_below():
    evenly, nearly = [0.2, 0.2, 0.2, 0.2, 0.2, 0.0], [0.19, 0.18, 0.18, 0.18, 0.18, 0.09]
    assert [one.rows for one in reliability(np.array([evenly, nearly]), np.array([0, 0]))] == [2]


def test_a_run_without_test_rows_has_an_empty_outcome(tmp_path: Path):
    file = tmp_path / "predictions.parquet"
    rows = {"side": ["dev"], "label": [0], "predicted": [0], "logits": [[1.0, 0.0]], "probabilities": [[0.7, 0.3]]}
    parquet.write_table(pa.table(rows), file)
    outcome = read_outcome(file, ["a", "b"])
    assert outcome.reliability_after == [] and outcome.ece_after == 0.0
