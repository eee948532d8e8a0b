"""Texts that a trained model of search scores for a query, in memory: by words, or by words and vectors.

Exact: every text is scored, the best come first, and of equal ones those that stand first.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from headwork.base.runs import Run
from headwork.models import kind_of
from headwork.search.index import Hit
from headwork.tasks.libraries import Library
from headwork.tasks.retrieve import Retriever, load_retriever


class Scored(NamedTuple):
    library: Library
    texts: list[str]
    places: list[str] | None = None
    """file and line of each text, where they come from files"""

    @classmethod
    def of(
        cls, retriever: Retriever, texts: list[str], places: list[str] | None, tell: Callable[[float], None]
    ) -> "Scored":
        return cls(retriever.index(texts, tell), texts, places)

    def search(self, queries: Sequence[str], top: int) -> Iterator[Hit]:
        """The `top` best texts for each query, the best first."""
        for query in queries:
            (scores,) = self.library.scores([query])
            for rank, row in enumerate(np.argsort(-scores, kind="stable")[:top].tolist(), 1):
                place = self.places[row] if self.places else None
                yield Hit(query=query, rank=rank, row=row, score=float(scores[row]), text=self.texts[row], place=place)


def open_scoring(name: str, *, device: str = "cpu") -> Retriever | None:
    """The model of a run of search whose scores are not those of vectors alone; None of any other encoder."""
    run = Run(Path(name))
    if not run.recipe_file.is_file() or not run.finished:
        return None
    recipe = run.recipe()
    if recipe.task != "retrieve" or (kind_of(recipe).neural and recipe.model.get("words", "none") == "none"):
        return None
    return load_retriever(run.model, device=device)
