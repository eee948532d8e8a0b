"""The test questions by their word, by the length of their answer and of their passage, and each model's F1 on them.

Axes: S seeds, n test questions.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from headwork.base.span import Parting, SpanPart
from headwork.base.words import words_of
from headwork.data.questions import Questions
from headwork.measure.means import mean_score
from headwork.tasks.span_windows import told

WORDS = ("who", "whom", "whose", "what", "which", "when", "where", "why", "how")
SAME = {"whom": "who", "whose": "who"}
ANSWER_WORDS = (1, 2, 5, 10)
PASSAGE_WORDS = (100, 200, 400, 1000)
"""the longest of each part but the last"""
OTHER = "another"
NONE = "no answer"


def partings(test: Questions, f1: Mapping[str, np.ndarray], groups: np.ndarray) -> list[Parting]:
    """`f1` holds (S, n) for each model; parts in the order of their kind, empty ones left out."""
    lengths = {passage: len(words_of(passage)) for passage in {asked.passage for asked in test.asked}}
    answers = [len(words_of(told(given).text)) if given else 0 for given in test.answers]
    kinds: dict[str, tuple[list[str], Sequence[str]]] = {
        "question word": (
            [question_word(asked.question) for asked in test.asked],
            [word for word in WORDS if word not in SAME] + [OTHER],
        ),
        "words of the answer": ([_between(n, ANSWER_WORDS) if n else NONE for n in answers], _names(ANSWER_WORDS)),
        "words of the passage": (
            [_between(lengths[asked.passage], PASSAGE_WORDS) for asked in test.asked],
            _names(PASSAGE_WORDS),
        ),
    }
    return [_parting(by, np.array(of), [*names, NONE], f1, groups) for by, (of, names) in kinds.items()]


def question_word(question: str) -> str:
    """The first of its words that asks."""
    found = next((word for word in words_of(question) if word in WORDS), OTHER)
    return SAME.get(found, found)


def _parting(
    by: str, of: np.ndarray, names: Sequence[str], f1: Mapping[str, np.ndarray], groups: np.ndarray
) -> Parting:
    parts = []
    for name in names:
        rows = np.flatnonzero(of == name)
        if len(rows):
            scores = {model: mean_score(own[:, rows], groups=groups[rows]) for model, own in f1.items()}
            parts.append(SpanPart(name=name, rows=len(rows), f1=scores))
    return Parting(by=by, parts=parts)


def _between(length: int, longest: Sequence[int]) -> str:
    return _names(longest)[int(np.searchsorted(longest, length))]


def _names(longest: Sequence[int]) -> list[str]:
    firsts = [1, *(edge + 1 for edge in longest[:-1])]
    between = [f"{a}" if a == b else f"{a}–{b}" for a, b in zip(firsts, longest, strict=True)]
    return [*between, f"over {longest[-1]}"]
