"""Words from their characters: convolutions, the largest answer of each filter over the word, highways, a projection.

    v = act(max_t (W_k · x_{t : t+k} + b_k))        for windows of k characters, all joined
    y = W [e ; highway(… highway(v))] + b           e: what is known of the word beside, if anything is

Kim, Jernite, Sontag and Rush 2016, "Character-aware neural language models"; the projection as in Jozefowicz et al.
2016, "Exploring the limits of language modeling". Windows lie within the word as it is spelt (`headwork.ops.spelling`),
whose fill has a vector of its own and takes part.

Axes: N words, L places of a word, V characters, D width.
"""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn

from headwork.layers.highway import Highway

ACTIVATIONS = {"relu": torch.relu, "tanh": torch.tanh}


class CharacterCnn(nn.Module):
    def __init__(
        self,
        characters: int,
        width: int,
        *,
        filters: Sequence[tuple[int, int]],
        activation: Literal["relu", "tanh"],
        highways: int,
        out: int,
        beside: int = 0,
        project: Literal["as needed", "always"] = "as needed",
    ):
        """`filters`: the window of some filters, and how many there are; `beside`: the width of e; `project`: whether W
        and b are there where e and v are as wide as y without them."""
        super().__init__()
        self.activation = ACTIVATIONS[activation]
        self.table = nn.Embedding.from_pretrained(torch.empty(characters, width).uniform_(-1, 1), freeze=False)
        self.convolutions = nn.ModuleList(nn.Conv1d(width, count, window) for window, count in filters)
        joined = sum(count for _, count in filters)
        self.highways = nn.Sequential(*(Highway(joined) for _ in range(highways)))
        joined += beside
        self.project = nn.Linear(joined, out) if joined != out or project == "always" else nn.Identity()

    def forward(self, ids: Tensor, beside: Tensor | None = None) -> Tensor:
        """(N, L) characters, and (N, …) e, to (N, D)."""
        x = self.table(ids).transpose(1, 2)
        found = torch.cat([convolution(x).amax(-1) for convolution in self.convolutions], dim=-1)
        found = self.highways(self.activation(found))
        return self.project(found if beside is None else torch.cat([beside, found], dim=-1))
