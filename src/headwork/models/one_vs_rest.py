"""The baselines of several labels at once: label shares, and a linear model on TF-IDF for each label.

    logit of label l = ln(share / (1 - share))      or A_l · values + b_l, fitted on "has l" against the rest

Each label is a question of its own (binary relevance; Tsoumakas and Katakis 2007, "Multi-label classification: an
overview"). Terms, values and what is stored are those of `linear`. A fitted model gives (n, L) logits.

Axes: n texts, V terms, L labels.
"""

from collections.abc import Sequence

import numpy as np

from headwork.models.linear import NEVER, Majority, MajorityConfig, TfidfConfig, TfidfLogistic

__all__ = ["LabelShares", "MajorityConfig", "TfidfConfig", "TfidfOneVsRest"]


class LabelShares(Majority):
    """Answers with the share of the training texts that have each label, whatever the text."""

    def fit(self, texts: Sequence[str], labels: np.ndarray, *, classes: int, seed: int) -> None:
        """labels: (n, L) truths."""
        self.shares = labels.mean(0)

    def logits(self, texts: Sequence[str]) -> np.ndarray:
        with np.errstate(divide="ignore"):
            odds = np.log(self.shares) - np.log1p(-self.shares)
        return np.tile(odds.clip(NEVER, -NEVER), (len(texts), 1))


class TfidfOneVsRest(TfidfLogistic):
    """A logistic regression on TF-IDF for each label, or a support vector machine."""

    def fit(self, texts: Sequence[str], labels: np.ndarray, *, classes: int, seed: int) -> None:
        """labels: (n, L) truths. Raises HeadworkError when the texts hold no word."""
        self.choose_terms(texts)
        values = self.values(texts)
        self.coefficients = np.zeros((classes, len(self.columns)), np.float32)
        self.intercepts = np.zeros(classes, np.float32)
        for label, truth in enumerate(labels.T):
            if truth.all() or not truth.any():
                self.intercepts[label] = -NEVER if truth.all() else NEVER
                continue
            weights, biases = self._fitted(values, truth.astype(np.int64), classes=2, seed=seed)
            self.coefficients[label], self.intercepts[label] = weights[1] - weights[0], biases[1] - biases[0]
