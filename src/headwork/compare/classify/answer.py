"""Answers of a trained classifier to new texts, one a row, in order."""

from collections.abc import Iterator, Sequence
from typing import Any

from headwork.base.about import bare
from headwork.base.errors import HeadworkError
from headwork.explain.words import pieces_of, weigh
from headwork.tasks.classify import Classifier, in_blocks

BLOCK = 256
"""texts answered together: a reader of the output waits for no more"""


def answers(classifier: Classifier, texts: Sequence[str], *, explain: bool = False) -> Iterator[dict[str, Any]]:
    """{"text", "label", "probabilities"} for each text, with "words" where explanations are asked for.

    Of a text that is asked about something, "about" says what, as the text writes it first.

    A text that the model does not read whole has "cut_tokens", how many it leaves out.
    """
    for block in in_blocks(texts, BLOCK):
        weighed = weigh(block, classifier) if explain else None
        if explain and weighed is None:
            raise HeadworkError(
                f"--explain: {classifier.recipe.name} gives its words no weights; use a model with attention, or tfidf"
            )
        for place, (text, chances) in enumerate(zip(block, classifier.probabilities(block), strict=True)):
            said, places = bare(text)
            answer = {
                "text": said,
                **({"about": said[slice(*places[0])]} if places else {}),
                "label": classifier.classes[int(chances.argmax())],
                "probabilities": dict(zip(classifier.classes, chances.tolist(), strict=True)),
            }
            cut = classifier.cut([text])
            if cut.tokens:
                answer["cut_tokens"] = cut.tokens
            if weighed is not None:
                answer["words"] = [
                    {"text": piece.text, "weight": piece.weight}
                    for piece in pieces_of(weighed[place])
                    if piece.weight is not None
                ]
            yield answer
