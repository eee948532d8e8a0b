"""What in a table speaks for a statement on it, and what against.

A program whose answer stands in the statement, outside the words that its own tests are made of, supports it: "the
number of rows where Nation is France" gives 2, and the statement has a 2. For each way to answer (`cells`, `count`, …,
and how rows were picked) it is written down whether some program supports the statement, whether programs that could do
so all miss, and how many of its linked words stand together in one row.

After the programs of Chen et al. 2020, "TabFact: a large-scale dataset for table-based fact verification", section 4.1.

Axes: P programs, E kinds of evidence.
"""

from collections.abc import Iterator

import numpy as np

from headwork.base.words import words_of
from headwork.models.programs.enumeration import Candidate, Candidates
from headwork.models.programs.program import ANSWERS, PICKS, Filter, holds, passing
from headwork.models.programs.slots import spans_of
from headwork.models.programs.views import View, stem

WAYS: tuple[str, ...] = tuple(f"{answer}:{pick}" for answer in ANSWERS for pick in PICKS)
WAY = {name: place for place, name in enumerate(WAYS)}
Spans = tuple[tuple[int, int], ...]
"""runs of words, start to before end"""
TOGETHER = ("bias", "together", "all together", "nothing linked", "share linked", "numbers linked", "rows together")
EVIDENCE = (*(f"{said}:{way}" for said in ("supported", "missed", "share") for way in WAYS), *TOGETHER)


def evidence_of(candidates: Candidates, view: View) -> np.ndarray:
    """(E,)"""
    tried, supported = np.zeros(len(WAYS)), np.zeros(len(WAYS))
    stated = _Stated(candidates)
    for candidate in candidates.found:
        said = stated.says(candidate)
        if said is not None:
            place = WAY[f"{candidate.program.answer}:{candidate.program.rows.pick}"]
            tried[place] += 1
            supported[place] += said
    missed = (tried > 0) & (supported == 0)
    return np.concatenate([supported > 0, missed, supported / np.maximum(tried, 1), list(_together(candidates, view))])


class _Stated:
    """The numbers and the runs of linked words of a statement; what was asked before is remembered."""

    def __init__(self, candidates: Candidates):
        self.words, self.numbers = candidates.question.words, candidates.question.numbers
        self.spans = spans_of(candidates.tests)
        self._others: dict[Spans, tuple[set[float], bool]] = {}
        self._held: dict[tuple[str, Spans], bool] = {}

    def says(self, candidate: Candidate) -> bool | None:
        """Does the answer stand in the statement? None where the statement has nothing of its kind to compare with."""
        if len(candidate.denotation) != 1:
            return None
        value = next(iter(candidate.denotation))
        own = tuple((test.start, test.end) for test in _tests(candidate))
        if own not in self._others:
            self._others[own] = self._beside(own)
        numbers, texts = self._others[own]
        if isinstance(value, float):
            return value in numbers if numbers else None
        if candidate.program.answer not in ("cells", "most", "least") or not texts:
            return None
        return isinstance(value, str) and self._has(value, own)

    def _beside(self, own: Spans) -> tuple[set[float], bool]:
        """The numbers outside of some words, and whether there is a linked run outside of them."""
        numbers = {number for place, number in self.numbers.items() if not _within(place, own)}
        return numbers, any(not any(_within(place, own) for place in range(*span)) for span in self.spans)

    def _has(self, text: str, own: Spans) -> bool:
        if (text, own) not in self._held:
            words = tuple(stem(word) for word in words_of(text))
            free = ["" if _within(place, own) else word for place, word in enumerate(self.words)]
            self._held[text, own] = bool(words) and holds(free, words)
        return self._held[text, own]


def _tests(candidate: Candidate) -> list[Filter]:
    program = candidate.program
    return [*program.rows.filters, *(program.other.filters if program.other else ())]


def _within(place: int, spans: Spans) -> bool:
    return any(start <= place < end for start, end in spans)


def _together(candidates: Candidates, view: View) -> Iterator[float]:
    """As in TOGETHER: how many of the linked runs one row holds."""
    texts = [test for test in candidates.tests if test.test in ("is", "has")]
    spans = sorted({(test.start, test.end) for test in texts})
    held = np.zeros((len(spans), len(view)), dtype=bool)
    for test in texts:
        held[spans.index((test.start, test.end))] |= passing(test, view)
    best = int(held.sum(0).max()) if len(spans) else 0
    covered = {place for start, end in spans for place in range(start, end)}
    yield 1.0
    yield best / max(len(spans), 1)
    yield float(best == len(spans) > 1)
    yield float(not spans)
    yield len(covered) / max(len(candidates.question.words), 1)
    numbers = candidates.question.numbers
    yield sum(place in covered for place in numbers) / len(numbers) if numbers else 1.0
    yield float(held.all(0).sum() > 1) if len(spans) else 0.0
