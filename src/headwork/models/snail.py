"""SNAIL: temporal convolutions that gather the past, and causal attention that finds single places in it.

    dense(x, d)    [x; tanh(W_f * x) sigmoid(W_g * x)], causal convolutions of width 2 and dilation d
    tc(x)          dense for d = 1, 2, 4, … as far as the longest input asks for
    attention(x)   [x; causal attention of x W_q, x W_k, x W_v]

Mishra, Rohaninejad, Chen and Abbeel 2018, "A simple neural attentive meta-learner", section 3. Blocks stand as in its
network for few examples: attention, tc, attention, tc, attention.

Axes: B examples, T steps, C channels.
"""

import math
from typing import Any, ClassVar

import msgspec
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from headwork.attention.mechanism import Mechanism, weights
from headwork.attention.scopes import Causal
from headwork.attention.where import Where
from headwork.models.algorithm import STEPWISE, Answer, Shape


class SnailConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    SIZES: ClassVar[dict[str, dict[str, Any]]] = {
        "tiny": {"width": 16, "filters": 8, "key": 8, "value": 8},
        "small": {},
        "base": {"width": 96, "filters": 64, "key": 64, "value": 64},
    }

    width: int = 48
    """of what a step is first made"""
    filters: int = 24
    """of a dense block"""
    key: int = 32
    value: int = 32


class Dense(nn.Module):
    """(B, C, T) to (B, C + filters, T)."""

    def __init__(self, channels: int, filters: int, dilation: int):
        super().__init__()
        self.dilation = dilation
        self.convolution = nn.Conv1d(channels, 2 * filters, 2, dilation=dilation)

    def forward(self, x: Tensor) -> Tensor:
        new, gate = self.convolution(F.pad(x, (self.dilation, 0))).chunk(2, 1)
        return torch.cat([x, new.tanh() * gate.sigmoid()], 1)


class Temporal(nn.Sequential):
    """The tc block: its last step sees `longest` steps back."""

    def __init__(self, channels: int, filters: int, longest: int):
        layers = max(1, math.ceil(math.log2(longest)))
        super().__init__(*(Dense(channels + filters * layer, filters, 2**layer) for layer in range(layers)))
        self.channels = channels + filters * layers


class Look(nn.Module):
    """The attention block, (B, C, T) to (B, C + value, T), with one head."""

    def __init__(self, channels: int, key: int, value: int):
        super().__init__()
        self.mechanism = Mechanism(scope=Causal())
        self.query, self.key = nn.Linear(channels, key), nn.Linear(channels, key)
        self.value = nn.Linear(channels, value)
        self.channels = channels + value

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """And the (B, T, T) weights."""
        rows = x.transpose(1, 2)
        query, key = self.query(rows)[:, None], self.key(rows)[:, None]
        looked = weights(self.mechanism, Where.of(query, key, scale=self.mechanism.score.scale(query.shape[-1])))[:, 0]
        return torch.cat([x, (looked @ self.value(rows)).transpose(1, 2)], 1), looked


class Snail(nn.Module):
    ANSWERS: ClassVar[frozenset[str]] = STEPWISE

    def __init__(self, config: SnailConfig, shape: Shape):
        super().__init__()
        self.embed = nn.Linear(shape.inputs, config.width)
        blocks: list[Temporal | Look] = []
        channels = config.width
        for place in range(5):
            if place % 2 == 0:
                block = Look(channels, config.key, config.value)
            else:
                block = Temporal(channels, config.filters, shape.longest)
            blocks.append(block)
            channels = block.channels
        self.blocks = nn.ModuleList(blocks)
        self.output = nn.Linear(channels, shape.outputs)

    def forward(self, inputs: Tensor, targets: Tensor | None = None) -> Answer:
        x, looked = self.embed(inputs).transpose(1, 2), inputs
        for block in self.blocks:
            if isinstance(block, Look):
                x, looked = block(x)
            else:
                x = block(x)
        return Answer(self.output(x.transpose(1, 2)), {"attention": looked})
