"""Every model of a line-up against one of them, corrected for how many comparisons that is."""

from collections.abc import Mapping

import msgspec
import numpy as np

from headwork.base.results import AccuracyDifference
from headwork.measure.holm import holm
from headwork.measure.mcnemar import mcnemar
from headwork.measure.paired import paired_difference
from headwork.measure.replicated import corrected


def differences_against(
    reference: str, truth: np.ndarray, predicted: Mapping[str, np.ndarray], *, replicates: int = 2000, seed: int = 0
) -> dict[str, AccuracyDifference]:
    """Accuracy of each model minus that of `reference`, in the order of `predicted`.

    truth: (n,); predicted: for each name (S, n), where models may have different numbers of seeds. The reference itself
    differs by 0 with p = 1 and is not one of the comparisons that Holm's correction counts.
    """
    theirs = predicted[reference]
    others = {name: ours for name, ours in predicted.items() if name != reference}
    paired = {
        name: paired_difference(truth, ours, theirs, replicates=replicates, seed=seed) for name, ours in others.items()
    }
    exact = {name: mcnemar(truth, ours[0], theirs[0]) for name, ours in others.items()} | {reference: 1.0}
    exact_holm = dict(zip(others, holm([exact[name] for name in others]), strict=True)) | {reference: 1.0}
    gaps = corrected(reference, paired)
    return {
        name: AccuracyDifference(
            **msgspec.structs.asdict(gaps[name]), mcnemar_p=exact[name], mcnemar_p_holm=exact_holm[name]
        )
        for name in predicted
    }
