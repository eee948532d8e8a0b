"""A recurrent language model: layers of LSTM over the text, with dropout between them.

    h_t, c_t = LSTM(h_t-1, c_t-1, E[x_t]),   logits = E (P h_t) + b        Zaremba, Sutskever and Vinyals 2014

The state is handed on from segment to segment and set to zero where a document opens.

Axes: B texts, T tokens of a segment, D width of the embeddings, H width of a state.
"""

from collections.abc import Iterator
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from headwork.base.language import START_ID
from headwork.models.language import LanguageNetwork, Memory, NetworkSettings, Read, Tied
from headwork.ops.dropout import drop


class LanguageLstmConfig(NetworkSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    SIZES: ClassVar[dict[str, dict[str, Any]]] = {
        "tiny": {"dim": 32, "hidden": 48, "context": 32},
        "small": {},
        "base": {"dim": 384, "hidden": 1024, "layers": 2},
    }

    hidden: int = 512
    layers: int = 1


class LanguageLstm(LanguageNetwork):
    def __init__(self, config: LanguageLstmConfig, *, vocabulary: int) -> None:
        super().__init__(config, vocabulary=vocabulary)
        self.table = nn.Embedding(vocabulary, config.dim)
        nn.init.normal_(self.table.weight, std=config.dim**-0.5)
        widths = [config.dim, *[config.hidden] * (config.layers - 1)]
        self.layers = nn.ModuleList(nn.LSTM(width, config.hidden, batch_first=True) for width in widths)
        self.narrow = nn.Linear(config.hidden, config.dim)
        self.head = Tied(config.dim, vocabulary, self.table if config.tied else None)

    def forward(self, ids: Tensor, memory: Memory | None = None) -> Read:
        states, memory = self.states(ids, memory)
        return Read(self._dropped(self.narrow(states)), memory)

    def states(self, ids: Tensor, memory: Memory | None) -> tuple[Tensor, Memory]:
        """(B, T) to the (B, T, H) outputs of the last layer, and the state behind them."""
        x = self._dropped(self.table(ids))
        memory = memory or {
            f"{kind}.{number}": x.new_zeros(len(ids), self.config.hidden)
            for number in range(len(self.layers))
            for kind in "hc"
        }
        pieces = []
        for columns, opened in documents(ids):
            memory = self.forget(memory, opened)
            states, memory = self._piece(x[:, columns], memory)
            pieces.append(states)
        return torch.cat(pieces, 1), {name: value.detach() for name, value in memory.items()}

    def _piece(self, x: Tensor, memory: Memory) -> tuple[Tensor, Memory]:
        """(B, t, D) in which no document opens but at the first place, to (B, t, H)."""
        after: Memory = {}
        for number, layer in enumerate(self.layers):
            x = self._dropped(x) if number else x
            x, (h, c) = layer(x, (memory[f"h.{number}"][None], memory[f"c.{number}"][None]))
            after |= {f"h.{number}": h[0], f"c.{number}": c[0]}
        return x, after

    def logits(self, states: Tensor) -> Tensor:
        return self.head(states)

    def _dropped(self, x: Tensor) -> Tensor:
        return drop(x, self.config.dropout, self.training)


def documents(ids: Tensor) -> Iterator[tuple[slice, Tensor]]:
    """Pieces of (B, T) tokens in which a document opens at the first place or not at all, and (B,) where one does."""
    opened = ids == START_ID
    cuts = sorted({0, *opened.any(0).nonzero().flatten().tolist()})
    for start, end in zip(cuts, [*cuts[1:], ids.shape[1]], strict=True):
        yield slice(start, end), opened[:, start]
