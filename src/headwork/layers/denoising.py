"""Learning a language by repairing it: masked tokens are told, and replaced ones told apart.

    masked language modelling   of the chosen tokens 80 in 100 become the mask, 10 any token, 10 stay as they are;
                                loss = mean over chosen i of -log p(x_i | corrupted text)
    replaced token detection    every chosen token is drawn from a generator;
                                loss = mean over all i of the cross-entropy of "x_i is not the original"

15 in 100 tokens are chosen, each for itself, none of the frame. Devlin et al. 2019, appendix A.1, for the first; Clark
et al. 2020, "ELECTRA", section 2, and Feng et al. 2020, "CodeBERT", section 3.4, for the second: a drawn token that
happens to be the original one counts as the original. Both losses are added.

CodeBERT's generators are n-gram models that see both sides, one of natural language and one of code. Here a token is
drawn with equal chances from the unigrams, from what follows its left neighbour and from what comes before its right
one.

Axes: N tokens of all texts together, C of them chosen, D width, V tokens of the vocabulary.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

CHOSEN = 0.15
MASKED, RANDOM = 0.8, 0.1
"""of the chosen ones; the rest stay"""


class Corrupted(NamedTuple):
    ids: Tensor
    """(N,) what the model sees"""
    places: Tensor
    """(C,) of the chosen tokens"""


class DenoisingHeads(nn.Module):
    """What the states of a Transformer say of its tokens; the vocabulary's output weights are its embeddings."""

    def __init__(self, width: int, vocabulary: int) -> None:
        super().__init__()
        self.dense, self.norm = nn.Linear(width, width), nn.LayerNorm(width)
        self.bias = nn.Parameter(torch.zeros(vocabulary))
        self.replaced = nn.Linear(width, 1)

    def told(self, states: Tensor, embeddings: Tensor) -> Tensor:
        """(C, D) states and (≥ V, D) embeddings to (C, V) logits; what stands behind the V-th is never told."""
        return F.linear(self.norm(F.gelu(self.dense(states))), embeddings[: len(self.bias)], self.bias)

    def doubted(self, states: Tensor) -> Tensor:
        """(N, D) states to (N,) logits of having been replaced."""
        return self.replaced(states)[:, 0]


def choose(free: Tensor) -> Tensor:
    """(C,) places, each with a chance of CHOSEN among those where (N,) `free` holds; one at least where any does."""
    places = free.nonzero()[:, 0]
    chosen = places[torch.rand(len(places), device=free.device) < CHOSEN]
    return chosen if len(chosen) or not len(places) else places[torch.randint(len(places), (1,))]


def masked(ids: Tensor, places: Tensor, *, mask: int, ordinary: Tensor) -> Corrupted:
    """The text with its chosen tokens masked; `ordinary` are the tokens that may stand there at random."""
    fate = torch.rand(len(places), device=ids.device)
    random = ordinary[torch.randint(len(ordinary), (len(places),), device=ids.device)]
    seen = torch.where(fate < MASKED, mask, torch.where(fate < MASKED + RANDOM, random, ids[places]))
    return Corrupted(ids.index_copy(0, places, seen), places)


def replaced(ids: Tensor, places: Tensor, drawn: Tensor) -> tuple[Tensor, Tensor]:
    """The text with its chosen tokens drawn anew, and (N,) where it differs from the original."""
    seen = ids.index_copy(0, places, drawn)
    return seen, seen != ids


class NGrams:
    """Counts of tokens and of their neighbours, from which tokens are drawn."""

    def __init__(self, texts: Sequence[Sequence[int]], *, vocabulary: int) -> None:
        flat = torch.tensor([token for text in texts for token in text], dtype=torch.int64)
        lengths = torch.tensor([len(text) for text in texts], dtype=torch.int64)
        inside = torch.ones(len(flat), dtype=torch.bool)
        ends = lengths.cumsum(0)
        inside[ends[lengths > 0] - 1] = False  # the last of a text has no right neighbour
        left = flat[inside]
        right = flat[1:][inside[:-1]]
        self.vocabulary = vocabulary
        self.unigrams = torch.bincount(flat, minlength=vocabulary)
        self.after, self.before = _Neighbours(left, right, vocabulary), _Neighbours(right, left, vocabulary)

    def draw(self, ids: Tensor, places: Tensor) -> Tensor:
        """(C,) tokens for the places of (N,) packed texts; one without known neighbours comes from the unigrams."""
        drawn = torch.multinomial(self.unigrams.double(), len(places), replacement=True)
        source = torch.randint(3, (len(places),))
        for which, table, step in ((1, self.after, -1), (2, self.before, 1)):
            neighbours = ids[(places + step).clamp(0, len(ids) - 1)]
            found, known = table.draw(neighbours)
            drawn = torch.where((source == which) & known, found, drawn)
        return drawn


class _Neighbours:
    """What stood beside each token, as a table of cumulated counts in the order of the tokens."""

    def __init__(self, tokens: Tensor, beside: Tensor, vocabulary: int) -> None:
        pairs, counts = torch.unique(tokens * vocabulary + beside, return_counts=True)
        self.beside = pairs % vocabulary
        self.upto = counts.cumsum(0)
        of_token = torch.zeros(vocabulary, dtype=torch.int64).index_add(0, pairs // vocabulary, counts)
        self.ends = of_token.cumsum(0)
        self.counts = of_token

    def draw(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """A neighbour for each, by how often it was one; and which tokens were ever seen with one."""
        counts = self.counts[tokens]
        drawn = (torch.rand(len(tokens), dtype=torch.float64) * counts).long()
        place = torch.searchsorted(self.upto, self.ends[tokens] - counts + drawn, right=True)
        return self.beside[place.clamp(max=max(0, len(self.beside) - 1))], counts > 0
