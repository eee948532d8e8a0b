"""How a model's texts become token ids: a tokenizer, a longest length, and sentences where a model reads them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from headwork.base.about import OPEN, bare
from headwork.base.errors import HeadworkError
from headwork.base.results import Cut
from headwork.data.long import Long, evenly, pieces
from headwork.data.published_tokens import load_published
from headwork.data.sentences import sentence_lengths
from headwork.data.tokenizers import TextTokenizer, fit_wordpiece, fit_words
from headwork.data.vocabulary import Vocabulary, fit_vocabulary, load_vocabulary
from headwork.data.vocabulary_tokens import LANGUAGE_TOKENS, VocabularyTokenizer
from headwork.ops.packed import PairBatch, TokenBatch, pack

VOCABULARY = 20_000
"""most tokens of a language model's vocabulary that is fitted"""


@dataclass(frozen=True)
class ReadTexts:
    """Token ids of texts, each token's place in its text (characters from, to), and what was cut.

    Of a text in several windows these are the tokens of one window after the other, so that some stand there twice.
    """

    ids: list[list[int]]
    offsets: list[list[tuple[int, int]]]
    sentences: list[tuple[int, ...]] | None
    cut: Cut
    windows: list[tuple[int, ...]] | None = None
    """the lengths of each text's windows"""
    written: list[list[str]] | None = None
    """each token as the text writes it"""

    @property
    def lengths(self) -> list[int]:
        return [len(row) for row in self.ids]

    def batch(self, rows: Sequence[int]) -> TokenBatch:
        """The chosen texts as one packed batch."""
        parts: list[Any] = [
            None if of is None else [of[row] for row in rows] for of in (self.sentences, self.windows, self.written)
        ]
        return pack([self.ids[row] for row in rows], *parts)

    def without_first(self, tokens: int) -> "ReadTexts":
        """Each text from its token at that place on."""
        ids, offsets = ([row[tokens:] for row in rows] for rows in (self.ids, self.offsets))
        return replace(self, ids=ids, offsets=offsets)


@dataclass(frozen=True)
class TextReader:
    """A fitted tokenizer, the most tokens that the model takes at once, and what becomes of a longer text."""

    tokenizer: TextTokenizer | VocabularyTokenizer
    max_tokens: int
    sentences: bool
    long: Long = "cut"
    stride: int = 0
    written: bool = False

    def read(self, texts: Sequence[str], *, most_windows: int | None = None) -> ReadTexts:
        """Tokenize; of more than `most_windows` windows of a text as many are read, evenly from first to last."""
        ids, offsets, sentences, windows, written = [], [], [], [], []
        rows_cut = tokens_cut = of_tokens = 0
        for text, encoded in zip(texts, self.tokenizer.encode(texts), strict=True):
            total = len(encoded.ids)
            framed = self._pieces(total)
            if most_windows is not None:
                framed = evenly(framed, most_windows)
            keep = [place for piece in framed for place in piece]
            left_out = total - len(set(keep))
            of_tokens += total
            rows_cut, tokens_cut = rows_cut + (left_out > 0), tokens_cut + left_out
            ids.append([encoded.ids[place] for place in keep])
            offsets.append([encoded.offsets[place] for place in keep])
            windows.append(tuple(map(len, framed)))
            if self.sentences:
                sentences.append(sentence_lengths(text, offsets[-1]))
            if self.written:
                written.append([text[start:end] for start, end in offsets[-1]])
        cut = Cut(rows=rows_cut, tokens=tokens_cut, of_tokens=of_tokens)
        asked = ((self.sentences, sentences), (self.long == "windows", windows), (self.written, written))
        of_sentences, of_windows, as_written = (found if wanted else None for wanted, found in asked)
        return ReadTexts(ids, offsets, of_sentences, cut, of_windows, as_written)

    def _pieces(self, total: int) -> list[list[int]]:
        """The places of the tokens that are read together, what the tokenizer opens and closes a text with around."""
        before, after = len(self.tokenizer.before), len(self.tokenizer.after)
        opening, closing = range(before), range(total - after, total)
        found = pieces(self.long, total - before - after, max(0, self.max_tokens - before - after), self.stride)
        return [[*opening, *(before + place for place in piece), *closing] for piece in found]


@dataclass(frozen=True)
class ReadPairs:
    """Both texts of some pairs."""

    first: ReadTexts
    second: ReadTexts

    @property
    def lengths(self) -> list[int]:
        """What a pair costs: the tokens of both texts."""
        return [len(one) + len(other) for one, other in zip(self.first.ids, self.second.ids, strict=True)]

    @property
    def cut(self) -> Cut:
        """Rows are texts, of which a pair has two."""
        sides = (self.first.cut, self.second.cut)
        rows, tokens, of = (sum(getattr(cut, name) for cut in sides) for name in ("rows", "tokens", "of_tokens"))
        return Cut(rows=rows, tokens=tokens, of_tokens=of)

    def batch(self, rows: Sequence[int]) -> PairBatch:
        return PairBatch(self.first.batch(rows), self.second.batch(rows))


@dataclass(frozen=True)
class PairReader:
    """Reads both texts of a pair with one tokenizer."""

    texts: TextReader
    together: bool = False
    """shall the second text stand behind the first? Nothing opens it then"""

    @property
    def tokenizer(self) -> TextTokenizer | VocabularyTokenizer:
        return self.texts.tokenizer

    def read(self, pairs: Sequence[tuple[str, str]]) -> ReadPairs:
        first, second = (self.texts.read([pair[side] for pair in pairs]) for side in (0, 1))
        return ReadPairs(first, second.without_first(len(self.tokenizer.before)) if self.together else second)


def fit_reader(
    texts: Sequence[str],
    *,
    tokens: str,
    max_tokens: int,
    sentences: bool,
    encoder: Path | None,
    long: Long = "cut",
    stride: int = 0,
    written: bool = False,
) -> TextReader:
    """The reader of a model: its tokenizer fitted on the training texts, or the pretrained encoder's own."""
    if tokens in LANGUAGE_TOKENS:
        known = load_vocabulary(encoder / "tokenizer.json") if encoder else _fitted_vocabulary(tokens, texts)
        return TextReader(VocabularyTokenizer(known), max_tokens, sentences, long, stride, written)
    marked = any(OPEN in text for text in texts)
    if tokens == "bert":
        assert encoder is not None
        tokenizer = load_published(encoder)
        if marked and tokenizer.marks is None:
            raise HeadworkError(
                f"{encoder}: its vocabulary has no token left to mark what a text is asked about; take another encoder"
            )
    else:
        tokenizer = {"words": fit_words, "wordpiece": fit_wordpiece}[tokens]([bare(text).text for text in texts])
        if marked:
            tokenizer.add_marks()
    return TextReader(tokenizer, max_tokens, sentences, long, stride, written)


def fit_framed(texts: Sequence[str], *, tokens: str, encoder: Path | None) -> TextTokenizer:
    """As `fit_reader`, the tokenizer alone, which must open and close texts: another is refused."""
    tokenizer = fit_reader(texts, tokens=tokens, max_tokens=0, sentences=False, encoder=encoder).tokenizer
    if not isinstance(tokenizer, TextTokenizer):
        raise HeadworkError(f"tokens is {tokens!r}, which does not open and close texts; use one of wordpiece, bert")
    _ = tokenizer.frame
    return tokenizer


def _fitted_vocabulary(kind: Any, texts: Sequence[str]) -> Vocabulary:
    return fit_vocabulary(kind, [bare(text).text for text in texts], size=VOCABULARY)
