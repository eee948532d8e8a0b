"""A datastore around a language network: what followed the most similar states of the training text.

    entries   (h_i, x_i+1) for places i of the training text

Khandelwal et al. 2020, "Generalization through Memorization: Nearest Neighbor Language Models". How the nearest entries
join in is another matter (`models.joining`). The search is exact: all distances are made, tile by tile, and those of
the nearest once more from the differences, where a product would lose digits.

Axes: N entries, D width of a state, n states asked about, k nearest entries, V vocabulary.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from headwork.base.arrays import load_arrays, save_arrays
from headwork.base.errors import HeadworkError
from headwork.base.files import write_atomically
from headwork.models.joining import ASKED, Joining, Near

ENTRIES = 8192
"""of a tile of distances; the other side has ASKED states"""


@dataclass(frozen=True)
class Datastore:
    states: Tensor
    """(N, D)"""
    tokens: Tensor
    """(N,) that followed"""
    k: int
    joining: Joining

    def near(self, asked: Tensor, *, without: Tensor | None = None) -> Near:
        """The nearest entries of (n, D) states, in memory bounded by a tile.

        without: (n,) numbers of an entry that each state must not find, because it is its own.
        """
        parts, most = asked.to(self.states.dtype).split(ASKED), min(self.k, len(self.states) - (without is not None))
        own = [None] * len(parts) if without is None else without.split(ASKED)
        found = [self._near(part, most, each) for part, each in zip(parts, own, strict=True)]
        return Near(*(torch.cat(side) for side in zip(*found, strict=True)))

    def _near(self, asked: Tensor, most: int, without: Tensor | None) -> Near:
        best = asked.new_empty(len(asked), 0)
        rows = self.tokens.new_empty(len(asked), 0)
        for first in range(0, len(self.states), ENTRIES):
            entries = self.states[first : first + ENTRIES]
            distances = (entries**2).sum(1) - 2 * asked @ entries.T  # but for ||asked||², the same for all entries
            if without is not None:
                places = torch.arange(first, first + len(entries), device=asked.device)
                distances = distances.masked_fill(places == without[:, None], torch.inf)
            found, places = distances.topk(min(most, len(entries)), largest=False)
            best, rows = torch.cat([best, found], 1), torch.cat([rows, places + first], 1)
            best, kept = best.topk(min(most, best.shape[1]), largest=False)
            rows = rows.gather(1, kept)
        exact = torch.stack([((self.states[column] - asked) ** 2).sum(1) for column in rows.T], 1)
        distances, order = exact.sort(dim=1)
        return Near(distances, self.tokens[rows.gather(1, order)])

    def save(self, path: Path) -> None:
        tensors = {"states": self.states, "tokens": self.tokens, **self.joining.state_dict()}
        arrays = {name: value.cpu().numpy() for name, value in tensors.items()}
        write_atomically(path, lambda temporary: save_arrays(arrays, temporary))

    @classmethod
    def load(cls, path: Path, joining: Joining, *, k: int, width: int, vocabulary: int, device: str) -> "Datastore":
        """What `save` wrote, with the joining's own tensors put into it; a file that does not fit is refused."""
        found, own = load_arrays(path), {name: value.numpy() for name, value in joining.state_dict().items()}
        many = len(found["tokens"]) if found.get("tokens", np.array(0)).ndim == 1 else 0
        expected = {"states": (many, width), "tokens": (many,)} | {name: value.shape for name, value in own.items()}
        shapes = {name: value.shape for name, value in found.items()}
        if not many or shapes != expected:
            raise HeadworkError(f"{path}: no datastore of states of width {width}, found {shapes}; train it again")
        kinds = {"states": np.float32, "tokens": np.int64} | {name: value.dtype for name, value in own.items()}
        whole = all(found[name].dtype == kind and np.isfinite(found[name]).all() for name, kind in kinds.items())
        whole = whole and 0 <= found["tokens"].min() and found["tokens"].max() < vocabulary
        tensors = {name: torch.from_numpy(value).to(device) for name, value in found.items()}
        states, tokens = tensors.pop("states"), tensors.pop("tokens")
        if whole:
            joining.to(device).load_state_dict(tensors)
        if not (whole and joining.sound):
            raise HeadworkError(f"{path}: damaged, it holds what no datastore has; copy the run folder again")
        return cls(states, tokens, k, joining)
