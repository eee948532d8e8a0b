"""The baselines of text pairs: features of both texts, and a linear model of the class or score. They need no torch.

    logits = A x + b, by logistic regression;   score = w x + b, by ridge regression

`features` says what x is:

    none       nothing: class shares, or the mean score
    overlap    how many words both texts share, as shares of each and of all, of single words and of neighbouring ones,
               and how long they are
    tfidf      of TF-IDF vectors u, v: their cosine, u * v, and what only one of them has, max(u - v, 0), max(v - u, 0)
    first, second   the TF-IDF vector of one text alone: what can be told without comparing (Poliak et al. 2018,
               "Hypothesis only baselines in natural language inference")

Axes: n pairs, F features, V terms, O outputs: classes, or one for a score.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, ClassVar, Literal

import msgspec
import numpy as np
from scipy.sparse import csr_matrix, hstack

from headwork.base.recipes import strictly
from headwork.models.linear import NEVER, WORD, Tfidf, TfidfConfig, check_shapes, fit_logistic, plain

Pairs = Sequence[tuple[str, str]]


class PairLinearConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    SIZES: ClassVar[dict[str, dict[str, Any]]] = {"tiny": {"pairs": False}, "small": {}, "base": {"min_texts": 1}}

    features: Literal["none", "overlap", "tfidf", "first", "second"] = "overlap"
    pairs: bool = True
    """of TF-IDF: are two neighbouring words a term too"""
    min_texts: int = 2
    """training texts that a term must be in"""
    max_terms: int = 200_000
    strength: float = 1.0
    """inverse of the L2 penalty of classes"""
    ridge: float = 1.0
    """L2 penalty of scores"""


class PairLinearSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a fitted model keeps beside its arrays."""

    config: PairLinearConfig
    terms: list[str] = []


class PairLinear:
    """A linear model of features of both texts."""

    def __init__(self, config: PairLinearConfig):
        self.config = config
        self.terms = Tfidf(TfidfConfig(pairs=config.pairs, min_texts=config.min_texts, max_terms=config.max_terms))
        self.coefficients = np.zeros((0, 0), np.float32)
        self.intercepts = np.zeros(0, np.float32)

    @property
    def _of_terms(self) -> bool:
        return self.config.features in ("tfidf", "first", "second")

    def fit(self, pairs: Pairs, targets: np.ndarray, *, outputs: int, seed: int) -> None:
        """targets: (n,) class indices, or float64 scores for one output."""
        if self._of_terms:
            self.terms.choose_terms([text for pair in pairs for text in pair])
        values = self.values(pairs)
        if targets.dtype.kind == "f":
            self.coefficients, self.intercepts = fit_ridge(values, targets, penalty=self.config.ridge)
        elif values.shape[1]:
            strength = self.config.strength
            fitted = fit_logistic(values, targets, classes=outputs, strength=strength, seed=seed)
            self.coefficients, self.intercepts = fitted
        else:
            shares = np.bincount(targets, minlength=outputs) / len(targets)
            self.intercepts = np.log(np.maximum(shares, np.exp(NEVER))).astype(np.float32)
            self.coefficients = np.zeros((outputs, 0), np.float32)

    def logits(self, pairs: Pairs) -> np.ndarray:
        """(n, O)"""
        return np.asarray(self.values(pairs) @ self.coefficients.T) + self.intercepts

    def values(self, pairs: Pairs) -> Any:
        """(n, F) features, sparse where they are terms."""
        if not self._of_terms:
            return FEATURES[self.config.features](pairs)
        sides = [self.terms.values([pair[side] for pair in pairs]) for side in (0, 1)]
        if self.config.features != "tfidf":
            return sides[self.config.features == "second"]
        first, second = sides
        both = first.multiply(second)
        cosine = csr_matrix(both.sum(axis=1))
        return hstack([cosine, both, (first - second).maximum(0), (second - first).maximum(0)], format="csr")

    @property
    def parameters(self) -> int:
        return self.coefficients.size + self.intercepts.size + self.terms.idf.size

    def settings(self) -> dict[str, Any]:
        return msgspec.to_builtins(PairLinearSettings(config=self.config, terms=list(self.terms.columns)))

    def tensors(self) -> dict[str, np.ndarray]:
        """coefficients (O, F), intercepts (O,) and idf (V,), in single precision."""
        return {"coefficients": self.coefficients, "intercepts": self.intercepts, "idf": self.terms.idf}

    @classmethod
    def restore(cls, settings: dict[str, Any], tensors: dict[str, np.ndarray]) -> "PairLinear":
        """Raises HeadworkError where settings and arrays do not fit together."""
        known = strictly(settings, PairLinearSettings, "pair model")
        model = cls(known.config)
        model.terms.number(known.terms)
        width = model._width(len(known.terms))
        outputs = np.size(tensors.get("intercepts", ()))
        shapes = {"coefficients": (outputs, width), "intercepts": (outputs,), "idf": (len(known.terms),)}
        check_shapes("pair", tensors, shapes)
        model.coefficients, model.intercepts, model.terms.idf = (tensors[name] for name in shapes)
        return model

    def _width(self, terms: int) -> int:
        """F"""
        if self._of_terms:
            return 3 * terms + 1 if self.config.features == "tfidf" else terms
        return FEATURES[self.config.features]([]).shape[1]


def fit_ridge(values: Any, targets: np.ndarray, *, penalty: float) -> tuple[np.ndarray, np.ndarray]:
    """(1, F) coefficients and (1,) intercept, in single precision."""
    if not values.shape[1]:
        return np.zeros((1, 0), np.float32), np.array([targets.mean()], np.float32)
    from sklearn.linear_model import Ridge  # predicting does not wait for it

    fitted = Ridge(alpha=penalty, random_state=0).fit(values, targets)
    return fitted.coef_[None].astype(np.float32), np.array([fitted.intercept_], np.float32)


def no_features(pairs: Pairs) -> np.ndarray:
    """(n, 0)"""
    return np.zeros((len(pairs), 0), np.float32)


def overlap(pairs: Pairs) -> np.ndarray:
    """(n, 12), each between -1 and 1 or so."""
    return np.array([_overlap(*pair) for pair in pairs], np.float32).reshape(len(pairs), 12)


def _overlap(first: str, second: str) -> list[float]:
    one, other = ([plain(word) for word in WORD.findall(text)] for text in (first, second))
    found = []
    for ours, theirs in ((set(one), set(other)), (set(pairwise(one)), set(pairwise(other)))):
        both, either = len(ours & theirs), max(1, len(ours | theirs))
        found += [both / either, both / max(1, len(ours)), both / max(1, len(theirs)), float(ours == theirs)]
    longest = max(1, len(one), len(other))
    lengths = [np.log1p(len(one)) / 5, np.log1p(len(other)) / 5, (len(one) - len(other)) / longest]
    return [*found, *lengths, float(one == other)]


FEATURES: dict[str, Callable[[Pairs], np.ndarray]] = {"none": no_features, "overlap": overlap}
