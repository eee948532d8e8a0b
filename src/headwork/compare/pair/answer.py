"""Answers of a trained matcher to new pairs, one a row, in order."""

from collections.abc import Iterator, Sequence
from typing import Any

from headwork.base.errors import HeadworkError
from headwork.data.pairs import Pair
from headwork.tasks.classify import in_blocks
from headwork.tasks.pair import Matcher

BLOCK = 256
"""pairs answered together: a reader of the output waits for no more"""


def answers(matcher: Matcher, pairs: Sequence[Pair], *, explain: bool = False) -> Iterator[dict[str, Any]]:
    """{"first", "second", "label", "probabilities"} or {"first", "second", "score"} for each pair.

    With `explain` "attention": the tokens of both texts, and the weights of each over the other.
    """
    for block in in_blocks(pairs, BLOCK):
        seen = matcher.look(block) if explain else None
        if explain and seen is None:
            raise HeadworkError(
                f"--explain: {matcher.recipe.name} attends to nothing; use a model with attention, such as decomposable"
            )
        for place, (pair, found) in enumerate(zip(block, matcher.answer(block), strict=True)):
            answer: dict[str, Any] = {"first": pair.first, "second": pair.second}
            if matcher.target.classes:
                answer["label"] = matcher.target.classes[int(found.argmax())]
                answer["probabilities"] = dict(zip(matcher.target.classes, found.tolist(), strict=True))
            else:
                answer["score"] = float(found)
            if seen is not None:
                look = seen[place]
                answer["attention"] = {
                    "first": look.first,
                    "second": look.second,
                    "of_first": look.of_first.tolist(),
                    "of_second": look.of_second.tolist(),
                }
            yield answer
