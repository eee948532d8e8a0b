"""A neural network that writes summaries anew.

Axes: n documents.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import torch
from torch import Tensor

from headwork.base.errors import HeadworkError
from headwork.base.files import write_atomically
from headwork.base.recipes import Recipe
from headwork.data.batches import ordered_batches
from headwork.data.published_tokens import load_published
from headwork.data.summaries import Document, Summaries
from headwork.data.tokenizers import PAD, UNKNOWN, TextTokenizer
from headwork.data.weights import find_encoder
from headwork.models import config_of, kind_of
from headwork.models.encoder_decoder import check_decoder
from headwork.models.pretrained import load_decoder, own_settings
from headwork.models.size import as_large
from headwork.models.stored import load_tensors
from headwork.ops.packed import TokenBatch, pack
from headwork.tasks.classify import in_blocks
from headwork.tasks.decoding import Search, write
from headwork.tasks.neural import Neural
from headwork.tasks.neural_summary import BLOCK, ReadsDocuments, tokenizer_of
from headwork.tasks.reading_sentences import ReadDocuments, SentenceReader
from headwork.tasks.summarize import StoredSummarizer, Summarizer, Summary

UNREPEATED = 3
"""tokens in a row that no summary has twice"""
WRITE_TOKENS = 2048
"""padded tokens of documents of a batch when writing, beams not counted"""
ENDING = "<|endoftext|>"
"""opens and closes a text of a decoder without tokens for either (Radford et al. 2019)"""
NEVER = (PAD, UNKNOWN, "[MASK]", "<pad>", "<unk>", "<mask>")
"""tokens that are not written"""
WRITING = "writing.json"
"""the tokens of summaries, where they are not those of documents"""


@dataclass(frozen=True)
class ReadSummaries:
    """Documents and what is to be written about each, opened and closed."""

    documents: ReadDocuments
    target: list[list[int]]

    @property
    def lengths(self) -> list[int]:
        """What a document costs: its tokens and those of its summary."""
        return [len(one) + len(other) for one, other in zip(self.documents.ids, self.target, strict=True)]

    def batch(self, rows: Sequence[int]) -> tuple[TokenBatch, TokenBatch, Tensor]:
        """The documents, what is fed in of the summaries, and the (M,) tokens to be written behind each."""
        written = [self.target[row] for row in rows]
        answers = torch.tensor([token for text in written for token in text[1:]], dtype=torch.int64)
        return self.documents.batch(rows), pack([text[:-1] for text in written]), answers


class NeuralWriter(ReadsDocuments, Summarizer):
    """Tokens of documents and of summaries, and a network."""

    WRITES = True

    def __init__(self, recipe: Recipe, tokenizer: TextTokenizer, writing: TextTokenizer, device: str) -> None:
        Summarizer.__init__(self, recipe)
        model, _ = kind_of(recipe).load()
        self.config, self.writing = config_of(recipe), writing
        network = model(self.config, vocabulary=tokenizer.vocabulary)
        Neural.__init__(self, SentenceReader(tokenizer, self.config.max_tokens), network, device, outputs=1)
        self.first, self.last = frame_of(writing)
        names = writing.tokens(range(writing.vocabulary))
        self.banned = tuple(place for place, name in enumerate(names) if name in NEVER)

    @classmethod
    def new(cls, recipe: Recipe, train: Summaries, *, seed: int, offline: bool, device: str) -> "NeuralWriter":
        """Weights drawn from `seed`, or started from the encoder and the decoder that the recipe names."""
        recipe, tokenizer, encoder = tokenizer_of(recipe, train, offline=offline)
        writing, language = tokenizer, None
        if named := config_of(recipe).decoder:
            folder = find_encoder(named, offline=offline)
            language, writing = load_decoder(folder), load_published(folder)
            check_decoder(language.config.core)
            recipe = msgspec.structs.replace(
                recipe, model={**recipe.model, "written_by": own_settings(language.config.core)}
            )
        model, _ = kind_of(recipe).load()
        sized = as_large(recipe, lambda config: model(config, vocabulary=tokenizer.vocabulary))
        torch.manual_seed(seed)
        writer = cls(sized, tokenizer, writing, device)
        if encoder is not None:
            writer.network.load_pretrained(encoder)
        if language is not None:
            writer.network.load_decoder(language)
        return writer

    @classmethod
    def restore(cls, stored: StoredSummarizer, folder: Path, *, device: str) -> "NeuralWriter":
        tokenizer = TextTokenizer.load(folder / "tokenizer.json")
        other = folder / WRITING
        writer = cls(stored.recipe, tokenizer, TextTokenizer.load(other) if other.is_file() else tokenizer, device)
        load_tensors(writer.network, folder / "model.safetensors")
        writer.network.eval()
        return writer

    def store(self, folder: Path) -> dict[str, Any]:
        self.save_network(folder)
        if self.writing is not self.reader.tokenizer:
            write_atomically(folder / WRITING, self.writing.save)
        return {}

    def read_to_write(self, side: Summaries, *, most_windows: int | None = None) -> ReadSummaries:
        """The documents with words whose summary is short enough, each with the first that people wrote."""
        targets = self.targets_of(side)
        rows = [row for row, ids in enumerate(targets) if self._fits(ids)]
        if not rows:
            raise HeadworkError(
                f"no summary is short enough for {self.config.summary_tokens} tokens; raise model.summary_tokens"
            )
        read = self.reader.read([side.items[row] for row in rows], most_windows=most_windows)
        return ReadSummaries(read, [[self.first, *targets[row], self.last] for row in rows])

    def targets_of(self, side: Summaries) -> list[list[int]]:
        """Tokens of the first summary of each document, without a frame."""
        inner = slice(len(self.writing.before), -len(self.writing.after) or None)
        return [found.ids[inner] for found in self.writing.encode([texts[0] for texts in side.references])]

    def unlearnable(self, train: Summaries) -> int:
        return sum(not self._fits(ids) for ids in self.targets_of(train))

    def _fits(self, ids: Sequence[int]) -> bool:
        return len(ids) <= self.config.summary_tokens

    def summarize(
        self, documents: Sequence[Document], *, sentences: int | None = None, search: Search | None = None
    ) -> list[Summary]:
        search = replace(search or self.search, unrepeated=UNREPEATED)
        texts: list[str] = []
        for block in in_blocks(documents, BLOCK):
            read = self.reader.read(block)
            found = [""] * len(block)
            rows = [row for row, ids in enumerate(read.ids) if ids]
            for batch in ordered_batches([len(read.ids[row]) for row in rows], WRITE_TOKENS, self.device):
                places = [rows[place] for place in batch]
                for place, text in zip(places, self._write(read.batch(places), search), strict=True):
                    found[place] = text
            texts += found
        return [Summary(text, []) for text in texts]

    @property
    def search(self) -> Search:
        """How the recipe writes."""
        return Search(beam=self.config.beam, length_penalty=self.config.length_penalty)

    def _write(self, source: TokenBatch, search: Search) -> list[str]:
        longest = [self.config.summary_tokens + 1] * len(source.lengths)
        hypotheses = write(
            self.fast,
            source.to(self.device),
            search,
            first=self.first,
            last=self.last,
            longest=longest,
            banned=self.banned,
        )
        return [self.writing.decode(found[0].ids).strip() for found in hypotheses]

    def settle(self, dev: Summaries) -> list[Summary]:
        return self.summarize(dev.items)


def frame_of(tokenizer: TextTokenizer) -> tuple[int, int]:
    """What opens and closes a text that is written."""
    if tokenizer.before and tokenizer.after:
        return tokenizer.frame
    names = tokenizer.tokens(range(tokenizer.vocabulary))
    if ENDING not in names:
        raise HeadworkError(f"the decoder has no token that ends a text; expected {ENDING!r} among its tokens")
    return names.index(ENDING), names.index(ENDING)
