"""How a text with a marked word becomes pieces that a model reads: the word, and as much around it as fits.

A text that is longer than the model reads at once is read around the word, which then stands in the middle. Of a word
that would fill more than a quarter of that, the end is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
import torch

from headwork.base.disambiguate import Inventory
from headwork.base.results import Cut
from headwork.data.marked import Occurrence
from headwork.data.tokenizers import TextTokenizer
from headwork.data.vocabulary_tokens import VocabularyTokenizer
from headwork.ops.packed import MarkedBatch, pack
from headwork.tasks.reading_words import LONGEST_WORD


@dataclass(frozen=True)
class ReadMarked:
    """The pieces of some texts, and from where to where in them the marked word stands."""

    ids: list[list[int]]
    spans: list[tuple[int, int]]
    words: np.ndarray
    """(n,) numbers of the words"""
    cut: Cut
    written: list[list[str]] | None = None
    """each piece as the text writes it, where a model asks for it"""

    @property
    def lengths(self) -> list[int]:
        return [len(row) for row in self.ids]

    def batch(self, rows: Sequence[int]) -> MarkedBatch:
        """The chosen texts as one packed batch."""
        begins = accumulate((len(self.ids[row]) for row in rows), initial=0)
        spans = [self.spans[row] for row in rows]
        places = [begin + place for begin, span in zip(begins, spans, strict=False) for place in range(*span)]
        written = None if self.written is None else [self.written[row] for row in rows]
        return MarkedBatch(
            pack([self.ids[row] for row in rows], written=written),
            torch.tensor(places, dtype=torch.int64),
            tuple(end - start for start, end in spans),
            torch.as_tensor(self.words[list(rows)]),
        )


@dataclass(frozen=True)
class MarkedReader:
    """A fitted tokenizer, the most pieces that a model reads at once, and the words whose senses are known."""

    tokenizer: TextTokenizer | VocabularyTokenizer
    max_tokens: int
    inventory: Inventory
    written: bool = False

    def read(self, items: Sequence[Occurrence]) -> ReadMarked:
        before, after = list(self.tokenizer.before), list(self.tokenizer.after)
        room = self.max_tokens - len(before) - len(after)
        ids, spans, written = [], [], []
        rows_cut = tokens_cut = of_tokens = 0
        for item, encoded in zip(items, self.tokenizer.encode([item.text for item in items]), strict=True):
            framed = slice(len(before), len(encoded.ids) - len(after))
            pieces, places = encoded.ids[framed], encoded.offsets[framed]
            if not pieces:
                pieces, places = [self.tokenizer.unknown], [(item.start, item.end)]
            start, end = of_word(places, item.start, item.end)
            end = min(end, start + max(1, int(LONGEST_WORD * room)))
            first = beginning(start, end, len(pieces), room)
            kept = pieces[first : first + room]
            ids.append([*before, *kept, *after])
            written.append([item.text[slice(*place)] for place in places[first : first + room]])
            spans.append((len(before) + start - first, len(before) + end - first))
            left_out = len(pieces) - len(kept)
            of_tokens, tokens_cut, rows_cut = of_tokens + len(pieces), tokens_cut + left_out, rows_cut + (left_out > 0)
        words = self.inventory.numbers([item.word for item in items])
        cut = Cut(rows=rows_cut, tokens=tokens_cut, of_tokens=of_tokens)
        return ReadMarked(ids, spans, words, cut, written if self.written else None)


def of_word(offsets: Sequence[tuple[int, int]], start: int, end: int) -> tuple[int, int]:
    """Places of the first and behind the last piece that has characters of the word; of none the nearest piece."""
    own = [place for place, (begin, stop) in enumerate(offsets) if begin < end and stop > start]
    if own:
        return own[0], own[-1] + 1
    near = min(range(len(offsets)), key=lambda place: abs(offsets[place][0] - start), default=0)
    return near, near + 1


def beginning(start: int, end: int, pieces: int, room: int) -> int:
    """The first piece that is read, so that the word stands in the middle, or all room is used."""
    middle = (start + end - room) // 2
    return max(0, min(middle, pieces - room))
