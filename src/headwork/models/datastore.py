"""A datastore around a language network: what followed the most similar states of the training text.

    entries   (h_i, x_i+1) for places i of the training text
    p_near(x) ∝ sum over the k entries nearest to h with token x of exp(-||h - h_i||² / t)
    p(x)      = s p_near(x) + (1 - s) p_network(x)

Khandelwal et al. 2020, "Generalization through Memorization: Nearest Neighbor Language Models".

The share s and the temperature t (1 in the paper) are numbers, not weights: they are chosen once, on dev. With s = 0
the network speaks alone. The search is exact: all distances are made, tile by tile, and those of the nearest once more
from the differences, where a product would lose digits.

Axes: N entries, D width of a state, n states asked about, k nearest entries, V vocabulary.
"""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from headwork.base.arrays import load_arrays, save_arrays
from headwork.base.errors import HeadworkError
from headwork.base.files import write_atomically

ENTRIES, ASKED = 8192, 512
"""of a tile of distances"""


class Near(NamedTuple):
    """The nearest entries of each state, the nearest first, (n, k) each: squared distance and token."""

    distances: Tensor
    tokens: Tensor

    def chances(self, temperature: float, *, vocabulary: int) -> Tensor:
        """(n, V) p_near."""
        shares = (-self.distances / temperature).softmax(-1)
        return shares.new_zeros(len(shares), vocabulary).scatter_add(1, self.tokens, shares)

    def chance_of(self, answers: Tensor, temperature: float) -> Tensor:
        """(n,) p_near of one token for each state."""
        shares = (-self.distances / temperature).softmax(-1)
        return (shares * (self.tokens == answers[:, None])).sum(-1)


@dataclass(frozen=True)
class Datastore:
    states: Tensor
    """(N, D)"""
    tokens: Tensor
    """(N,) that followed"""
    k: int
    share: float = 0.0
    """s, from 0 to below 1"""
    temperature: float = 1.0

    def near(self, asked: Tensor) -> Near:
        """The nearest entries of (n, D) states, in memory bounded by a tile."""
        parts = [self._near(part) for part in asked.to(self.states.dtype).split(ASKED)]
        return Near(*(torch.cat(side) for side in zip(*parts, strict=True)))

    def _near(self, asked: Tensor) -> Near:
        best = asked.new_empty(len(asked), 0)
        rows = self.tokens.new_empty(len(asked), 0)
        for first in range(0, len(self.states), ENTRIES):
            entries = self.states[first : first + ENTRIES]
            distances = (entries**2).sum(1) - 2 * asked @ entries.T  # but for ||asked||², the same for all entries
            found, places = distances.topk(min(self.k, len(entries)), largest=False)
            best, rows = torch.cat([best, found], 1), torch.cat([rows, places + first], 1)
            best, kept = best.topk(min(self.k, best.shape[1]), largest=False)
            rows = rows.gather(1, kept)
        exact = torch.stack([((self.states[column] - asked) ** 2).sum(1) for column in rows.T], 1)
        distances, order = exact.sort(dim=1)
        return Near(distances, self.tokens[rows.gather(1, order)])

    def mixed(self, log_probabilities: Tensor, asked: Tensor) -> Tensor:
        """(n, V) of the network for (n, D) states, to those of the network and the entries together."""
        if not self.share:
            return log_probabilities
        near = self.near(asked).chances(self.temperature, vocabulary=log_probabilities.shape[1])
        near = near.to(log_probabilities.dtype).log() + math.log(self.share)
        return torch.logaddexp(near, log_probabilities + math.log1p(-self.share))

    def save(self, path: Path) -> None:
        numbers = {"share": np.array([self.share]), "temperature": np.array([self.temperature])}
        entries = {"states": self.states.cpu().numpy(), "tokens": self.tokens.cpu().numpy()}
        write_atomically(path, lambda temporary: save_arrays(entries | numbers, temporary))

    @classmethod
    def load(cls, path: Path, *, k: int, width: int, vocabulary: int, device: str) -> "Datastore":
        """What `save` wrote; a file that does not fit the network is refused."""
        found = load_arrays(path)
        shapes = {name: value.shape for name, value in found.items()}
        many = len(found["tokens"]) if found.get("tokens", np.array(0)).ndim == 1 else 0
        if not many or shapes != {"states": (many, width), "tokens": (many,), "share": (1,), "temperature": (1,)}:
            raise HeadworkError(f"{path}: no datastore of states of width {width}, found {shapes}; train it again")
        share, temperature, tokens = float(found["share"][0]), float(found["temperature"][0]), found["tokens"]
        kinds = tokens.dtype == np.int64 and found["states"].dtype == np.float32
        whole = kinds and 0 <= tokens.min() and tokens.max() < vocabulary
        if not (whole and 0 <= share < 1 and temperature > 0 and np.isfinite(found["states"]).all()):
            raise HeadworkError(f"{path}: damaged, it holds what no datastore has; copy the run folder again")
        states, followed = torch.from_numpy(found["states"]), torch.from_numpy(tokens)
        return cls(states.to(device), followed.to(device), k, share, temperature)
