"""What a trained model finds for new queries among new documents, one answer a row, in order."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from headwork.data.distractors import Pool
from headwork.data.pairs import Pair
from headwork.measure.ranks import rank_of
from headwork.tasks.classify import in_blocks
from headwork.tasks.retrieve import Retriever

BLOCK = 256
"""queries asked together: a reader of the output waits for no more"""


def answers(retriever: Retriever, pairs: Sequence[Pair]) -> Iterator[dict[str, Any]]:
    """{"query", "found", "score", "rank"} for each pair: the best of all rows' documents, and the rank of its own."""
    if not pairs:
        return
    queries, documents = ([pair[side] for pair in pairs] for side in (0, 1))
    pool = Pool.of(queries, documents, count=len(documents))
    library, place = retriever.index(pool.documents), 0
    for block in in_blocks(queries, BLOCK):
        for query, scores in zip(block, library.scores(block), strict=True):
            best = int(np.argmax(scores))
            rank = rank_of(scores[pool.own[place]], scores[pool.distractors(place)])
            yield {"query": query, "found": pool.documents[best], "score": float(scores[best]), "rank": rank}
            place += 1
