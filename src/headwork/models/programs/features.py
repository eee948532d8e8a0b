"""What a question and a column have to do with each other on the surface: the features of the log-linear model.

    named      share of the column's name in the question; all of it, a part, or nothing; behind "which", "what", "most"
    pairs      a word of the question with a word of the name, or with the kind of the column (hashed)
    place      the first column, the last one; numbers, dates or texts; all different

Axes: M columns, D features.
"""

import zlib
from collections.abc import Iterator, Sequence

import numpy as np
from scipy.sparse import csr_array

from headwork.models.programs.links import STOP, Question
from headwork.models.programs.views import View

BUCKETS = 4096
"""that pairs of words fall into"""
PLAIN = (
    *("bias", "all named", "part named", "not named", "share named", "behind a question word", "behind how many"),
    *("behind most", "linked", "first", "second", "last", "text", "number", "date", "all different", "counting up"),
    *("no name", "only named", "behind a number"),
)
PLACE = {name: place for place, name in enumerate(PLAIN)}
WIDTH = len(PLAIN) + BUCKETS
ASKING = frozenset("which what who whose name where when".split())
MOSTLY = frozenset("most least highest lowest largest smallest fewest greatest longest shortest more fewer".split())
NEAR = 3
"""words that a name may stand behind another"""
MOST_QUESTION_WORDS = 40


def features_of(question: Question, view: View, linked: Sequence[int]) -> csr_array:
    """(M, D); `linked` are columns in which words of the question stand."""
    rows, places, values = [], [], []
    shares = [_share(question.words, names) for names in view.names]
    for column in range(view.width):
        found = {name: 1.0 for name in _plain(question, view, column, shares, linked)}
        found["share named"] = shares[column]
        entries = {PLACE[name]: value for name, value in found.items()}
        for pair in _pairs(question.words[:MOST_QUESTION_WORDS], view, column):
            entries[len(PLAIN) + zlib.crc32(pair.encode()) % BUCKETS] = 0.5
        rows += [column] * len(entries)
        places += entries
        values += entries.values()
    return csr_array((np.array(values), (rows, places)), shape=(view.width, WIDTH))


def _share(words: Sequence[str], names: Sequence[str]) -> float:
    telling = [name for name in names if name not in STOP] or list(names)
    return sum(name in words for name in telling) / len(telling) if telling else 0.0


def _plain(
    question: Question, view: View, column: int, shares: Sequence[float], linked: Sequence[int]
) -> Iterator[str]:
    share, words, names = shares[column], question.words, set(view.names[column])
    yield "bias"
    yield "all named" if share == 1 else "part named" if share else "not named"
    if share == 1 and sum(one == 1 for one in shares) == 1:
        yield "only named"
    for place, word in enumerate(words):
        if word in names and word not in STOP:
            before = words[max(0, place - NEAR) : place]
            if ASKING.intersection(before):
                yield "behind a question word"
            if "how" in before and "many" in before:
                yield "behind how many"
            if MOSTLY.intersection(before):
                yield "behind most"
            if any(number in question.numbers for number in range(max(0, place - NEAR), place)):
                yield "behind a number"
    if column in linked:
        yield "linked"
    if column < 2:
        yield ("first", "second")[column]
    if column == view.width - 1:
        yield "last"
    yield view.kinds[column]
    values = [row[column] for row in view.values]
    if len(set(values)) == len(values):
        yield "all different"
    order = view.order[:, column]
    if len(order) > 1 and (np.diff(order) > 0).all():
        yield "counting up"
    if not names:
        yield "no name"


def _pairs(words: Sequence[str], view: View, column: int) -> Iterator[str]:
    for word in dict.fromkeys(words):
        for name in (*dict.fromkeys(view.names[column]), f"<{view.kinds[column]}>"):
            yield f"{word} {name}"
