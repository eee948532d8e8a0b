"""How documents become tokens: each sentence framed by itself, whole sentences together in windows.

Axes: n documents, S sentences of all of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from headwork.base.summary import Reading
from headwork.data.long import evenly, together
from headwork.data.summaries import Document
from headwork.data.tokenizers import TextTokenizer
from headwork.ops.packed import TokenBatch, pack


@dataclass(frozen=True)
class ReadDocuments:
    """Token ids of documents, and where their sentences and windows end."""

    ids: list[list[int]]
    sentences: list[tuple[int, ...]]
    """tokens of each sentence"""
    windows: list[tuple[int, ...]]
    """tokens of each window"""
    places: list[list[int]]
    """of the sentences that were read, in their document"""
    reading: Reading

    @property
    def lengths(self) -> list[int]:
        return [len(row) for row in self.ids]

    def batch(self, rows: Sequence[int]) -> TokenBatch:
        """The chosen documents as one packed batch."""
        sentences, windows = ([of[row] for row in rows] for of in (self.sentences, self.windows))
        return pack([self.ids[row] for row in rows], sentences, windows)


@dataclass(frozen=True)
class SentenceReader:
    """A fitted tokenizer, and the most tokens that a model takes at once."""

    tokenizer: TextTokenizer
    max_tokens: int

    def read(self, documents: Sequence[Document], *, most_windows: int | None = None) -> ReadDocuments:
        """Of more than `most_windows` windows of a document as many are read, evenly from first to last."""
        ids, sentences, windows, places = [], [], [], []
        in_windows = cut = 0
        for document in documents:
            framed = [found.ids for found in self.tokenizer.encode(list(document))]
            cut += sum(len(row) > self.max_tokens for row in framed)
            framed = [self._fitting(row) for row in framed]
            spans = together([len(row) for row in framed], self.max_tokens)
            in_windows += len(spans) > 1
            spans = spans if most_windows is None else evenly(spans, most_windows)
            kept = [place for start, end in spans for place in range(start, end)]
            ids.append([token for place in kept for token in framed[place]])
            sentences.append(tuple(len(framed[place]) for place in kept))
            windows.append(tuple(sum(map(len, framed[start:end])) for start, end in spans))
            places.append(kept)
        return ReadDocuments(ids, sentences, windows, places, Reading(in_windows=in_windows, sentences_cut=cut))

    def _fitting(self, framed: list[int]) -> list[int]:
        """A sentence that fills a window alone loses its end, but not what closes it."""
        if len(framed) <= self.max_tokens:
            return framed
        after = list(self.tokenizer.after)
        return [*framed[: self.max_tokens - len(after)], *after]
