"""The last layer of a language model: a state to how likely each token is.

    Tied       log p = log softmax(W h + b), where W may be the table of embeddings
    Adaptive   the frequent tokens and one entry for each cluster of rarer ones in a first softmax; within a cluster
               log p = log p(cluster) + log softmax(U P h)          Grave et al. 2017, "Efficient softmax approximation
               for GPUs", section 4.2: the rarer the cluster, the narrower P h; only the clusters of the answers are
               computed in training. Tokens are numbered from the most frequent on.

Axes: B texts, T tokens of a segment, D width of a state, V vocabulary.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

NARROWER = 4.0
"""how many times narrower each cluster's states are than those of the cluster before"""
UNASKED = -1
"""an answer without a loss"""


class Judged(NamedTuple):
    """(B, T) losses, and whether the likeliest token was the right one."""

    nats: Tensor
    right: Tensor


class Tied(nn.Module):
    """W h + b, where W may be another module's table. Tokens before `first` are never foretold, and not asked for."""

    def __init__(self, width: int, vocabulary: int, table: nn.Embedding | None, first: int = 0) -> None:
        super().__init__()
        self.first = first
        self.weight = nn.Parameter(torch.randn(vocabulary, width) * width**-0.5) if table is None else table.weight
        self.bias = nn.Parameter(torch.zeros(vocabulary))

    def forward(self, states: Tensor) -> Tensor:
        """(…, D) to (…, V) logits."""
        return F.linear(states, self.weight, self.bias)

    def loss(self, states: Tensor, answers: Tensor) -> Tensor:
        """The mean over (B, T, D) states and the (B, T) tokens that follow."""
        logits, answers = self._asked(states, answers)
        return F.cross_entropy(logits.flatten(0, 1), answers.flatten(), ignore_index=UNASKED)

    def judge(self, states: Tensor, answers: Tensor) -> Judged:
        """(B, T, D) states and the (B, T) tokens that follow: how likely each was."""
        logits, answers = self._asked(states, answers)
        nats = F.cross_entropy(logits.flatten(0, 1), answers.flatten(), reduction="none", ignore_index=UNASKED)
        return Judged(nats.view_as(answers), logits.argmax(-1) == answers)

    def _asked(self, states: Tensor, answers: Tensor) -> tuple[Tensor, Tensor]:
        """(B, T, V - first) logits in single precision at least, and the answers among them."""
        logits = self(states)[..., self.first :]
        logits = logits.to(torch.promote_types(logits.dtype, torch.float32))
        return logits, (answers - self.first).masked_fill(answers < self.first, UNASKED)


class Adaptive(nn.Module):
    """torch's, for states of any shape."""

    def __init__(self, width: int, vocabulary: int, cutoffs: Sequence[int]) -> None:
        super().__init__()
        self.clusters = nn.AdaptiveLogSoftmaxWithLoss(width, vocabulary, list(cutoffs), div_value=NARROWER)

    def forward(self, states: Tensor) -> Tensor:
        """(…, D) to (…, V) log-probabilities, which are logits too."""
        return self.clusters.log_prob(states.flatten(0, -2)).unflatten(0, states.shape[:-1])

    def loss(self, states: Tensor, answers: Tensor) -> Tensor:
        """As `Tied` has it."""
        return self._nats(states, answers).mean()

    def judge(self, states: Tensor, answers: Tensor) -> Judged:
        """As `Tied` has it."""
        likeliest = self.clusters.predict(states.flatten(0, -2)).view(answers.shape)
        return Judged(self._nats(states, answers), likeliest == answers)

    def _nats(self, states: Tensor, answers: Tensor) -> Tensor:
        """(…, D) states and the (…) tokens that follow to (…) losses; of clusters, those of the answers alone are read.

        As torch's own forward, which fails on a GPU that is to repeat itself where a cluster has one answer.
        """
        x, tokens = states.flatten(0, -2), answers.flatten()
        bounds = list(pairwise([0, *self.clusters.cutoffs]))
        cluster = torch.bucketize(tokens, tokens.new_tensor([end for _, end in bounds]), right=True)
        entries = torch.where(cluster > 0, bounds[0][1] + cluster - 1, tokens)
        nats = F.cross_entropy(self.clusters.head(x), entries, reduction="none")
        for number, (start, _) in enumerate(bounds[1:], 1):
            rows = (cluster == number).nonzero().squeeze(1)
            within = F.cross_entropy(self.clusters.tail[number - 1](x[rows]), tokens[rows] - start, reduction="none")
            nats = nats.index_add(0, rows, within.to(nats.dtype))
        return nats.view(answers.shape)
