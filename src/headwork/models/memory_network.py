"""End-to-end memory network: a question looks at what was read, changes by what it finds, and looks again.

    u^1_t = B x_t;   p^k_tj = softmax_j<=t (u^k_t · (A^k x_j + T_A^k(t - j)))
    o^k_t = sum_j p^k_tj (C^k x_j + T_C^k(t - j));   u^k+1 = u^k + o^k;   y_t = W u^K+1

with A^k+1 = C^k and T_A^k+1 = T_C^k (Sukhbaatar et al. 2015, "End-to-end memory networks", sections 2 and 4.1, adjacent
weights). T, which says how long ago a memory was, is a relative position on keys and values (Shaw et al. 2018), so that
each hop is one mechanism of headwork.attention. Training may start linear: the softmax is left out at first, so that
p^k_tj is the score itself.

Axes: B examples, T steps, I width of a step, H width of a memory, K hops, O width of an answer.
"""

from typing import Any, ClassVar, cast

import msgspec
import torch
from torch import Tensor, nn

from headwork.attention.mechanism import Mechanism, dense
from headwork.attention.normalisers import Identity, Softmax
from headwork.attention.positions import Shaw, ShawValues
from headwork.attention.scopes import Causal
from headwork.attention.scores import Dot
from headwork.attention.where import Where
from headwork.models.algorithm import Answer, Shape


class MemoryNetworkConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    SIZES: ClassVar[dict[str, dict[str, Any]]] = {"tiny": {"hidden": 16}, "small": {}, "base": {"hidden": 128}}

    hops: int = 3
    hidden: int = 48
    """of a memory"""

    def __post_init__(self) -> None:
        if self.hops < 1 or self.hidden < 1:
            raise ValueError(f"hops is {self.hops}, hidden {self.hidden}; expected at least 1")


class MemoryNetwork(nn.Module):
    ANSWERS: ClassVar[frozenset[str]] = frozenset({"classes", "number"})
    """to a question that stands in a step: a step without any asks nothing"""
    linear: Tensor
    """is the softmax left out? It is stored with the weights, which are worth nothing under the other rule"""

    def __init__(self, config: MemoryNetworkConfig, shape: Shape):
        super().__init__()
        self.config = config
        hidden, clip = config.hidden, shape.longest
        self.question = nn.Linear(shape.inputs, hidden, bias=False)
        # Of each hop the keys, and behind the last its values: the values of a hop are the keys of the next.
        self.memories = nn.ModuleList(nn.Linear(shape.inputs, hidden, bias=False) for _ in range(config.hops + 1))
        self.ages = nn.ModuleList(Shaw(hidden, clip=clip) for _ in range(config.hops + 1))
        self.mixes = nn.ModuleList(ShawValues(hidden, clip=clip) for _ in range(config.hops))
        for mix, values in zip(self.mixes, self.ages[1:], strict=True):
            mix.values = values.keys
        self.output = nn.Linear(hidden, shape.outputs)
        self.register_buffer("linear", torch.tensor(False))
        for weight in (self.question.weight, *self.memories.parameters()):
            nn.init.normal_(weight, std=0.1)

    def forward(self, inputs: Tensor, targets: Tensor | None = None) -> Answer:
        asked, hops = self.question(inputs), []
        given = [memory(inputs)[:, None] for memory in self.memories]
        for mechanism, keys, values in zip(self.mechanisms, given, given[1:], strict=False):
            found = dense(mechanism, values, Where.of(asked[:, None], keys))
            hops.append(found.weights[:, 0])
            asked = asked + found.output[:, 0]
        looks = {f"hop {hop}": weights for hop, weights in enumerate(hops, 1)}
        return Answer(self.output(asked), {"attention": torch.stack(hops).mean(0), **looks})

    def leave_softmax_out(self, out: bool) -> None:
        self.linear.fill_(out)

    @property
    def mechanisms(self) -> list[Mechanism]:
        """One for each hop."""
        ages, mixes = cast(list[Shaw], list(self.ages)), cast(list[ShawValues], list(self.mixes))
        normaliser = Identity() if self.linear else Softmax()
        return [
            Mechanism(score=Dot(), position=(age,), scope=Causal(), normaliser=normaliser, mix=mix)
            for age, mix in zip(ages, mixes, strict=False)
        ]
