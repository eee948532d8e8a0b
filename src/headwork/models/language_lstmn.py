"""LSTMN: an LSTM whose cell attends to its own past instead of keeping one state.

    a_ti = v · tanh(W_h h_i + W_x x_t + W_s h~_t-1),   s_t = softmax over i < t
    [h~_t ; c~_t] = sum over i of s_ti [h_i ; c_i]
    i, f, o = sigmoid(W [h~_t ; x_t]),   c^ = tanh(W [h~_t ; x_t])
    c_t = f c~_t + i c^,   h_t = o tanh(c_t)           Cheng, Dong and Lapata 2016, section 3.1

The tape holds the last `tape` pairs of h and c, those of a document alone. The first token of a document looks at
nothing: h~ and c~ are zeros there.

Axes: B texts, K pairs on the tape, H width of a state, D width of the embeddings.
"""

from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from headwork.models.language import LanguageNetwork, Memory, NetworkSettings, Read, places_after
from headwork.ops.dropout import drop


class LanguageLstmnConfig(NetworkSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    SIZES: ClassVar[dict[str, dict[str, Any]]] = {
        "tiny": {"dim": 32, "hidden": 32, "context": 16, "tape": 16},
        "small": {},
        "base": {"dim": 256, "hidden": 512, "context": 64, "tape": 64},
    }

    context: int = 32
    hidden: int = 256
    tape: int = 32
    """pairs that a token can look back at"""


class LanguageLstmn(LanguageNetwork):
    def __init__(self, config: LanguageLstmnConfig, *, vocabulary: int) -> None:
        super().__init__(config, vocabulary=vocabulary)
        hidden = config.hidden
        self.table = nn.Embedding(vocabulary, config.dim)
        nn.init.normal_(self.table.weight, std=config.dim**-0.5)
        self.of_state = nn.Linear(hidden, hidden, bias=False)
        self.of_input = nn.Linear(config.dim, hidden)
        self.of_summary = nn.Linear(hidden, hidden, bias=False)
        self.score = nn.Linear(hidden, 1, bias=False)
        self.gates = nn.Linear(hidden + config.dim, 4 * hidden)
        self.narrow = nn.Linear(hidden, config.dim)
        self.head = self.new_head(self.table)

    def forward(self, ids: Tensor, memory: Memory | None = None) -> Read:
        x = drop(self.table(ids), self.config.dropout, self.training)
        empty = x.new_zeros(len(ids), 0, self.config.hidden)
        memory = memory or {"h": empty, "c": empty, "summary": empty.new_zeros(len(ids), self.config.hidden)}
        places = places_after(ids, memory.get("places"))
        # Keys and what inputs add to them are made once for all steps.
        h, c, keys = (
            list(memory["h"].unbind(1)),
            list(memory["c"].unbind(1)),
            list(self.of_state(memory["h"]).unbind(1)),
        )
        summary, asked, before = memory["summary"], self.of_input(x), len(h)
        for step in range(ids.shape[1]):
            place, first = before + step, max(0, before + step - self.config.tape)
            there = places[:, first:place] == places[:, place : place + 1]
            opens = ~there.any(1, keepdim=True) if place > first else torch.ones_like(places[:, :1], dtype=torch.bool)
            summary = summary.masked_fill(opens, 0)
            summary, cell = self.attend(
                (h[first:], c[first:], keys[first:]), asked[:, step] + self.of_summary(summary), there
            )
            state, cell = self.cell(summary, cell, x[:, step])
            h.append(state)
            c.append(cell)
            keys.append(self.of_state(state))
        states = drop(self.narrow(torch.stack(h[before:], 1)), self.config.dropout, self.training)
        kept = {name: torch.stack(pairs[-self.config.tape :], 1).detach() for name, pairs in (("h", h), ("c", c))}
        kept |= {"summary": summary.detach(), "places": places[:, -self.config.tape :]}
        return Read(states, kept)

    def attend(
        self, tape: tuple[list[Tensor], list[Tensor], list[Tensor]], asked: Tensor, there: Tensor
    ) -> tuple[Tensor, Tensor]:
        """The summaries (B, H) of h and of c; `there` (B, K) says which pairs are of the document in hand."""
        h, c, keys = tape
        if not h:
            return torch.zeros_like(asked), torch.zeros_like(asked)
        scores = self.score((torch.stack(keys, 1) + asked.unsqueeze(1)).tanh()).squeeze(-1)
        shares = scores.masked_fill(~there, -torch.inf).softmax(-1).nan_to_num(0.0).unsqueeze(1)
        return (shares @ torch.stack(h, 1)).squeeze(1), (shares @ torch.stack(c, 1)).squeeze(1)

    def cell(self, summary: Tensor, cell: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
        i, f, o, new = self.gates(torch.cat([summary, x], -1)).chunk(4, -1)
        cell = f.sigmoid() * cell + i.sigmoid() * new.tanh()
        return o.sigmoid() * cell.tanh(), cell

    def forget(self, memory: Memory, rows: Tensor) -> Memory:
        """The tape stays where it is, as part of a document that no later token belongs to."""
        places = memory["places"]
        return {**memory, "places": torch.where(rows[:, None], places - 1, places)}
