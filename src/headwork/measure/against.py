"""Every model of a line-up against one of them, corrected for how many comparisons that is."""

from collections.abc import Mapping

import numpy as np

from headwork.base.results import AccuracyDifference
from headwork.measure.holm import holm
from headwork.measure.mcnemar import mcnemar
from headwork.measure.paired import paired_difference


def differences_against(
    reference: str, truth: np.ndarray, predicted: Mapping[str, np.ndarray], *, replicates: int = 2000, seed: int = 0
) -> dict[str, AccuracyDifference]:
    """Accuracy of each model minus that of `reference`, in the order of `predicted`.

    truth: (n,); predicted: for each name (S, n), where models may have different numbers of seeds. The reference itself
    differs by 0 with p = 1 and is not one of the comparisons that Holm's correction counts.
    """
    theirs = predicted[reference]
    others = [name for name in predicted if name != reference]
    paired = {
        name: paired_difference(truth, predicted[name], theirs, replicates=replicates, seed=seed) for name in others
    }
    exact = {name: mcnemar(truth, predicted[name][0], theirs[0]) for name in others}
    p_holm = dict(zip(others, holm([paired[name].p for name in others]), strict=True))
    mcnemar_holm = dict(zip(others, holm([exact[name] for name in others]), strict=True))
    same = AccuracyDifference(difference=0.0, low=0.0, high=0.0, p=1.0, p_holm=1.0, mcnemar_p=1.0, mcnemar_p_holm=1.0)
    return {
        name: same
        if name == reference
        else AccuracyDifference(
            difference=paired[name].difference,
            low=paired[name].low,
            high=paired[name].high,
            p=paired[name].p,
            p_holm=p_holm[name],
            mcnemar_p=exact[name],
            mcnemar_p_holm=mcnemar_holm[name],
        )
        for name in predicted
    }
