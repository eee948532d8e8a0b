"""Scores of answers that are sets of labels, with the two-way bootstrap of `resampling`; and differences of macro-F1.

    macro-F1           mean of F1 over the labels that some row of the test side has
    micro-F1           F1 of the hits, true labels and given labels of all labels together
    subset accuracy    share of the rows whose set of labels is right as a whole
    AUC, AP            of `ranking`, a mean over the labels that have one

Where every label occurs these are scikit-learn's, with zero_division=0.

Axes: n rows, L labels, S seeds, R replicates.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from headwork.base.multilabel import LabelScore
from headwork.base.results import Difference, Score
from headwork.measure.ranking import rank_scores
from headwork.measure.replicated import Gap, corrected, gap_of, score_of
from headwork.measure.resampling import Outcomes, seed_shares
from headwork.measure.scores import f1, mean_f1

REPLICATES = 1000


@dataclass(frozen=True)
class Sets:
    """What rows have, what they were given, and how sure a model was. truth: (n, L); given, logits: (S, n, L)."""

    truth: np.ndarray
    given: np.ndarray
    logits: np.ndarray


def set_scores(truth: np.ndarray, given: np.ndarray) -> dict[str, float]:
    """Macro-F1, micro-F1 and subset accuracy of (n, L) answers of one seed."""
    once = np.ones((1, len(truth)))
    return {name: float(values[0]) for name, values in _set_scores(truth, given, once).items()}


def mean_rank_scores(truth: np.ndarray, logits: np.ndarray) -> dict[str, float]:
    """AUC and AP of (n, L) logits, means over the labels that have one; without what no label has."""
    found = [rank_scores(*columns) for columns in zip(truth.T, logits.T, strict=True)]
    values = {name: np.array([getattr(each, name)[0] for each in found]) for name in ("auc", "average_precision")}
    return {name: float(np.nanmean(each)) for name, each in values.items() if not np.isnan(each).all()}


def bootstrap_sets(sets: Sets, *, seed: int = 0) -> tuple[dict[str, Score], list[dict[str, Score]]]:
    """Scores with 95% intervals: over all labels, and AUC and AP of each label, without those that are not defined."""
    truth, (seeds, rows, labels) = sets.truth, sets.given.shape
    generator = np.random.default_rng(seed)
    shares = seed_shares(seeds, REPLICATES, generator)
    over_all = {name: np.empty((REPLICATES, seeds)) for name in ("macro_f1", "micro_f1", "subset_accuracy")}
    of_label = {name: np.empty((REPLICATES, seeds, labels)) for name in ("auc", "average_precision")}
    for block, counts in Outcomes(np.arange(rows), np.ones(rows, np.int64)).draws(REPLICATES, generator):
        by_row = np.ascontiguousarray(counts.T, np.float32)
        for place in range(seeds):
            for name, values in _set_scores(truth, sets.given[place], counts).items():
                over_all[name][block, place] = values
            for label in range(labels):
                ranked = rank_scores(truth[:, label], sets.logits[place, :, label], by_row)
                for name, values in of_label.items():
                    values[block, place, label] = getattr(ranked, name)
    whole = [set_scores(truth, given) for given in sets.given]
    scores = {
        name: score_of(
            [each[name] for each in whole],
            (drawn * shares).sum(1),
            rows=rows if name == "subset_accuracy" else None,
        )
        for name, drawn in over_all.items()
    }
    ranks = [[rank_scores(*columns) for columns in zip(truth.T, logits.T, strict=True)] for logits in sets.logits]
    each: list[dict[str, Score]] = [{} for _ in range(labels)]
    for name, drawn in of_label.items():
        found = np.array([[getattr(one, name)[0] for one in of_seed] for of_seed in ranks])
        defined = np.flatnonzero(~np.isnan(found[0]))
        replicated = (drawn * shares[:, :, None]).sum(1)
        for label in defined:
            each[label][name] = score_of(found[:, label], _known(replicated[:, label]))
        if len(defined):
            means = _mean_over_labels(replicated[:, defined])
            scores[name] = score_of(found[:, defined].mean(1), _known(means))
    return scores, each


def macro_f1_differences(
    reference: str, truth: np.ndarray, given: Mapping[str, np.ndarray], *, seed: int = 0
) -> dict[str, Difference]:
    """Macro-F1 of each model's (S, n, L) answers minus that of `reference`: the same rows are drawn for both."""
    found = {name: _gap(truth, ours, given[reference], seed) for name, ours in given.items() if name != reference}
    return corrected(reference, found)


def label_scores(
    names: Sequence[str],
    truth: np.ndarray,
    given: np.ndarray,
    thresholds: Sequence[float],
    ranks: list[dict[str, Score]],
) -> list[LabelScore]:
    """Each label's scores: those at its threshold of one seed's (n, L) answers, `ranks` from `bootstrap_sets`."""
    hits, true, out = ((truth & given).sum(0), truth.sum(0), given.sum(0))
    return [
        LabelScore(
            name=name,
            rows=int(true[place]),
            given=int(out[place]),
            precision=float(hits[place] / max(out[place], 1)),
            recall=float(hits[place] / max(true[place], 1)),
            f1=float(f1(hits[place], true[place], out[place])),
            threshold=float(thresholds[place]),
            auc=ranks[place].get("auc"),
            average_precision=ranks[place].get("average_precision"),
        )
        for place, name in enumerate(names)
    ]


def together(sets: np.ndarray) -> np.ndarray:
    """(L, L) how many rows of (n, L) have both labels; on the diagonal how many have the one."""
    counts = sets.astype(np.int64)
    return counts.T @ counts


def _gap(truth: np.ndarray, ours: np.ndarray, theirs: np.ndarray, seed: int) -> Gap:
    generator = np.random.default_rng(seed)
    rows = len(truth)
    sides = (ours, theirs)
    drawn = [np.empty((REPLICATES, len(side))) for side in sides]
    for block, counts in Outcomes(np.arange(rows), np.ones(rows, np.int64)).draws(REPLICATES, generator):
        for values, side in zip(drawn, sides, strict=True):
            for place, given in enumerate(side):
                values[block, place] = _set_scores(truth, given, counts)["macro_f1"]
    mine, other = ((values * seed_shares(values.shape[1], REPLICATES, generator)).sum(1) for values in drawn)
    means = [np.mean([set_scores(truth, given)["macro_f1"] for given in side]) for side in sides]
    return gap_of(mine - other, float(means[0] - means[1]))


def _set_scores(truth: np.ndarray, given: np.ndarray, counts: np.ndarray) -> dict[str, np.ndarray]:
    """(R,) scores of (n, L) answers on (R, n) counts of rows; single precision counts 16 million rows exactly."""
    drawn = counts.astype(np.float32)

    def rows(chosen: np.ndarray) -> np.ndarray:
        return (drawn @ chosen.astype(np.float32)).astype(np.float64)

    hits, true, out, right = map(rows, (truth & given, truth, given, (truth == given).all(1)))
    return {
        "macro_f1": mean_f1(hits, true, out),
        "micro_f1": f1(hits.sum(1), true.sum(1), out.sum(1)),
        "subset_accuracy": right / counts.sum(1),
    }


def _mean_over_labels(values: np.ndarray) -> np.ndarray:
    """(R,) from (R, L), over the labels that a resample has; nan where it has none."""
    known = ~np.isnan(values)
    return np.where(known.any(1), np.where(known, values, 0.0).sum(1) / np.maximum(known.sum(1), 1), np.nan)


def _known(values: np.ndarray) -> np.ndarray:
    return values[~np.isnan(values)]
