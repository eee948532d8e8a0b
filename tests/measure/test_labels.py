"""Scores of sets of labels: scikit-learn's, intervals by brute force, differences that cancel out."""

import numpy as np
import pytest
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    f1_score,
    precision_score,
    recall_score,
    roc_auc_score,
)

from headwork.measure.labels import (
    Sets,
    bootstrap_sets,
    label_scores,
    macro_f1_differences,
    mean_rank_scores,
    set_scores,
    together,
)

ROWS, LABELS = 150, 4


def made(seeds: int = 1, seed: int = 0) -> Sets:
    random = np.random.default_rng(seed)
    truth = random.random((ROWS, LABELS)) < [0.5, 0.3, 0.2, 0.1]
    logits = np.stack([2 * truth - 1.5 + random.normal(0, 1.5, truth.shape) for _ in range(seeds)])
    return Sets(truth, logits > 0, logits)


@pytest.mark.row("BE12")
def test_scores_are_scikit_learns():
    sets = made()
    found = set_scores(sets.truth, sets.given[0]) | mean_rank_scores(sets.truth, sets.logits[0])
    truth, given, logits = sets.truth, sets.given[0], sets.logits[0]
    assert found == pytest.approx(
        {
            "macro_f1": f1_score(truth, given, average="macro"),
            "micro_f1": f1_score(truth, given, average="micro"),
            "subset_accuracy": accuracy_score(truth, given),
            "auc": roc_auc_score(truth, logits, average="macro"),
            "average_precision": average_precision_score(truth, logits, average="macro"),
        }
    )


@pytest.mark.row("BE12")
def test_each_label_has_its_scores():
    sets = made()
    _, ranks = bootstrap_sets(sets)
    names, thresholds = ["a", "b", "c", "d"], [0.5, 0.4, 0.3, 0.2]
    for place, found in enumerate(label_scores(names, sets.truth, sets.given[0], thresholds, ranks)):
        truth, given, logits = (each[..., place] for each in (sets.truth, sets.given[0], sets.logits[0]))
        assert (found.name, found.rows, found.given) == (names[place], truth.sum(), given.sum())
        assert found.precision == pytest.approx(precision_score(truth, given))
        assert found.recall == pytest.approx(recall_score(truth, given))
        assert found.f1 == pytest.approx(f1_score(truth, given))
        assert found.threshold == thresholds[place]
        assert found.auc and found.auc.mean == pytest.approx(roc_auc_score(truth, logits))
        assert found.average_precision and found.average_precision.low < found.average_precision.high


def test_intervals_are_those_of_rows_drawn_by_hand():
    sets = made()
    scores, ranks = bootstrap_sets(sets)
    random = np.random.default_rng(1)
    drawn = {"macro_f1": [], "first": []}
    for _ in range(200):
        rows = random.integers(0, ROWS, ROWS)
        truth, given = sets.truth[rows], sets.given[0, rows]
        f1s = 2 * (truth & given).sum(0) / (truth.sum(0) + given.sum(0))
        drawn["macro_f1"].append(f1s.mean())
        drawn["first"].append(roc_auc_score(sets.truth[rows, 0], sets.logits[0, rows, 0]))
    for score, name in ((scores["macro_f1"], "macro_f1"), (ranks[0]["auc"], "first")):
        low, high = np.quantile(drawn[name], (0.025, 0.975))
        assert (score.low, score.high) == pytest.approx((low, high), abs=0.02)


def test_seeds_widen_the_interval():
    sets = made()
    other = np.where(np.random.default_rng(2).random(sets.logits.shape) < 0.3, -sets.logits, sets.logits)
    two = Sets(sets.truth, np.concatenate([sets.given, other > 0]), np.concatenate([sets.logits, other]))
    (one, _), (both, _) = bootstrap_sets(sets), bootstrap_sets(two)
    assert both["macro_f1"].spread > 0.05
    assert both["macro_f1"].high - both["macro_f1"].low > 1.3 * (one["macro_f1"].high - one["macro_f1"].low)


@pytest.mark.row("BE12")
def test_what_is_not_defined_is_absent_and_left_out_of_means():
    sets = made()
    truth = sets.truth.copy()
    truth[:, 1], truth[:, 2] = False, True
    scores, ranks = bootstrap_sets(Sets(truth, sets.given, sets.logits))
    assert ranks[1] == {} and set(ranks[2]) == {"average_precision"}
    kept = [0, 3]
    assert scores["auc"].mean == pytest.approx(roc_auc_score(truth[:, kept], sets.logits[0][:, kept]))
    # A label that no row has adds nothing to macro-F1, whoever was given it.
    present = [0, 2, 3]
    assert scores["macro_f1"].mean == pytest.approx(
        f1_score(truth[:, present], sets.given[0][:, present], average="macro")
    )
    nothing = Sets(np.zeros_like(truth), sets.given, sets.logits)
    assert set(bootstrap_sets(nothing)[0]) == {"macro_f1", "micro_f1", "subset_accuracy"}
    assert mean_rank_scores(nothing.truth, sets.logits[0]) == {}


def test_differences_are_paired():
    """A model that fares like another on nearly all rows differs by little, however wide both intervals are."""
    sets = made()
    nearly = sets.given.copy()
    nearly[0, :4] = ~nearly[0, :4]
    worse = sets.given & (np.random.default_rng(3).random(sets.given.shape) < 0.5)
    found = macro_f1_differences("one", sets.truth, {"one": sets.given, "nearly": nearly, "worse": worse})
    assert found["one"].difference == 0 and found["one"].p == 1
    scores, _ = bootstrap_sets(sets)
    assert found["nearly"].high - found["nearly"].low < 0.7 * (scores["macro_f1"].high - scores["macro_f1"].low)
    assert found["worse"].high < 0 and found["worse"].p_holm < 0.05
    exact = set_scores(sets.truth, worse[0])["macro_f1"] - set_scores(sets.truth, sets.given[0])["macro_f1"]
    assert found["worse"].difference == pytest.approx(exact)


def test_labels_that_stand_together_are_counted():
    sets = np.array([[1, 1, 0], [1, 0, 0], [1, 1, 1], [0, 0, 0]], bool)
    assert together(sets).tolist() == [[3, 2, 1], [2, 2, 1], [1, 1, 1]]
