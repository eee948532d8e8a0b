"""AUC and average precision: scikit-learn's, also of resamples and of equal probabilities."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from headwork.measure.ranking import rank_scores


@pytest.mark.row("BE12")
@pytest.mark.parametrize("digits", [1, 16], ids=["many equal", "all different"])
def test_both_are_scikit_learns_on_any_resample(digits):
    random = np.random.default_rng(0)
    chances = random.random(200).round(digits)
    truth = random.random(200) < chances**2
    counts = random.multinomial(200, np.full(200, 1 / 200), size=20).T
    found = rank_scores(truth, chances, counts)
    for place in range(20):
        rows = np.repeat(np.arange(200), counts[:, place])
        assert found.auc[place] == pytest.approx(roc_auc_score(truth[rows], chances[rows]), abs=1e-12)
        assert found.average_precision[place] == pytest.approx(
            average_precision_score(truth[rows], chances[rows]), abs=1e-12
        )
    whole = rank_scores(truth, chances)
    assert whole.auc == pytest.approx([roc_auc_score(truth, chances)])
    assert whole.average_precision == pytest.approx([average_precision_score(truth, chances)])


@pytest.mark.row("BE12")
def test_a_label_that_does_not_vary_has_no_auc():
    chances = np.array([0.1, 0.4, 0.3])
    none, every = (rank_scores(np.full(3, value), chances) for value in (False, True))
    assert np.isnan(none.auc).all() and np.isnan(none.average_precision).all()
    assert np.isnan(every.auc).all() and every.average_precision == [1.0]
    # A resample may lose the only row that has the label.
    counts = np.array([[3, 1], [0, 1], [0, 1]])
    found = rank_scores(np.array([False, True, False]), chances, counts)
    assert np.isnan(found.auc[0]) and found.auc[1] == 1.0
