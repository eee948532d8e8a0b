"""Pointer network: an encoder-decoder whose answers are places of its input.

    e_1 … e_T = LSTM(x);   d_i = LSTM(x of the place before, d_i-1)
    u_ij = v tanh(W1 e_j + W2 d_i);   p(place i is j) = softmax_j(u_ij)          Vinyals, Fortunato and Jaitly 2015

Where the data set has an end, it is a place of its own behind the last; what may be named next is in layers.naming.
`pointing = "table"` is the same network without pointers: its output layer has one row for each place of the longest
input in training (Sutskever, Vinyals and Le 2014).

Axes: B examples, T points, S answers, H width of a state, P = T or T + 1 places.
"""

from typing import Any, ClassVar, Literal

import msgspec
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from headwork.attention.choice import Choice
from headwork.attention.where import Where
from headwork.layers.naming import naming_of
from headwork.models.algorithm import WRITTEN, Answer, Shape


class PointerConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    SIZES: ClassVar[dict[str, dict[str, Any]]] = {"tiny": {"hidden": 24}, "small": {}, "base": {"hidden": 256}}

    pointing: Literal["attention", "table"] = "attention"
    hidden: int = 96
    score: str = "additive"


class Pointer(nn.Module):
    ANSWERS: ClassVar[frozenset[str]] = WRITTEN

    def __init__(self, config: PointerConfig, shape: Shape):
        super().__init__()
        self.config, self.naming = config, naming_of(shape.answers, ends=bool(shape.outputs))
        hidden = config.hidden
        self.encoder = nn.LSTM(shape.inputs, hidden, batch_first=True)
        self.decoder = nn.LSTM(shape.inputs, hidden, batch_first=True)
        self.start = nn.Parameter(torch.zeros(shape.inputs))
        if config.pointing == "table":
            self.table = nn.Linear(hidden, shape.longest + self.naming.ends)
        else:
            self.mechanism = Choice(score=config.score).mechanism(width=hidden, keys=shape.longest + 1)
            self.parts = nn.ModuleList(self.mechanism.modules())
            self.end = nn.Parameter(0.1 * torch.randn(hidden)) if self.naming.ends else None

    def forward(self, inputs: Tensor, targets: Tensor | None = None) -> Answer:
        """(B, T, I); with the targets every answer is given after the right ones, else after its own."""
        encoded, state = self.encoder(inputs)
        keys = self._keys(encoded)
        outputs = self._write(inputs, keys, state) if targets is None else self._follow(inputs, keys, state, targets)
        return Answer(outputs, {"attention": outputs.softmax(-1)})

    def _follow(self, inputs: Tensor, keys: Tensor, state: tuple[Tensor, Tensor], targets: Tensor) -> Tensor:
        """(B, S, P): all answers at once."""
        before = targets[:, :-1]
        fed = torch.cat([self.start.expand(len(inputs), 1, -1), self._points(inputs, before)], 1)
        decoded, _ = self.decoder(fed, state)
        return self._scores(decoded, keys, self.naming.barred(before, inputs.shape[1]))

    def _write(self, inputs: Tensor, keys: Tensor, state: tuple[Tensor, Tensor]) -> Tensor:
        """(B, S, P): one answer after another, the likeliest each time."""
        points = inputs.shape[1]
        named = torch.zeros(len(inputs), 0, dtype=torch.long, device=inputs.device)
        fed, outputs = self.start.expand(len(inputs), 1, -1), []
        for _ in range(self.naming.answers(points)):
            decoded, state = self.decoder(fed, state)
            outputs.append(self._scores(decoded, keys, self.naming.barred(named, points)[:, -1:]))
            named = torch.cat([named, outputs[-1].argmax(-1)], 1)
            fed = self._points(inputs, named[:, -1:])
        return torch.cat(outputs, 1)

    def _points(self, inputs: Tensor, places: Tensor) -> Tensor:
        """(B, S) places to the (B, S, I) points there; zeros for the end."""
        padded = F.pad(inputs, (0, 0, 0, 1))
        return padded.gather(1, places.unsqueeze(2).expand(-1, -1, inputs.shape[2]))

    def _keys(self, encoded: Tensor) -> Tensor:
        """(B, P, H): the points, and the end where there is one."""
        if self.config.pointing == "table" or self.end is None:
            return encoded
        return torch.cat([encoded, self.end.expand(len(encoded), 1, -1)], 1)

    def _scores(self, decoded: Tensor, keys: Tensor, barred: Tensor) -> Tensor:
        """(B, S, H) to (B, S, P) logits."""
        if self.config.pointing == "attention":
            query, key = decoded[:, None], keys[:, None]
            where = Where.of(query, key, scale=self.mechanism.score.scale(query.shape[-1]))
            logits = self.mechanism.score.dense(query, key, where)[:, 0]
        else:
            logits = self._from_table(decoded, barred.shape[-1])
        # Finite, so that a place beyond the table that is right has a large loss and not an infinite one.
        return logits.masked_fill(barred, -1e4)

    def _from_table(self, decoded: Tensor, places: int) -> Tensor:
        """Rows of the table by place, the end first; a place that the table has not is never named."""
        logits = self.table(decoded)
        end, points = logits[..., : self.naming.ends], logits[..., self.naming.ends :]
        points = F.pad(points, (0, max(0, places - points.shape[-1])), value=-1e3)[..., : places - self.naming.ends]
        return torch.cat([points, end], -1)
