"""Which words a classifier weighed: spans of tokens gathered into words of the text.

A word is a run of letters (with the points of Hebrew) and digits, or one other visible sign. Its weight is the sum of
the weights of the tokens that start in it, so that word pieces of a pretrained vocabulary and whole words of a fitted
one are shown alike.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from headwork.base.about import CLOSE, OPEN
from headwork.base.hebrew import POINTS
from headwork.base.results import Explanations, SeenText, WordWeight
from headwork.data.corpus import Examples
from headwork.tasks.classify import Classifier, Seen, Span

WORD = re.compile(rf"[\w{POINTS}]+|[^\w\s{OPEN}{CLOSE}]")


@dataclass(frozen=True)
class WeighedText:
    """Words of a text (characters from, to) with their weights; words that the model did not read are left out."""

    text: str
    words: list[Span]
    sentences: list[Span]


def weigh(texts: Sequence[str], classifier: Classifier) -> list[WeighedText] | None:
    """The weighed words of each text, or None where the model has nothing to show."""
    seen = classifier.look(texts)
    if seen is None:
        return None
    return [WeighedText(text, _words(text, look), look.sentences) for text, look in zip(texts, seen, strict=True)]


def _words(text: str, seen: Seen) -> list[Span]:
    words = [(match.start(), match.end()) for match in WORD.finditer(text)]
    starts = np.array([start for start, _ in words])
    weights, read = np.zeros(len(words)), np.zeros(len(words), bool)
    for token in seen.tokens:
        place = int(np.searchsorted(starts, token.start, side="right")) - 1
        if place >= 0:
            weights[place] += token.weight
            read[place] = True
    return [
        Span(start, end, float(weight))
        for (start, end), weight, was_read in zip(words, weights, read, strict=True)
        if was_read
    ]


def explain(classifier: Classifier, examples: Examples) -> Explanations | None:
    """The examples as the classifier saw them, for the run folder."""
    weighed = weigh(examples.texts, classifier)
    if weighed is None:
        return None
    probabilities = classifier.probabilities(examples.texts)
    texts = []
    for look, label, row, chances in zip(weighed, examples.labels, examples.rows, probabilities, strict=True):
        pieces = list(pieces_of(look))
        starts = np.cumsum([0] + [len(piece.text) for piece in pieces])
        marks = [(int(np.searchsorted(starts, sentence.start)), sentence.weight) for sentence in look.sentences]
        texts.append(
            SeenText(
                row=int(row),
                label=classifier.classes[label],
                predicted=classifier.classes[int(chances.argmax())],
                probability=float(chances.max()),
                words=pieces,
                sentences=marks,
            )
        )
    return Explanations(method=classifier.seen_as, texts=texts)


def pieces_of(look: WeighedText) -> Iterator[WordWeight]:
    """The text cut into weighed words and what stands between them; joined they give the text back."""
    most = max((word.weight for word in look.words), default=0.0) or 1.0
    at = 0
    for start, end, weight in look.words:
        if start > at:
            yield WordWeight(text=look.text[at:start], weight=None)
        yield WordWeight(text=look.text[start:end], weight=weight / most)
        at = end
    if at < len(look.text):
        yield WordWeight(text=look.text[at:], weight=None)
