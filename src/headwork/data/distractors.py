"""Among which documents each query is to find its own: the same for every model, seed and run.

A query is ranked against `count` documents of its side, drawn without replacement by a generator that is seeded with
the query's place; against all where there are no more. The 999 of Husain et al. 2019, "CodeSearchNet challenge",
section 4, there the rest of a batch of 1000. No distractor is a document that answers: the query's own, however often
it stands in the data, and those of equal queries.

Axes: n queries, D different documents.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from headwork.data.duplicates import normalised

COUNT = 999


@dataclass(frozen=True)
class Pool:
    """The documents of a side, each once, and the place of each query's own among them."""

    documents: list[str]
    """(D)"""
    own: np.ndarray
    """(n,)"""
    answering: list[frozenset[int]]
    """(n) the documents that are no distractors of a query"""
    count: int = COUNT

    @classmethod
    def of(cls, queries: Sequence[str], documents: Sequence[str], *, count: int = COUNT) -> "Pool":
        """Texts are the same as `normalised` says."""
        places: dict[str, int] = {}
        own = [places.setdefault(normalised(document), len(places)) for document in documents]
        different: dict[int, str] = {}
        for place, document in zip(own, documents, strict=True):
            different.setdefault(place, document)
        keys, of_query = [normalised(query) for query in queries], defaultdict(set)
        for key, place in zip(keys, own, strict=True):
            of_query[key].add(place)
        answering = [frozenset(of_query[key]) for key in keys]
        return cls([different[place] for place in range(len(places))], np.array(own, np.int64), answering, count)

    def distractors(self, query: int) -> np.ndarray:
        """(count,) places of documents, or fewer, in no order that means anything."""
        answering = self.answering[query]
        generator = np.random.default_rng([0, query])
        size = min(len(self.documents), self.count + len(answering))
        drawn = generator.choice(len(self.documents), size, replace=False)
        return drawn[~np.isin(drawn, list(answering))][: self.count]

    @property
    def fewest(self) -> int:
        """Distractors of the query that has the fewest."""
        most = max(map(len, self.answering), default=0)
        return min(self.count, len(self.documents) - most)
