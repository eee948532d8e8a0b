"""A causal Transformer that reads steps and answers each; places are relative, so that inputs may be of any length.

    h^0 = W x;   h^n = block_n(h^n-1);   y = W_o norm(h^N)

    norm       residual
    post       sum         Transformer-XL                                          Dai et al. 2019
    pre        relu        TrXL-I: what went in stays as it was on its way up      Parisotto et al. 2020
    pre        gru         GTrXL: a gate lets in what a sublayer found             Parisotto et al. 2020
    pre        sum         Decision Transformer, over returns, states and actions  Chen et al. 2021

An example is one segment, so that there is none before it to remember.

Axes: B examples, T steps, D width.
"""

from typing import Any, ClassVar, Literal, cast

import msgspec
import torch
from torch import Tensor, nn

from headwork.attention.choice import Choice
from headwork.attention.mechanism import weights
from headwork.attention.record import Call, record
from headwork.attention.where import Where
from headwork.layers.transformer import Block, CoreConfig
from headwork.models.algorithm import STEPWISE, Answer, Shape, channels_of


class CausalTransformerConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    SIZES: ClassVar[dict[str, dict[str, Any]]] = {
        "tiny": {"dim": 16, "layers": 2, "heads": 2, "ff": 32},
        "small": {},
        "base": {"dim": 128, "layers": 8, "ff": 512},
    }

    dim: int = 48
    layers: int = 4
    heads: int = 4
    ff: int = 96
    norm: Literal["post", "pre"] = "post"
    residual: Literal["sum", "relu", "gru"] = "sum"
    gate_bias: float = 2.0
    activation: Literal["relu", "gelu"] = "relu"
    position: str = "xl"
    ignores: str = ""
    """channels of the data set that are left out, by name"""

    def __post_init__(self) -> None:
        if self.layers < 1:
            raise ValueError(f"layers is {self.layers}; expected at least 1")
        self.core(1).attention.check(width=self.dim // self.heads, keys=1, heads=self.heads)

    def core(self, longest: int) -> CoreConfig:
        return CoreConfig(
            vocabulary=0,
            dim=self.dim,
            heads=self.heads,
            ff=self.ff,
            positions=longest,
            norm=self.norm,
            residual=self.residual,
            gate_bias=self.gate_bias,
            eps=1e-5,
            activation=self.activation,
            causal=True,
            attention=Choice(score="scaled_dot", position=(self.position,)),
            dropout=0.0,
        )


class CausalTransformer(nn.Module):
    ANSWERS: ClassVar[frozenset[str]] = STEPWISE
    read: Tensor
    """(I,) 0 for channels that are left out, else 1"""

    def __init__(self, config: CausalTransformerConfig, shape: Shape):
        super().__init__()
        core = config.core(shape.longest)
        read = torch.ones(shape.inputs)
        if config.ignores:
            read[list(channels_of(shape, config.ignores))] = 0
        self.register_buffer("read", read, persistent=False)
        self.embed = nn.Linear(shape.inputs, config.dim)
        self.blocks = nn.ModuleList(Block(core) for _ in range(config.layers))
        self.norm = nn.LayerNorm(config.dim, eps=core.eps) if config.norm == "pre" else nn.Identity()
        self.output = nn.Linear(config.dim, shape.outputs)

    def forward(self, inputs: Tensor, targets: Tensor | None = None) -> Answer:
        if self.training:
            return Answer(self.output(self._states(inputs)))
        with record(self) as tape:
            outputs = self.output(self._states(inputs))
        looked = torch.stack([looked_in(call) for call in tape.calls.values()])
        return Answer(outputs, {"attention": looked.mean((0, 2))})

    def _states(self, inputs: Tensor) -> Tensor:
        """(B, T, D)"""
        x = self.embed(inputs * self.read)
        for block in cast(list[Block], list(self.blocks)):
            x = block.segment(x, x)
        return self.norm(x)


def looked_in(call: Call) -> Tensor:
    """(B, H, T, T) weights."""
    where = Where.of(call.query, call.key, scale=call.mechanism.score.scale(call.query.shape[-1]))
    return weights(call.mechanism, where)
