"""How a model's texts become token ids: a tokenizer, a longest length, and sentences where a model reads them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from headwork.base.results import Cut
from headwork.data.published_tokens import load_published
from headwork.data.sentences import sentence_lengths
from headwork.data.tokenizers import TextTokenizer, fit_wordpiece, fit_words
from headwork.ops.packed import PairBatch, TokenBatch, pack


@dataclass(frozen=True)
class ReadTexts:
    """Token ids of texts, each token's place in its text (characters from, to), and what was cut."""

    ids: list[list[int]]
    offsets: list[list[tuple[int, int]]]
    sentences: list[tuple[int, ...]] | None
    cut: Cut

    @property
    def lengths(self) -> list[int]:
        return [len(row) for row in self.ids]

    def batch(self, rows: Sequence[int]) -> TokenBatch:
        """The chosen texts as one packed batch."""
        sentences = None if self.sentences is None else [self.sentences[row] for row in rows]
        return pack([self.ids[row] for row in rows], sentences)

    def without_first(self, tokens: int) -> "ReadTexts":
        """Each text from its token at that place on."""
        ids, offsets = ([row[tokens:] for row in rows] for rows in (self.ids, self.offsets))
        return replace(self, ids=ids, offsets=offsets)


@dataclass(frozen=True)
class TextReader:
    """A fitted tokenizer and the most tokens that the model takes of one text."""

    tokenizer: TextTokenizer
    max_tokens: int
    sentences: bool

    def read(self, texts: Sequence[str]) -> ReadTexts:
        """Tokenize; a longer text loses its tail (what the tokenizer closes a text with stays)."""
        ids, offsets, sentences = [], [], []
        rows_cut = tokens_cut = of_tokens = 0
        for text, encoded in zip(texts, self.tokenizer.encode(texts), strict=True):
            excess = len(encoded.ids) - self.max_tokens
            of_tokens += len(encoded.ids)
            keep = list(range(len(encoded.ids)))
            if excess > 0:
                rows_cut, tokens_cut = rows_cut + 1, tokens_cut + excess
                closing = len(self.tokenizer.after)
                keep = keep[: self.max_tokens - closing] + keep[len(keep) - closing :]
            ids.append([encoded.ids[place] for place in keep])
            offsets.append([encoded.offsets[place] for place in keep])
            if self.sentences:
                sentences.append(sentence_lengths(text, offsets[-1]))
        cut = Cut(rows=rows_cut, tokens=tokens_cut, of_tokens=of_tokens)
        return ReadTexts(ids, offsets, sentences if self.sentences else None, cut)


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
    def tokenizer(self) -> TextTokenizer:
        return self.texts.tokenizer

    def read(self, pairs: Sequence[tuple[str, str]]) -> ReadPairs:
        first, second = (self.texts.read([pair[side] for pair in pairs]) for side in (0, 1))
        return ReadPairs(first, second.without_first(len(self.tokenizer.before)) if self.together else second)


def fit_reader(
    texts: Sequence[str], *, tokens: str, max_tokens: int, sentences: bool, encoder: Path | None
) -> TextReader:
    """The reader of a model: its tokenizer fitted on the training texts, or the pretrained encoder's own."""
    if tokens == "bert":
        assert encoder is not None
        tokenizer = load_published(encoder)
    else:
        tokenizer = {"words": fit_words, "wordpiece": fit_wordpiece}[tokens](texts)
    return TextReader(tokenizer, max_tokens, sentences)
