"""The baselines of tables: what needs no learning, or nothing but a count. They need no torch.

    majority   the answer, or the label, that most training questions have
    overlap    a question: the cell where the row and the column meet that share most words with it, of columns other
               than those in which the row's words stand; a statement: the label that training statements have as much
               of their words in one row as it has, by the cut between two shares that fits most of them

Axes: n questions, C classes.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any, ClassVar, Literal

import msgspec
import numpy as np

from headwork.base.recipes import strictly
from headwork.base.sheets import Asked
from headwork.measure.denotations import denotation
from headwork.models.linear import NEVER, check_shapes
from headwork.models.programs.links import STOP, read_question
from headwork.models.programs.meant import Sheets
from headwork.models.programs.reply import Reply
from headwork.models.programs.views import View


class TableOverlapConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    SIZES: ClassVar[dict[str, dict[str, Any]]] = {"tiny": {}, "small": {}, "base": {}}

    answers: Literal["most frequent", "overlap"] = "overlap"


class TableOverlapSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a fitted model keeps beside its numbers."""

    config: TableOverlapConfig
    answers: list[str]


class TableOverlap:
    """Counts and words in common."""

    sheets = None
    """it looks for no programs"""
    not_learnt = 0

    def __init__(self, config: TableOverlapConfig):
        self.config = config
        self.views = Sheets()
        self.frequent: list[str] = []
        self.shares = np.zeros((2, 0))
        """(2, C) logarithms of the shares of the classes, of statements below and above the cut"""
        self.cut = 0.0

    def fit_answers(self, asked: Sequence[Asked], right: Sequence[tuple[str, ...]], *, seed: int) -> None:
        sets = [denotation(answers) for answers in right]
        (most, _), *_ = Counter(sets).most_common(1)
        self.frequent = list(right[sets.index(most)])

    def fit_labels(self, asked: Sequence[Asked], labels: np.ndarray, *, classes: int, seed: int) -> None:
        found = self._shared(asked)
        values = np.unique(found)
        cuts = [0.0, *((values[1:] + values[:-1]) / 2)] if self.config.answers == "overlap" else [0.0]
        fits = [self._counted(found >= cut, labels, classes) for cut in cuts]
        best = int(np.argmax([counts.max(1).sum() for counts in fits]))
        self.cut = float(cuts[best])
        shares = fits[best] / np.maximum(fits[best].sum(1, keepdims=True), 1)
        self.shares = np.log(np.maximum(shares, np.exp(NEVER)))

    @staticmethod
    def _counted(above: np.ndarray, labels: np.ndarray, classes: int) -> np.ndarray:
        """(2, C) rows of each class below and above."""
        return np.stack([np.bincount(labels[side], minlength=classes) for side in (~above, above)])

    def replies(self, asked: Sequence[Asked]) -> list[Reply]:
        if self.config.answers == "most frequent":
            return [Reply(tuple(self.frequent)) for _ in asked]
        return [meeting(one, self.views.view(one.sheet)) for one in asked]

    def logits(self, asked: Sequence[Asked]) -> np.ndarray:
        """(n, C)"""
        return self.shares[(self._shared(asked) >= self.cut).astype(int)]

    def _shared(self, asked: Sequence[Asked]) -> np.ndarray:
        """(n,) the largest share of a statement's words that one row, with the header, has."""
        return np.array([shares_of_rows(one.text, self.views.view(one.sheet)).max(initial=0.0) for one in asked])

    @property
    def parameters(self) -> int:
        return max(1, self.shares.size)

    def settings(self) -> dict[str, Any]:
        return msgspec.to_builtins(TableOverlapSettings(config=self.config, answers=self.frequent))

    def tensors(self) -> dict[str, np.ndarray]:
        return {"shares": self.shares, "cut": np.array([self.cut])}

    @classmethod
    def restore(cls, settings: dict[str, Any], tensors: dict[str, np.ndarray]) -> "TableOverlap":
        known = strictly(settings, TableOverlapSettings, "table-overlap model")
        classes = np.shape(tensors.get("shares", ((),)))[-1]
        check_shapes("table-overlap", tensors, {"shares": (2, classes), "cut": (1,)})
        model = cls(known.config)
        model.frequent, model.shares, model.cut = known.answers, tensors["shares"], float(tensors["cut"][0])
        return model


def content(text: str) -> list[str]:
    """The words of a question that may be those of a cell; all of them where none is left."""
    words = list(dict.fromkeys(read_question(text).words))
    return [word for word in words if word not in STOP] or words


def shares_of_rows(text: str, view: View) -> np.ndarray:
    """(rows,) the share of the words that stand in each row or in the header."""
    words, names = content(text), {word for name in view.names for word in name}
    held = [names.union(*cells) for cells in view.words]
    return np.array([sum(word in own for word in words) / max(len(words), 1) for own in held])


def meeting(asked: Asked, view: View) -> Reply:
    """The cell where the best row and the best column meet; of equals the first."""
    words = set(content(asked.text))
    hits = np.array([[len(words.intersection(cell)) for cell in cells] for cells in view.words]).reshape(len(view), -1)
    if not hits.size:
        return Reply()
    row = int(hits.sum(1).argmax())
    named = np.array([len(words.intersection(name)) for name in view.names])
    free = np.where((hits[row] == 0) | (named > 0), named, -1)
    column = int(free.argmax())
    header = view.sheet.header[column] or f"column {column + 1}"
    told = f"{header} of the row that shares most words with the question"
    return Reply((view.sheet.rows[row][column],), ((row, column),), told, "cells", 1.0)
