"""How sentences of words become pieces that a model reads: windows that overlap, and where each word is answered.

A word is answered at its first piece. A sentence that is longer than the model reads at once is read in windows, each
beginning in the middle of the one before, and each word is answered in the window where it has most on both sides.

Axes: N words of all sentences, L places of a spelt word.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

import torch

from headwork.base.results import Cut
from headwork.data.published_tokens import load_published
from headwork.data.tokenizers import TextTokenizer, fit_whole_words, fit_wordpiece, fit_words
from headwork.ops.packed import WordBatch, pack
from headwork.ops.spelling import spelling, spelt

LONGEST_WORD = 0.25
"""share of a window that a word may fill; of a longer one the end is left out"""

Words = Sequence[str]


class Window(NamedTuple):
    """Words start to end of a sentence are read, those from `first` to `last` answered; ends are exclusive."""

    start: int
    end: int
    first: int
    last: int


@dataclass(frozen=True)
class ReadWords:
    """The windows of some sentences: their pieces, where in them words are answered, and which words these are."""

    ids: list[list[int]]
    firsts: list[list[int]]
    numbers: list[list[int]]
    """of the words of all sentences"""
    total: int
    """words of all sentences"""
    in_windows: int
    """sentences of several windows"""
    cut: Cut
    written: list[list[str]] | None = None
    """words of each window, where each is one piece"""
    letters: int = 0

    @property
    def lengths(self) -> list[int]:
        return [len(row) for row in self.ids]

    def batch(self, rows: Sequence[int]) -> WordBatch:
        """The chosen windows as one packed batch."""
        begins = accumulate((len(self.ids[row]) for row in rows), initial=0)
        firsts = [begin + place for row, begin in zip(rows, begins, strict=False) for place in self.firsts[row]]
        spellings = None
        written = None if self.written is None else [self.written[row] for row in rows]
        if written is not None and self.letters:
            spellings = spelt([spelling(word) for words in written for word in words], self.letters)
        pieces = pack([self.ids[row] for row in rows], written=written)
        return WordBatch(pieces, torch.tensor(firsts, dtype=torch.int64), spellings)

    def answered(self, rows: Sequence[int]) -> list[int]:
        """The numbers of the words that a batch answers."""
        return [number for row in rows for number in self.numbers[row]]


@dataclass(frozen=True)
class WordReader:
    """A fitted tokenizer, and the most pieces that a model reads at once, with those that open and close a text.

    letters: places in which a word is spelt, where each word is one piece; 0 where it is not.
    """

    tokenizer: TextTokenizer
    max_tokens: int
    whole: bool
    letters: int = 0

    def read(self, sentences: Sequence[Words]) -> ReadWords:
        before, after = self.tokenizer.before, self.tokenizer.after
        room = self.max_tokens - len(before) - len(after)
        most = max(1, int(LONGEST_WORD * room))
        ids, firsts, numbers, written = [], [], [], []
        total = in_windows = words_cut = pieces_cut = pieces_read = 0
        for words, pieces in zip(sentences, self._pieces(sentences), strict=True):
            sizes = [min(most, len(word)) for word in pieces]
            excess = [len(word) - size for word, size in zip(pieces, sizes, strict=True)]
            words_cut, pieces_cut = words_cut + sum(map(bool, excess)), pieces_cut + sum(excess)
            pieces_read += sum(map(len, pieces))
            found = windows(sizes, room)
            in_windows += len(found) > 1
            for window in found:
                inside = range(window.start, window.end)
                ids.append([*before, *(p for word in inside for p in pieces[word][: sizes[word]]), *after])
                places = list(accumulate((sizes[word] for word in inside), initial=len(before)))
                answered = range(window.first, window.last)
                firsts.append([places[word - window.start] for word in answered])
                numbers.append([total + word for word in answered])
                written.append(list(words[window.start : window.end]))
            total += len(words)
        cut = Cut(rows=words_cut, tokens=pieces_cut, of_tokens=pieces_read)
        return ReadWords(ids, firsts, numbers, total, in_windows, cut, written if self.whole else None, self.letters)

    def _pieces(self, sentences: Sequence[Words]) -> Iterator[list[list[int]]]:
        """The pieces of each word, at least one; words are read with a blank between, as pieces may begin with it."""
        if self.whole:
            for words in sentences:
                yield [encoded.ids for encoded in self.tokenizer.encode(list(words))]
            return
        framed = slice(len(self.tokenizer.before), -len(self.tokenizer.after) or None)
        for words, encoded in zip(
            sentences, self.tokenizer.encode([" ".join(words) for words in sentences]), strict=True
        ):
            starts = list(accumulate((len(word) + 1 for word in words), initial=0))[:-1]
            found: list[list[int]] = [[] for _ in words]
            for token, (_, end) in zip(encoded.ids[framed], encoded.offsets[framed], strict=True):
                found[max(0, bisect_right(starts, end - 1) - 1)].append(token)
            yield [pieces or [self.tokenizer.unknown] for pieces in found]


def windows(sizes: Sequence[int], room: int) -> list[Window]:
    """Windows of at most `room` pieces over words of these sizes, none of which is larger than `room`."""
    begins = list(accumulate(sizes, initial=0))
    if begins[-1] <= room:
        return [Window(0, len(sizes), 0, len(sizes))] if sizes else []
    spans, start, end = [], 0, 0
    while end < len(sizes):
        end = bisect_right(begins, begins[start] + room) - 1
        if end == len(sizes):  # the last window is as long as the others
            start = bisect_left(begins, begins[-1] - room)
        spans.append((start, end))
        start = min(bisect_left(begins, begins[start] + room / 2, start + 1), end)
    owners, contexts = [0] * len(sizes), [-1] * len(sizes)
    for number, (start, end) in enumerate(spans):
        for word in range(start, end):
            context = min(begins[word] - begins[start], begins[end] - begins[word + 1])
            if context > contexts[word]:
                owners[word], contexts[word] = number, context
    firsts = [word for word in range(len(sizes)) if word == 0 or owners[word] != owners[word - 1]]
    lasts = [*firsts[1:], len(sizes)]
    chosen = [spans[owners[first]] for first in firsts]
    return [Window(start, end, first, last) for (start, end), first, last in zip(chosen, firsts, lasts, strict=True)]


def fit_word_reader(
    sentences: Sequence[Words], *, tokens: str, max_tokens: int, letters: int, encoder: Path | None
) -> WordReader:
    """The reader of a model: its tokenizer fitted on the training sentences, or the pretrained encoder's own."""
    if tokens == "whole":
        tokenizer = fit_whole_words(word for words in sentences for word in words)
    elif tokens == "bert":
        assert encoder is not None
        tokenizer = load_published(encoder)
    else:
        texts = [" ".join(words) for words in sentences]
        tokenizer = {"words": fit_words, "wordpiece": fit_wordpiece}[tokens](texts)
    return WordReader(tokenizer, max_tokens, tokens == "whole", letters)
