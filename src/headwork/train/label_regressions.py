"""Penalised logistic regressions of many labels on the same features, all at once.

    min over w, b of   mean_i s_i log(1 + exp(-y_i (w . x_i + b))) + |w|^2 / (2 C n),   y_i = -1 or 1, for each label

Labels share nothing but x, so that one minimisation of the sum finds what one for each would, and reads x once a step
for all of them. It is done by L-BFGS (Byrd, Lu, Nocedal and Zhu 1995) along the principal axes of the features, each
divided by the root of the curvature that it has where all rows have the label's share for their probability: there, a
step in one direction is worth about as much as in any other, and some thirty are enough.

Axes: n rows, D width, L labels.
"""

from typing import NamedTuple

import numpy as np

ALWAYS = 30.0
"""the logit of a label that all rows have; less that, of one that none has"""
STEPS = 1000


class Regressions(NamedTuple):
    """What has been fitted: the logits of (n, D) features x are x W^T + b."""

    weights: np.ndarray
    """W: (L, D)"""
    biases: np.ndarray
    """b: (L,)"""


class PrincipalAxes(NamedTuple):
    """Features moved and turned so that their dimensions do not vary together."""

    rows: np.ndarray
    """(n, D)"""
    variances: np.ndarray
    """(D,)"""
    turn: np.ndarray
    """(D, D), orthogonal"""
    middle: np.ndarray
    """(D,)"""

    @classmethod
    def of(cls, features: np.ndarray) -> "PrincipalAxes":
        """(n, D), of whatever precision the regressions are to be fitted in."""
        middle = features.mean(0)
        variances, turn = np.linalg.eigh(np.cov(features, rowvar=False, bias=True))
        turn = turn.astype(features.dtype)
        return cls((features - middle) @ turn, np.maximum(variances, 0), turn, middle)

    def onto(self, of_features: Regressions) -> np.ndarray:
        """(L, D + 1): the same functions, of these rows; biases last."""
        weights, biases = of_features
        return np.column_stack([weights @ self.turn, biases + weights @ self.middle])

    def back(self, of_rows: np.ndarray) -> Regressions:
        weights = of_rows[:, :-1] @ self.turn.T
        return Regressions(weights, of_rows[:, -1] - weights @ self.middle)


def label_regressions(
    axes: PrincipalAxes,
    truths: np.ndarray,
    strength: float,
    *,
    balanced: bool = False,
    start: Regressions | None = None,
) -> Regressions:
    """Of the features whose principal axes are given, for (n, L) truths.

    strength: C. balanced: a row counts n / (2 n_c) for its side c of a label. start: where to begin, as with what was
    fitted under a stronger penalty.
    """
    from scipy.optimize import minimize  # only here: it takes as long to load as torch

    rows, width = axes.rows.shape
    told = truths.any(0) & ~truths.all(0)
    fitted = Regressions(np.zeros((truths.shape[1], width)), np.where(truths.any(0), ALWAYS, -ALWAYS))
    if not told.any():
        return fitted
    signs = np.where(truths[:, told], 1, -1).astype(axes.rows.dtype)
    share = truths[:, told].mean(0)
    counts = np.where(signs > 0, 0.5 / share, 0.5 / (1 - share)) if balanced else np.ones_like(signs)
    counts = (counts / rows).astype(axes.rows.dtype)
    penalty = 1 / (strength * rows)
    curvature = (counts * share * (1 - share)).sum(0)[:, None]
    scales = np.concatenate([(curvature * axes.variances + penalty) ** -0.5, curvature**-0.5], 1)

    def loss(steps: np.ndarray) -> tuple[float, np.ndarray]:
        these = (steps.reshape(scales.shape) * scales).astype(axes.rows.dtype)
        weights, biases = these[:, :-1], these[:, -1]
        margins = signs * (axes.rows @ weights.T + biases)
        value = float((counts * np.logaddexp(0, -margins)).sum(dtype=np.float64))
        slopes = -signs * counts / (1 + np.exp(np.minimum(margins, 80)))
        gradient = np.column_stack([slopes.T @ axes.rows + penalty * weights, slopes.sum(0)])
        return value + penalty / 2 * float((weights**2).sum()), (gradient * scales).ravel()

    first = axes.onto(Regressions(start.weights[told], start.biases[told])) if start else np.zeros_like(scales)
    found = minimize(loss, (first / scales).ravel(), jac=True, method="L-BFGS-B", options={"maxiter": STEPS})
    fitted.weights[told], fitted.biases[told] = axes.back(found.x.reshape(scales.shape) * scales)
    return fitted
