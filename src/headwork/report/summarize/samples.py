"""A few test documents with what people wrote, and what models chose or wrote."""

from itertools import groupby
from typing import Literal

import msgspec

from headwork.base.summary import SummarySample

Whose = Literal["", "people", "model", "both"]


class Piece(msgspec.Struct, frozen=True):
    """A sentence of the document, and who chose it: the oracle from people's summaries, the model, or both."""

    text: str
    of: Whose = ""


class Given(msgspec.Struct, frozen=True):
    """The summary of one model, and its ROUGE-L."""

    model: str
    text: str
    score: float


class Shown(msgspec.Struct, frozen=True):
    row: int
    references: list[str]
    given: list[Given]
    pieces: list[Piece]


GAP = Piece("…")


def shown(sample: SummarySample, chosen: str, models: list[str]) -> Shown:
    """`chosen` is the model whose sentences are marked, where it chooses some; `models` those whose texts are shown."""
    own = set(sample.chosen.get(chosen, ()))
    pieces = [Piece(text, whose(place in sample.oracle, place in own)) for place, text in enumerate(sample.sentences)]
    runs = [list(run) for _, run in groupby(pieces, key=lambda piece: bool(piece.of))]
    kept = [piece for run in runs for piece in (run if run[0].of or len(run) == 1 else [run[0], GAP])]
    given = [Given(name, text_of(sample, name), sample.scores[name]) for name in models]
    return Shown(sample.row, sample.references, given, kept)


def text_of(sample: SummarySample, model: str) -> str:
    if model in sample.written:
        return sample.written[model]
    return " ".join(sample.sentences[place] for place in sample.chosen[model])


def whose(oracle: bool, model: bool) -> Whose:
    if oracle and model:
        return "both"
    return "people" if oracle else "model" if model else ""
