"""The same texts side by side as each model saw them: words with shades of their weight, sentences with bars."""

import msgspec

from headwork.base.results import Explanations, SeenText, WordWeight
from headwork.report.text import visible

SHADES = 9
SHOWN_CHARACTERS = 600


class Piece(msgspec.Struct, frozen=True):
    """Neighbouring words of one shade: 0 (none) to 9."""

    text: str
    shade: int


class Sentence(msgspec.Struct, frozen=True, kw_only=True):
    pieces: list[Piece]
    weight: float | None = None


class Sight(msgspec.Struct, frozen=True, kw_only=True):
    """One text through the eyes of one model."""

    model: str
    predicted: str
    probability: float
    right: bool
    sentences: list[Sentence]
    shown: float
    """share of the words' weight that the displayed beginning carries"""


class SeenByAll(msgspec.Struct, frozen=True, kw_only=True):
    row: int
    label: str
    sights: list[Sight]


def side_by_side(explanations: dict[str, Explanations]) -> list[SeenByAll]:
    """The explained texts in the order of the first model, each with what every model made of it."""
    texts: dict[int, tuple[str, list[Sight]]] = {}
    for model, explained in explanations.items():
        for seen in explained.texts:
            texts.setdefault(seen.row, (seen.label, []))[1].append(_sight(model, seen))
    return [SeenByAll(row=row, label=label, sights=sights) for row, (label, sights) in texts.items()]


def _sight(model: str, seen: SeenText) -> Sight:
    words = _beginning(seen.words)
    total = sum(word.weight or 0 for word in seen.words)
    return Sight(
        model=model,
        predicted=seen.predicted,
        probability=seen.probability,
        right=seen.predicted == seen.label,
        sentences=_sentences(words, seen.sentences),
        shown=sum(word.weight or 0 for word in words) / total if total else 1.0,
    )


def _beginning(words: list[WordWeight]) -> list[WordWeight]:
    """The words that fit into the display, the last of them perhaps in part."""
    room = SHOWN_CHARACTERS
    for place, word in enumerate(words):
        if len(word.text) > room:
            part = WordWeight(text=word.text[:room], weight=word.weight if room else None)
            return [*words[:place], part, WordWeight(text=" …", weight=None)]
        room -= len(word.text)
    return words


def _sentences(words: list[WordWeight], marks: list[tuple[int, float]]) -> list[Sentence]:
    """Words cut at the sentence marks; without marks one sentence without weight."""
    shown = [(start, weight) for start, weight in marks if start < len(words)]
    if not shown:
        return [Sentence(pieces=_pieces(words))]
    starts = [0, *(start for start, _ in shown[1:]), len(words)]
    return [
        Sentence(pieces=_pieces(words[starts[place] : starts[place + 1]]), weight=weight)
        for place, (_, weight) in enumerate(shown)
    ]


def _pieces(words: list[WordWeight]) -> list[Piece]:
    """Words as pieces, neighbours of one shade joined: a page of thousands of words stays small."""
    pieces: list[Piece] = []
    for word in words:
        shade = round(SHADES * min(max(word.weight or 0.0, 0.0), 1.0))
        if pieces and pieces[-1].shade == shade:
            pieces[-1] = Piece(pieces[-1].text + word.text, shade)
        else:
            pieces.append(Piece(word.text, shade))
    return [Piece(visible(piece.text), piece.shade) for piece in pieces]
