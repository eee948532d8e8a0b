"""Words that are hidden in texts, and how well a network says what they were.

    loss of a word = sum over its pieces of -ln p(piece | the text with all pieces of the word hidden)

Whole words are hidden (Devlin et al., the second publication of their code), so that the loss of a word, or of a
character, means the same whatever pieces a vocabulary breaks words into; that of a token does not. How many pieces are
hidden tells how long the word is, which is to the good of the vocabulary that breaks more.

In training 15% of the words are asked for; of their pieces 80% are hidden, 10% become any token, and 10% stay (Devlin
et al. 2019, section 3.1). To measure, all of them are hidden.

Axes: N packed tokens, W words of all texts.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from headwork.base.results import Cut
from headwork.data.batches import ordered_batches
from headwork.data.tokenizers import TextTokenizer
from headwork.ops.packed import TokenBatch, pack

RATE = 0.15
"""of words that are asked for"""
NO_WORD = -1
BATCH_TOKENS = 2048


class WholeWords(NamedTuple):
    """A packed batch, and of each of its tokens the number of its word, or NO_WORD."""

    batch: TokenBatch
    words: Tensor


@dataclass(frozen=True)
class ReadWhole:
    """Texts as windows of whole words, each word in one of them."""

    ids: list[list[int]]
    words: list[list[int]]
    """of each token the number of its word among those of all texts"""
    texts: np.ndarray
    """(W,) the text that each word is of"""
    characters: np.ndarray
    """(W,)"""
    cut: Cut

    @property
    def lengths(self) -> list[int]:
        return [len(row) for row in self.ids]

    def batch(self, rows: Sequence[int]) -> WholeWords:
        numbers = torch.tensor([number for row in rows for number in self.words[row]], dtype=torch.int64)
        return WholeWords(pack([self.ids[row] for row in rows]), numbers)


@dataclass(frozen=True)
class WholeWordReader:
    """A tokenizer, and the tokens that a network reads at once."""

    tokenizer: TextTokenizer
    max_tokens: int

    def read(self, texts: Sequence[str]) -> ReadWhole:
        """A word of more pieces than there is room for loses its end, with an account."""
        before, after = list(self.tokenizer.before), list(self.tokenizer.after)
        room = self.max_tokens - len(before) - len(after)
        ids, numbers, of_text, characters = [], [], [], []
        words_cut = pieces_cut = of_pieces = 0
        for text, words in enumerate(self.tokenizer.encode_words(texts)):
            window: list[tuple[int, int]] = []
            windows = [window]
            for word in words:
                kept = word.ids[:room]
                of_pieces, pieces_cut = of_pieces + len(word.ids), pieces_cut + len(word.ids) - len(kept)
                words_cut += len(kept) < len(word.ids)
                if len(window) + len(kept) > room:
                    windows.append(window := [])
                window += [(token, len(of_text)) for token in kept]
                of_text.append(text)
                characters.append(word.end - word.start)
            for window in filter(None, windows):
                ids.append([*before, *(token for token, _ in window), *after])
                outside = [NO_WORD] * len(before), [NO_WORD] * len(after)
                numbers.append([*outside[0], *(number for _, number in window), *outside[1]])
        cut = Cut(rows=words_cut, tokens=pieces_cut, of_tokens=of_pieces)
        return ReadWhole(ids, numbers, np.array(of_text), np.array(characters), cut)


def asked_for(words: Tensor, rate: float = RATE) -> Tensor:
    """(N,) is the token of a word that is asked for; one word at least, drawn from torch's generator."""
    numbers, places = words.unique(return_inverse=True)
    drawn = torch.rand(len(numbers)).masked_fill(numbers == NO_WORD, 2.0)
    return ((drawn < rate) | (drawn == drawn.min()))[places] & (words != NO_WORD)


def hidden(ids: Tensor, asked: Tensor, *, mask: int, vocabulary: int) -> Tensor:
    """(N,) tokens, of which those that are asked for are hidden, become any other, or stay: 8, 1, 1 of 10."""
    drawn, others = torch.rand(len(ids)), torch.randint(vocabulary, (len(ids),))
    changed = torch.where(drawn < 0.8, torch.full_like(ids, mask), torch.where(drawn < 0.9, others, ids))
    return torch.where(asked, changed, ids)


class Asked(NamedTuple):
    """Of the words that were asked for: their numbers, what they cost, and whether all of their pieces were first."""

    words: np.ndarray
    nats: np.ndarray
    right: np.ndarray


@torch.inference_mode()
def ask(network: Any, read: ReadWhole, tokenizer: TextTokenizer, *, device: str = "cpu", seed: int = 0) -> Asked:
    """Hide 15% of the words, the same ones for every vocabulary and network, and ask for them."""
    network.eval()
    chosen = np.random.default_rng(seed).random(len(read.texts)) < RATE
    found = [np.zeros(0, np.int64)], [np.zeros(0)], [np.zeros(0, bool)]
    for words, nats, right in _answers(network, read, torch.from_numpy(chosen), tokenizer.mask, device):
        for column, values in zip(found, (words, nats, right), strict=True):
            column.append(values.cpu().numpy())
    words, nats, right = (np.concatenate(column) for column in found)
    numbers, places = np.unique(words, return_inverse=True)
    wrong = np.bincount(places, 1.0 - right, minlength=len(numbers))
    return Asked(numbers, np.bincount(places, nats, minlength=len(numbers)), wrong == 0)


def _answers(
    network: Any, read: ReadWhole, chosen: Tensor, mask: int, device: str
) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Of the pieces that are asked for: the word, the nats, and whether the piece was the first choice."""
    for rows in ordered_batches(read.lengths, BATCH_TOKENS):
        batch, words = read.batch(rows)
        asked = (words != NO_WORD) & chosen[words.clamp(min=0)]
        if not asked.any():
            continue
        covered = TokenBatch(batch.ids.masked_fill(asked, mask), batch.lengths).to(device)
        logits, targets = said(network, covered, asked.to(device)).double(), batch.ids[asked].to(device)
        yield words[asked], F.cross_entropy(logits, targets, reduction="none"), logits.argmax(1) == targets


def said(network: Any, batch: TokenBatch, asked: Tensor) -> Tensor:
    """(n, V) logits of what stands where the (N,) mask, or n places, ask; `network` has a core and a masked head."""
    states = network.core(batch)[asked]
    return network.masked(states, network.core.embeddings.tokens.weight)
