"""Whether a model's probabilities mean what they say, and one number that makes them mean it better.

    negative log-likelihood      NLL(T) = -mean_i log softmax(z_i / T)[y_i]                      in nats
    expected calibration error   ECE = sum over bins of (rows in bin / n) |accuracy - confidence|

with 15 bins of equal width over the highest probability, each open to the left; the temperature T > 0 minimises NLL on
the dev side and leaves every decision as it is (Guo, Pleiss, Sun and Weinberger, 2017, "On calibration of modern neural
networks", sections 2 and 4.2).

Axes: n rows, C classes.
"""

from collections.abc import Sequence

import numpy as np

from headwork.base.results import Bin, Calibration

BINS = 15
COLDEST, HOTTEST = 0.02, 50.0
"""temperatures beyond these say that the logits hold no probabilities at all"""


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """(n, C) log-probabilities in float64; shifted by the largest logit, so that nothing overflows."""
    shifted = np.asarray(logits, dtype=np.float64)
    shifted = shifted - shifted.max(-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))


def softmax(logits: np.ndarray) -> np.ndarray:
    """(n, C) probabilities in float64; rows sum to 1."""
    return np.exp(log_softmax(logits))


def negative_log_likelihood(logits: np.ndarray, truth: np.ndarray, *, temperature: float = 1.0) -> float:
    """Mean surprise at the true class in nats; ln C for a model that knows nothing."""
    log_probabilities = log_softmax(np.asarray(logits, dtype=np.float64) / temperature)
    return float(-log_probabilities[np.arange(len(truth)), truth].mean())


def reliability(probabilities: np.ndarray, truth: np.ndarray, *, bins: int = BINS) -> list[Bin]:
    """Mean confidence, accuracy and rows of each bin that holds any, from low confidence to high."""
    return binned(probabilities.max(1), probabilities.argmax(1) == truth, bins=bins)


def binned(confidence: np.ndarray, right: np.ndarray, *, bins: int = BINS) -> list[Bin]:
    """The same from (n,) confidences and whether each came true."""
    place = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    rows, sure, hits = (np.bincount(place, weights=w, minlength=bins) for w in (None, confidence, right))
    return [
        Bin(confidence=float(sure[b] / rows[b]), accuracy=float(hits[b] / rows[b]), rows=int(rows[b]))
        for b in np.flatnonzero(rows)
    ]


def expected_calibration_error(probabilities: np.ndarray, truth: np.ndarray, *, bins: int = BINS) -> float:
    """How far confidence lies from accuracy on average, in [0, 1]; 0 is best."""
    return gap_of_bins(reliability(probabilities, truth, bins=bins))


def gap_of_bins(filled: Sequence[Bin]) -> float:
    """The distance of confidence and accuracy, a mean over rows."""
    return sum(bin.rows * abs(bin.accuracy - bin.confidence) for bin in filled) / sum(bin.rows for bin in filled)


def fit_temperature(logits: np.ndarray, truth: np.ndarray) -> float:
    """The temperature with the least NLL on dev rows: logits (n, C), -inf where a row cannot have a class; truth (n,).

    NLL is convex in b = 1 / T with the slope mean_i(E_p[z] - z_true), p = softmax(b z), so the slope's sign is bisected
    on a logarithmic scale: the same steps each time, and none can overshoot. T never makes dev NLL worse than T = 1.
    """
    logits = np.asarray(logits, dtype=np.float64)
    possible = np.isfinite(logits)
    plain = np.where(possible, logits, 0.0)
    target = plain[np.arange(len(truth)), truth]
    if (target == logits.max(1)).all():
        # Without a mistake NLL falls for ever as T goes to 0. Platt (1999, section 2.2) then aims at probabilities
        # as if one row more had been seen, whose class is anybody's guess.
        target = (len(truth) * target + plain.sum(1) / possible.sum(1)) / (len(truth) + 1)

    def slope(inverse: float) -> float:
        return float(((softmax(logits * inverse) * plain).sum(1) - target).mean())

    low, high = np.log(1 / HOTTEST), np.log(1 / COLDEST)
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if slope(np.exp(middle)) < 0 else (low, middle)
    fitted = float(np.exp(-(low + high) / 2))
    return min((1.0, fitted), key=lambda t: negative_log_likelihood(logits, truth, temperature=t))


def calibration(logits: np.ndarray, truth: np.ndarray, *, temperature: float) -> Calibration:
    """NLL and ECE of test rows as they are, and with the temperature that was fitted on dev."""
    before, after = softmax(logits), softmax(np.asarray(logits, dtype=np.float64) / temperature)
    return Calibration(
        nll_before=negative_log_likelihood(logits, truth),
        nll_after=negative_log_likelihood(logits, truth, temperature=temperature),
        ece_before=expected_calibration_error(before, truth),
        ece_after=expected_calibration_error(after, truth),
        temperature=temperature,
    )
