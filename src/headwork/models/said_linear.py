"""Logistic regression on what is said of each item: features that are there or not. Needs no torch.

    logits = A x + b,   x_f = 1 where f is said of the item

Axes: n items, V features, C classes.
"""

from abc import ABC, abstractmethod
from array import array
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, Self

import msgspec
import numpy as np
from scipy.sparse import csr_matrix

from headwork.base.errors import HeadworkError
from headwork.base.recipes import strictly
from headwork.models.linear import AGAIN, check_shapes


class SaidLinear(ABC):
    """What is said, and how weights are fitted, its kinds say."""

    NAME: ClassVar[str]
    """in errors"""
    KEPT: ClassVar[type]
    """the struct of `config` and `features`, as they are stored"""

    def __init__(self, config: Any):
        self.config = config
        self.columns: dict[str, int] = {}
        self.coefficients = np.zeros((0, 0), np.float32)
        self.intercepts = np.zeros(0, np.float32)

    @abstractmethod
    def said(self, items: Any) -> Iterator[Iterable[str]]:
        """The features of each item, in an order that is always the same."""

    def logits(self, items: Any) -> np.ndarray:
        """(n, C)"""
        return np.asarray(self.values(items) @ self.coefficients.T) + self.intercepts

    def values(self, items: Any) -> csr_matrix:
        """(n, V) of 0 and 1."""
        columns, ends = array("i"), array("q", [0])
        for said in self.said(items):
            columns.extend(self.columns[feature] for feature in said if feature in self.columns)
            ends.append(len(columns))
        data, shape = np.ones(len(columns), np.float32), (len(ends) - 1, len(self.columns))
        return csr_matrix((data, np.asarray(columns, np.int32), np.asarray(ends, np.int64)), shape=shape)

    @property
    def parameters(self) -> int:
        return self.coefficients.size + self.intercepts.size

    def settings(self) -> dict[str, Any]:
        return msgspec.to_builtins(self.KEPT(config=self.config, features=list(self.columns)))

    def tensors(self) -> dict[str, np.ndarray]:
        """coefficients (C, V) and intercepts (C,), in single precision."""
        return {"coefficients": self.coefficients, "intercepts": self.intercepts}

    @classmethod
    def restore(cls, settings: dict[str, Any], tensors: dict[str, np.ndarray]) -> Self:
        """Raises HeadworkError where settings and arrays do not fit together."""
        known = strictly(settings, cls.KEPT, cls.NAME)
        model = cls(known.config)
        model.columns = {feature: column for column, feature in enumerate(known.features)}
        if len(model.columns) < len(known.features):
            raise HeadworkError(f"{cls.NAME}: a feature stands twice in its settings; {AGAIN}")
        classes = np.size(tensors.get("intercepts", ()))
        shapes = {"coefficients": (classes, len(known.features)), "intercepts": (classes,)}
        check_shapes(cls.NAME, tensors, shapes)
        model.coefficients, model.intercepts = (tensors[name] for name in shapes)
        return model
