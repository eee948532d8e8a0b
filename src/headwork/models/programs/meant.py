"""All that a model is given of a question: its programs as slots, features of its words and columns, what is right.

Axes: P programs, S slots, M columns, D features, G different answers.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.sparse import csr_array

from headwork.base.sheets import Asked, Sheet
from headwork.base.values import Value
from headwork.models.programs.enumeration import MOST, Candidates, candidates_of
from headwork.models.programs.features import features_of
from headwork.models.programs.program import Program
from headwork.models.programs.slots import slots_of
from headwork.models.programs.views import View


@dataclass(frozen=True)
class Meant:
    """A question with the programs that it may mean."""

    words: tuple[str, ...]
    programs: list[Program]
    denotations: list[frozenset[Value]]
    """(P)"""
    groups: np.ndarray
    """(P,) which of the G different answers each gives"""
    slots: np.ndarray
    """(P, S) as in `slots`"""
    columns: csr_array
    """(M, D) as in `features`"""
    left_out: int
    """programs beyond the bound"""

    @property
    def width(self) -> int:
        """M"""
        return len(self.columns.indptr) - 1

    def consistent(self, right: frozenset[Value]) -> np.ndarray:
        """(P,) true where a program gives the right answer."""
        return np.array([denotation == right for denotation in self.denotations], dtype=bool)

    def chances(self, scores: np.ndarray) -> np.ndarray:
        """(G,) how likely each answer is: the sum over its programs, of which there is one at least."""
        powers = np.exp(scores - scores.max())
        return np.bincount(self.groups, powers / powers.sum())

    def likeliest(self, scores: np.ndarray) -> int:
        """Of the likeliest answer the likeliest program; of equals the first."""
        answer = int(np.argmax(self.chances(scores)))
        return int(np.argmax(np.where(self.groups == answer, scores, -np.inf)))


class Sheets:
    """Views of tables, each made once."""

    def __init__(self, most: int = MOST):
        self.most = most
        self._views: dict[int, tuple[Sheet, View]] = {}

    def view(self, sheet: Sheet) -> View:
        found = self._views.get(id(sheet))
        if found is None or found[0] is not sheet:
            found = self._views[id(sheet)] = (sheet, View(sheet))
        return found[1]

    def candidates(self, asked: Asked) -> Candidates:
        return candidates_of(asked.text, self.view(asked.sheet), most=self.most)

    def meant(self, asked: Asked, candidates: Candidates | None = None) -> Meant:
        """`candidates` are those of the question, where they were found before."""
        view, candidates = self.view(asked.sheet), candidates or self.candidates(asked)
        denotations = [each.denotation for each in candidates.found]
        numbers = {denotation: place for place, denotation in enumerate(dict.fromkeys(denotations))}
        linked = {test.column for test in candidates.tests if test.test in ("is", "has")}
        return Meant(
            words=candidates.question.words,
            programs=[each.program for each in candidates.found],
            denotations=denotations,
            groups=np.array([numbers[denotation] for denotation in denotations], dtype=np.int32),
            slots=slots_of(candidates, view),
            columns=features_of(candidates.question, view, sorted(linked)),
            left_out=candidates.left_out,
        )


def vocabulary_of(questions: Sequence[Sequence[str]], *, least: int, most: int) -> dict[str, int]:
    """The words, and runs of two, that enough questions have, most frequent first."""
    counts = Counter(gram for words in questions for gram in set(grams_of(words)))
    kept = sorted((gram for gram, count in counts.items() if count >= least), key=lambda gram: (-counts[gram], gram))
    return {gram: place for place, gram in enumerate(kept[:most])}


def grams_of(words: Sequence[str]) -> list[str]:
    framed = ["<s>", *words]
    return [*words, *(f"{one} {other}" for one, other in pairwise(framed))]
