"""Two language models over packed texts, one read forward and one backward, that do not see each other.

    y_t, state = LSTMP_l(x_t, state)                headwork.ops.lstmp, with weights of its own for each direction
    x_t        = y_t + x_t of the layer below       from the second layer on, where there are skips

Peters et al. 2018, "Deep contextualized word representations", section 3.1. Unlike a bidirectional LSTM of several
layers, no layer joins the directions: they stand side by side only in what is given out.

Axes: B texts, N tokens of all texts together, W width of a token, H cells, P width of a direction's state, L layers.
"""

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from headwork.ops.lstmp import State, lstmp
from headwork.ops.packed import rows_of
from headwork.ops.steps import steps_of


class ProjectedLstm(nn.Module):
    """(2, N, W) tokens in steps, forward and backward, to (2, N, P) states."""

    def __init__(
        self,
        width: int,
        *,
        hidden: int,
        projection: int,
        forget_bias: float,
        cell_clip: float | None,
        projection_clip: float | None,
    ):
        """`forget_bias` is added to what the forget gate gets, beside the learned bias."""
        super().__init__()
        self.forget_bias, self.cell_clip, self.projection_clip = forget_bias, cell_clip, projection_clip
        self.weight = nn.Parameter(torch.empty(2, width + projection, 4 * hidden))
        """rows of the token, and below them rows of the state before"""
        self.bias = nn.Parameter(torch.zeros(2, 4 * hidden))
        self.projection = nn.Parameter(torch.empty(2, hidden, projection))
        for parameter in (self.weight, self.projection):
            nn.init.uniform_(parameter, -(hidden**-0.5), hidden**-0.5)

    def forward(self, x: Tensor, first: State, sizes: Sequence[int]) -> tuple[Tensor, State]:
        of_tokens, of_states = self.weight.split([x.shape[-1], self.projection.shape[-1]], dim=1)
        hidden = self.projection.shape[1]
        bias = self.bias + F.pad(x.new_full((hidden,), self.forget_bias), (2 * hidden, hidden))
        inputs = torch.baddbmm(bias[:, None], x, of_tokens)
        clips = {"cell_clip": self.cell_clip, "projection_clip": self.projection_clip}
        return lstmp(inputs, of_states, self.projection, first, sizes, **clips)


class Bilm(nn.Module):
    """(N, W) packed tokens to (L, N, 2P): what each layer says of each token, forward beside backward."""

    def __init__(
        self,
        width: int,
        *,
        layers: int,
        hidden: int,
        projection: int,
        skip: bool,
        forget_bias: float = 1.0,
        cell_clip: float | None = None,
        projection_clip: float | None = None,
    ):
        super().__init__()
        self.skip = skip
        self.layers = nn.ModuleList(
            ProjectedLstm(
                projection if number else width,
                hidden=hidden,
                projection=projection,
                forget_bias=forget_bias,
                cell_clip=cell_clip,
                projection_clip=projection_clip,
            )
            for number in range(layers)
        )

    def zeros(self, texts: int) -> State:
        """(L, 2, B, …) states of texts that nothing was read of."""
        like = self.projected()[0].projection
        shape = len(self.layers), 2, texts
        return State(like.new_zeros(*shape, like.shape[2]), like.new_zeros(*shape, like.shape[1]))

    def projected(self) -> list[ProjectedLstm]:
        return cast(list[ProjectedLstm], list(self.layers))

    def forward(self, packed: Tensor, lengths: Sequence[int], first: State) -> tuple[Tensor, State]:
        """Also the (L, 2, B, …) states behind the texts, of which none is empty; `first` are those before them."""
        steps = steps_of(lengths, packed.device)
        order = rows_of(lengths, packed.device)[steps.places[0, : len(lengths)]]
        x = packed[steps.places]
        said, behind = [], []
        for number, layer in enumerate(self.layers):
            y, state = layer(x, State(first.h[number][:, order], first.c[number][:, order]), steps.sizes)
            x = y + x if self.skip and number else y
            said.append(x)
            behind.append(state)
        there, back = steps.places.argsort(1)
        outputs = torch.stack(said)
        texts = order.argsort()
        after = State(*(torch.stack(part)[:, :, texts] for part in zip(*behind, strict=True)))
        return torch.cat([outputs[:, 0, there], outputs[:, 1, back]], dim=-1), after
