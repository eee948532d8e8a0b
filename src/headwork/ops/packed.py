"""Packed batches: rows of different length laid end to end, so that padding costs nothing.

Axes: B texts, T tokens of the longest text, N tokens of all texts together, D width.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, groupby

import torch
from torch import Tensor


@dataclass(frozen=True)
class TokenBatch:
    """Token ids of B texts, packed.

    ids: (N,) int64, text after text; lengths: tokens of each text (their sum is N);
    sentences: for each text the lengths of its sentences (their sum is the text's length), where a model asks for them;
    windows: for each text the lengths of the windows that it is read in (their sum is the text's length); None: of one;
    written: (N) the words as the texts write them, where a model asks for them.
    """

    ids: Tensor
    lengths: tuple[int, ...]
    sentences: tuple[tuple[int, ...], ...] | None = None
    windows: tuple[tuple[int, ...], ...] | None = None
    written: tuple[str, ...] | None = None

    def to(self, device: torch.device | str) -> "TokenBatch":
        return replace(self, ids=self.ids.to(device))

    @property
    def counts(self) -> tuple[int, ...]:
        """How many windows each text has."""
        return (1,) * len(self.lengths) if self.windows is None else tuple(map(len, self.windows))

    def in_windows(self) -> "TokenBatch":
        """Each window as a text."""
        return self if self.windows is None else TokenBatch(self.ids, tuple(chain(*self.windows)))

    def groups(self, most_tokens: int) -> Iterator["TokenBatch"]:
        """Neighbouring texts, so many that they have `most_tokens` tokens together, or one that has more."""
        start = first = total = 0
        for place, length in enumerate(self.lengths):
            if place > first and total + length > most_tokens:
                yield TokenBatch(self.ids[start : start + total], self.lengths[first:place])
                start, first, total = start + total, place, 0
            total += length
        if self.lengths:
            yield TokenBatch(self.ids[start:], self.lengths[first:])

    def padded(self, fill: int = 0) -> tuple[Tensor, Tensor]:
        """(B, T) ids with `fill` behind each text, and the (B, T) mask that is true on tokens."""
        return pad(self.ids, self.lengths, fill), mask_of(self.lengths, self.ids.device)


@dataclass(frozen=True)
class PairBatch:
    """Token ids of B pairs of texts."""

    first: TokenBatch
    second: TokenBatch

    def to(self, device: torch.device | str) -> "PairBatch":
        return PairBatch(self.first.to(device), self.second.to(device))

    def joined(self) -> TokenBatch:
        """2 B texts: all first ones, then all second ones."""
        return TokenBatch(torch.cat([self.first.ids, self.second.ids]), self.first.lengths + self.second.lengths)

    def together(self) -> tuple[TokenBatch, Tensor]:
        """B texts, each first one with its second one behind it; for each of the N tokens which of both it is of."""
        lengths = [length for both in zip(self.first.lengths, self.second.lengths, strict=True) for length in both]
        sides = (side.ids.split(list(side.lengths)) for side in (self.first, self.second))
        ids = torch.cat([part for both in zip(*sides, strict=True) for part in both])
        joined = TokenBatch(ids, tuple(map(sum, zip(lengths[::2], lengths[1::2], strict=True))))
        return joined, rows_of(lengths, ids.device) % 2


@dataclass(frozen=True)
class WordBatch:
    """Pieces of words, packed, of which W words are asked for.

    firsts: (W,) places of their first pieces among all N; spellings: (N, L) how pieces that are words are spelt
    (`headwork.ops.spelling`), where a model asks for it.
    """

    pieces: TokenBatch
    firsts: Tensor
    spellings: Tensor | None = None

    def to(self, device: torch.device | str) -> "WordBatch":
        spellings = None if self.spellings is None else self.spellings.to(device)
        return WordBatch(self.pieces.to(device), self.firsts.to(device), spellings)


@dataclass(frozen=True)
class MarkedBatch:
    """Texts of which one word each is meant, in pieces.

    places: (M,) where the pieces of these words stand among all; counts: how many each has; words: (B,) their numbers.
    """

    pieces: TokenBatch
    places: Tensor
    counts: tuple[int, ...]
    words: Tensor

    def to(self, device: torch.device | str) -> "MarkedBatch":
        return MarkedBatch(self.pieces.to(device), self.places.to(device), self.counts, self.words.to(device))


def pack(
    rows: Sequence[Sequence[int]],
    sentences: Sequence[Sequence[int]] | None = None,
    windows: Sequence[Sequence[int]] | None = None,
    written: Sequence[Sequence[str]] | None = None,
) -> TokenBatch:
    """A batch from token ids of each text."""
    ids = torch.tensor([token for row in rows for token in row], dtype=torch.int64)
    return TokenBatch(
        ids,
        tuple(map(len, rows)),
        sentences=None if sentences is None else tuple(map(tuple, sentences)),
        windows=None if windows is None else tuple(map(tuple, windows)),
        written=None if written is None else tuple(chain(*written)),
    )


def pad(packed: Tensor, lengths: Sequence[int], fill: float = 0) -> Tensor:
    """(N, …) to (B, T, …)."""
    present = mask_of(lengths, packed.device).flatten().nonzero().squeeze(1)
    shape = len(lengths), max(lengths, default=0)
    empty = packed.new_full((shape[0] * shape[1], *packed.shape[1:]), fill)
    return empty.index_copy(0, present, packed).unflatten(0, shape)


def unpad(padded: Tensor, lengths: Sequence[int]) -> Tensor:
    """(B, T, …) to (N, …): the inverse of `pad`."""
    present = mask_of(lengths, padded.device, padded.shape[1]).flatten().nonzero().squeeze(1)
    return padded.flatten(0, 1).index_select(0, present)


def mask_of(lengths: Sequence[int], device: torch.device | str = "cpu", longest: int | None = None) -> Tensor:
    """(B, T) mask, true on the first `lengths[b]` places of row b."""
    counts = torch.tensor(lengths, device=device, dtype=torch.int64)
    return torch.arange(longest or max(lengths, default=0), device=device) < counts[:, None]


def rows_of(lengths: Sequence[int], device: torch.device | str = "cpu") -> Tensor:
    """(N,) index of the text that each packed token belongs to."""
    counts = torch.tensor(lengths, device=device, dtype=torch.int64)
    return torch.repeat_interleave(torch.arange(len(lengths), device=device), counts)


def places_of(lengths: Sequence[int], device: torch.device | str = "cpu") -> Tensor:
    """(N,) index of each packed token within its text."""
    counts = torch.tensor(lengths, device=device, dtype=torch.int64)
    starts = counts.cumsum(0) - counts
    return torch.arange(sum(lengths), device=device) - torch.repeat_interleave(starts, counts)


def segment_mean(packed: Tensor, lengths: Sequence[int]) -> Tensor:
    """(N, D) to (B, D): the mean over each text's tokens; a text without tokens gives zeros."""
    totals = packed.new_zeros(len(lengths), packed.shape[1]).index_add(0, rows_of(lengths, packed.device), packed)
    return totals / torch.tensor(lengths, device=packed.device).clamp(min=1)[:, None].to(packed.dtype)


def segment_softmax(scores: Tensor, lengths: Sequence[int]) -> Tensor:
    """(N, …) scores to (N, …) weights that sum to one in each text, in at least single precision."""
    scores = scores.to(torch.promote_types(scores.dtype, torch.float32))
    rows = rows_of(lengths, scores.device)
    places = rows.view(-1, *[1] * (scores.dim() - 1)).expand_as(scores)
    empty = scores.new_zeros(len(lengths), *scores.shape[1:])
    powers = (scores - empty.scatter_reduce(0, places, scores.detach(), "amax", include_self=False)[rows]).exp()
    return powers / empty.index_add(0, rows, powers)[rows]


def weighted_sum(weights: Tensor, packed: Tensor, lengths: Sequence[int]) -> Tensor:
    """(N, …) weights and (N, …, D) vectors to (B, …, D): the weighted sum of each text; zeros where it is empty."""
    weighted = weights.unsqueeze(-1) * packed
    return weighted.new_zeros(len(lengths), *packed.shape[1:]).index_add(0, rows_of(lengths, packed.device), weighted)


def segment_first(packed: Tensor, lengths: Sequence[int]) -> Tensor:
    """(N, D) to (B, D): each text's first token; a text without tokens gives zeros."""
    counts = torch.tensor(lengths, device=packed.device, dtype=torch.int64)
    return _one_of_each(packed, counts, counts.cumsum(0) - counts)


def segment_last(packed: Tensor, lengths: Sequence[int]) -> Tensor:
    """(N, D) to (B, D): each text's last token; a text without tokens gives zeros."""
    counts = torch.tensor(lengths, device=packed.device, dtype=torch.int64)
    return _one_of_each(packed, counts, counts.cumsum(0) - 1)


def _one_of_each(packed: Tensor, counts: Tensor, places: Tensor) -> Tensor:
    """(B, D) of the tokens at (B,) places, zeros for the texts without any."""
    found = packed.new_zeros(len(counts), packed.shape[1])
    found[counts > 0] = packed[places[counts > 0]]
    return found


def equal_length_runs(lengths: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """(first token, texts, length) of each run of neighbouring texts of one length above 0."""
    start = 0
    for length, run in groupby(lengths):
        texts = len(list(run))
        if length:
            yield start, texts, length
        start += texts * length
