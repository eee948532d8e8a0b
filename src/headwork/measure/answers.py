"""How well a short answer agrees with those of people: exact match and F1, as SQuAD counts them.

    normalised   lower case, without punctuation, without the articles a, an, the, white space folded
    exact        1 where the normalised answers are the same
    F1           2 P R / (P + R), where P and R are the shares of the words of the answer and of the person's that both
                 have, each word as often as it stands in both

Of several people the best agreement counts. No answer is the empty text: it agrees with itself alone, and so does what
normalises to nothing. Rajpurkar et al. 2016, "SQuAD", section 6.1; Rajpurkar, Jia and Liang 2018, "Know what you don't
know", for questions without an answer.

Axes: n questions.
"""

import re
import string
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np

ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)


def normalised(answer: str) -> str:
    """Punctuation is ASCII's; a hyphen goes without leaving a blank."""
    return " ".join(ARTICLES.sub(" ", answer.lower().translate(_NO_PUNCTUATION)).split())


def exact(answer: str, person: str) -> float:
    return float(normalised(answer) == normalised(person))


def f1(answer: str, person: str) -> float:
    ours, theirs = normalised(answer).split(), normalised(person).split()
    if not ours or not theirs:
        return float(ours == theirs)
    shared = (Counter(ours) & Counter(theirs)).total()
    return 2 * shared / (len(ours) + len(theirs))


def best(score: Callable[[str, str], float], answer: str, people: Sequence[str]) -> float:
    """Against several people the best; where none of them gave an answer, against the empty one."""
    given = [person for person in people if normalised(person)]
    return max(score(answer, person) for person in given or [""])


def best_threshold(scores: np.ndarray, answered: np.ndarray, silent: np.ndarray) -> float:
    """The score from which on answering does best on average; midway between two scores, or beyond all of them.

    scores: (n,) what speaks for each answer; answered, silent: (n,) what a question is worth with its answer, and
    without one.
    """
    order = np.argsort(scores, kind="stable")
    gains, found = (answered - silent)[order], scores[order]
    worth = np.concatenate([gains[::-1].cumsum()[::-1], [0.0]])
    """of leaving the k questions with the lowest scores without an answer"""
    apart = np.concatenate([[True], found[1:] > found[:-1], [True]])  # equal scores stay together
    k = int(np.argmax(np.where(apart, worth, -np.inf)))
    edges = np.concatenate([[found[0] - 2], found, [found[-1] + 2]])
    return float(edges[k : k + 2].mean())
