"""The best tags for a sentence of those that may follow each other.

    path = argmax over allowed y of sum_i logits_i(y_i)        by dynamic programming (Viterbi 1967)

Axes: L words of a sentence, C tags.
"""

from collections.abc import Sequence

import numpy as np

from headwork.base.tag import is_iob2, may_follow


class Paths:
    """What may follow what: in IOB2 an I continues an entity of its type, other tags are free."""

    def __init__(self, tags: Sequence[str]):
        self.free = not is_iob2(tags)
        allowed = [[self.free or may_follow(before, tag) for tag in tags] for before in (None, *tags)]
        self.first, self.next = np.array(allowed[0], bool), np.array(allowed[1:], bool)
        """(C,) tags that may begin a sentence; (C, C) that may stand behind each tag"""

    def best(self, logits: np.ndarray) -> np.ndarray:
        """(L, C) to the (L,) places of the best tags."""
        path = logits.argmax(1)
        if self.free or not len(path) or (self.first[path[0]] and self.next[path[:-1], path[1:]].all()):
            return path  # what is best without conditions and meets them is best
        scores = np.where(self.first, logits[0], -np.inf)
        came_from = np.zeros(logits.shape, np.int64)
        barred = np.where(self.next, 0.0, -np.inf)
        for word in range(1, len(logits)):
            ways = scores[:, None] + barred
            came_from[word] = ways.argmax(0)
            scores = ways.max(0) + logits[word]
        path = np.zeros(len(logits), np.int64)
        path[-1] = scores.argmax()
        for word in range(len(logits) - 1, 0, -1):
            path[word - 1] = came_from[word, path[word]]
        return path
