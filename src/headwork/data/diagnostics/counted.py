"""What any model can reach on minimal pairs that counts words, or word pairs, and nothing else.

Texts with the same counts get the same answer from such a model, so that of those with different right answers it has
the more frequent one at most; and a change that leaves all counts as they are cannot move it, which is worth one half.

    most accuracy      = sum over different counts of the most frequent answer / texts
    most sensitivity   = mean over items of 1 where the change moves the counts, of 1/2 where it does not

Whoever scores no more than this on a suite may have no more than counts.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import NamedTuple

from headwork.data.diagnostics.items import Cloze, Contrast
from headwork.data.words import places_of_words

SPANS = {"words": 1, "word pairs": 2}
"""what is counted, and of how many words it is"""
Counts = frozenset[tuple[int, tuple[str, ...], int]]


class Most(NamedTuple):
    accuracy: float
    sensitivity: float


@cache
def counts_of(texts: tuple[str, ...], span: int) -> Counts:
    """How often each run of at most `span` words stands in each text."""
    found: Counter[tuple[int, tuple[str, ...]]] = Counter()
    for side, text in enumerate(texts):
        words = [text[start:end].lower() for start, end in places_of_words(text, "words")]
        found.update((side, (word,)) for word in words)
        if span > 1:
            found.update((side, pair) for pair in pairwise(["", *words, ""]))
    return frozenset((side, run, times) for (side, run), times in found.items())


def most_of(items: Sequence[Contrast] | Sequence[Cloze], span: int) -> Most:
    """Of the items of one suite."""
    answers: defaultdict[Counts, Counter[str | bool]] = defaultdict(Counter)
    moved: list[float] = []
    for item in items:
        asked = _asked(item)
        for texts, answer in asked:
            answers[counts_of(texts, span)][answer] += 1
        moved.append(_moved(item, span))
    total = sum(each.total() for each in answers.values())
    return Most(sum(each.most_common(1)[0][1] for each in answers.values()) / total, sum(moved) / len(moved))


def _asked(item: Contrast | Cloze) -> list[tuple[tuple[str, ...], str | bool]]:
    if isinstance(item, Cloze):
        answer = f"not {item.against[0].word}" if item.denied else item.expected.word
        return [((item.expected.context,), answer)]
    return [(item.first, item.answers[0]), (item.second, item.answers[1])]


def _moved(item: Contrast | Cloze, span: int) -> float:
    if isinstance(item, Contrast):
        if item.change == "stays":
            return 0.0
        return 1.0 if counts_of(item.first, span) != counts_of(item.second, span) else 0.5
    own = counts_of((item.expected.context,), span)
    same = [other.word == item.expected.word and counts_of((other.context,), span) == own for other in item.against]
    return 0.5 if any(same) else 1.0
