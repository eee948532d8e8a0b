"""Scores with the interval that another test side and another training would move them in.

Axes: n rows, S seeds, K distinct outcomes, C classes, R replicates.
"""

import numpy as np

from headwork.base.results import Score
from headwork.measure.replicated import score_of
from headwork.measure.resampling import Outcomes, seed_shares
from headwork.measure.scores import accuracy, macro_f1, mean_f1


def bootstrap(truth: np.ndarray, predicted: np.ndarray, *, replicates: int = 2000, seed: int = 0) -> dict[str, Score]:
    """Accuracy and macro-F1, each averaged over seeds, with 95% percentile intervals of the two-way bootstrap.

    truth: (n,); predicted: (S, n), a row of predictions for each seed. With one seed only rows are drawn again, and
    the interval does not speak of another training.
    """
    generator = np.random.default_rng(seed)
    outcomes = Outcomes.of(truth, predicted)
    shares = seed_shares(len(predicted), replicates, generator)
    drawn = {name: np.empty(replicates) for name in ("accuracy", "macro_f1")}
    for block, counts in outcomes.draws(replicates, generator):
        by_seed = _scores(outcomes.facts, counts)
        for name, values in drawn.items():
            values[block] = (by_seed[name] * shares[block]).sum(1)
    plain = {"accuracy": accuracy, "macro_f1": macro_f1}
    return {
        name: score_of([score(truth, row) for row in predicted], drawn[name], rows=len(truth))
        for name, score in plain.items()
    }


def _scores(facts: np.ndarray, counts: np.ndarray) -> dict[str, np.ndarray]:
    """(block, S) scores of resamples: outcomes (K, 1 + S) as truth and predictions, (block, K) how often each."""
    classes = np.arange(1 + facts.max())
    counts = counts.astype(np.float32)

    def by_class(chosen: np.ndarray) -> np.ndarray:
        # A product with a 0/1 table (K, C), several times faster than sorting; exact up to 16 million rows.
        return (counts @ chosen.astype(np.float32)).astype(np.float64)

    truth = facts[:, :1] == classes
    true_rows = by_class(truth)
    accuracies, macro_f1s = [], []
    for labels in facts.T[1:]:
        predicted = labels[:, None] == classes
        hits = by_class(truth & predicted)
        accuracies.append(hits.sum(1) / true_rows.sum(1))
        macro_f1s.append(mean_f1(hits, true_rows, by_class(predicted)))
    return {"accuracy": np.stack(accuracies, 1), "macro_f1": np.stack(macro_f1s, 1)}
