"""How a question and its passage become tokens: a long passage in windows, the question in each of them.

    [CLS] question [SEP] tokens of the passage [SEP]         Devlin et al. 2019, section 4.2

Windows overlap. Where a recipe says so, only the windows that BM25 finds most like the question are read.

Axes: n questions, W windows of all of them.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from headwork.base.span import Reading
from headwork.data.questions import Asked
from headwork.data.squad import Answer
from headwork.data.tokenizers import Encoded, TextTokenizer
from headwork.models.retrieval import Index
from headwork.ops.packed import PairBatch, pack
from headwork.tasks.span_decoding import Window, cut_windows, owned

NOTHING = (0, 0)
"""the target of a window that does not hold the answer"""


@dataclass(frozen=True)
class ReadSpans:
    """Questions, the passages they are about, and the windows that these are read in."""

    questions: list[list[int]]
    """framed"""
    passages: list[Encoded]
    """of each question, not framed"""
    windows: list[Window]
    of: list[int]
    """(W,) the question of each window"""
    closing: tuple[int, ...]
    """behind the tokens of a window"""
    reading: Reading

    @property
    def lengths(self) -> list[int]:
        """(W,) tokens of a window with its question."""
        pairs = zip(self.windows, self.of, strict=True)
        return [len(self.questions[row]) + window.end - window.first + len(self.closing) for window, row in pairs]

    def targets(self, answers: Sequence[Sequence[Answer]]) -> list[tuple[int, int]]:
        """(W,) first and last token of people's answer to each question, counted from 1 in the window.

        NOTHING where the window does not hold all of it.
        """
        told_of = [
            tokens_of(passage.offsets, told(given)) if given else None
            for passage, given in zip(self.passages, answers, strict=True)
        ]
        found = []
        for window, row in zip(self.windows, self.of, strict=True):
            span = told_of[row]
            held = span is not None and window.first <= span[0] and span[1] < window.end
            found.append((span[0] - window.first + 1, span[1] - window.first + 1) if span and held else NOTHING)
        return found

    def batch(self, places: Sequence[int]) -> PairBatch:
        """The chosen windows, each with its question."""
        tokens = [self.passages[self.of[w]].ids[self.windows[w].first : self.windows[w].end] for w in places]
        return PairBatch(
            pack([self.questions[self.of[w]] for w in places]), pack([[*ids, *self.closing] for ids in tokens])
        )


@dataclass(frozen=True)
class WindowReader:
    """A fitted tokenizer, and how much a network reads at once."""

    tokenizer: TextTokenizer
    max_tokens: int
    """of a window with its question"""
    question_tokens: int
    stride: int
    windows: int = 0
    """that are read of a passage at most, those most like the question; 0: all"""

    def read(self, asked: Sequence[Asked]) -> ReadSpans:
        passages = dict.fromkeys(one.passage for one in asked)
        encoded = dict(zip(passages, map(self._bare, self.tokenizer.encode(list(passages))), strict=True))
        questions = [self._bare(found).ids for found in self.tokenizer.encode([one.question for one in asked])]
        before, closing = self.tokenizer.before, self.tokenizer.after
        framed = [[*before, *ids[: self.question_tokens], *closing] for ids in questions]
        windows, of = [], []
        in_windows = left_out = 0
        indices: dict[tuple[str, int], Index] = {}
        for row, (one, question) in enumerate(zip(asked, framed, strict=True)):
            offsets = encoded[one.passage].offsets
            room = self.max_tokens - len(question) - len(closing)
            cut = cut_windows(len(offsets), room, self.stride)
            if self.windows and len(cut) > self.windows:
                texts = [one.passage[offsets[first][0] : offsets[end - 1][1]] for first, end in cut]
                key = (one.passage, room)
                index = indices[key] = indices.get(key) or Index(texts)
                chosen = sorted(index.best(one.question, self.windows))
                left_out += len(cut) - len(chosen)
                cut = [cut[place] for place in chosen]
            in_windows += len(cut) > 1
            windows += owned(cut)
            of += [row] * len(cut)
        reading = Reading(
            windows=len(windows),
            in_windows=in_windows,
            left_out=left_out,
            questions_cut=sum(len(ids) > self.question_tokens for ids in questions),
        )
        return ReadSpans(framed, [encoded[one.passage] for one in asked], windows, of, closing, reading)

    def _bare(self, found: Encoded) -> Encoded:
        """Without the frame."""
        inner = slice(len(self.tokenizer.before), len(found.ids) - len(self.tokenizer.after))
        return Encoded(found.ids[inner], found.offsets[inner])


def told(answers: Sequence[Answer]) -> Answer:
    """The answer that most people gave; of equally many the first."""
    return Counter(answers).most_common(1)[0][0]


def tokens_of(offsets: Sequence[tuple[int, int]], answer: Answer) -> tuple[int, int] | None:
    """The first and the last token that share a character with an answer; None where none does."""
    first = bisect_right(offsets, answer.start, key=lambda span: span[1])
    last = bisect_left(offsets, answer.start + len(answer.text), key=lambda span: span[0]) - 1
    return (first, last) if first <= last else None
