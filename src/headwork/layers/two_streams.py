"""Two streams of states: one knows each token, the other only its place and what was known before it.

    h_i = block(h_i; keys and values of h_j, z_j <= z_i)        content: e(x_i) at first
    g_i = block(g_i; keys and values of h_j, z_j <  z_i)        query: the same vector w for all at first

z_i says when token i becomes known; both streams share all weights. log p(x_i | what was known before) = E g_i + c.

Yang et al. 2019, "XLNet", section 2.3. What is known from the beginning (z < 0) needs no query; in training that is all
but the last part of a drawn order (partial prediction), whose tokens foretell best.

Axes: N tokens of all texts, M of them asked for, B texts, L tokens of the longest, H heads, D width.
"""

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from headwork.attention.attend import run
from headwork.attention.layout import Packed
from headwork.attention.scopes import Order
from headwork.layers.transformer import Block, Core
from headwork.ops.packed import TokenBatch, pad


def drawn(lengths: Sequence[int], *, one_of: int, generator: torch.Generator) -> Tensor:
    """(N,) z of texts of these lengths: a random order each, of which one token in `one_of` is asked for, the last."""
    orders = [torch.randperm(length, generator=generator) for length in lengths]
    known = [length - max(1, length // one_of) for length in lengths]
    return torch.cat([(order - first).clamp(min=-1) for order, first in zip(orders, known, strict=True)])


def query_stream(core: Core, batch: TokenBatch, order: Tensor, *, types: Tensor | None = None) -> Tensor:
    """(N,) z of each token, below 0 where it is known, to the (M, D) states of the others' places, text after text.

    A token that nothing is known before sees nothing at all. `types` are (N,) segments.
    """
    assert core.asked is not None
    places, told = (order >= 0).nonzero().squeeze(1), core.told(batch, types)
    known = pad(order, batch.lengths)
    scope = Order(known.repeat(2, 1), torch.cat([known, known - 1]))
    states = torch.cat([core.embeddings(batch, types), core.asked.expand(len(places), -1)])
    for block in core.layers:
        states = _block(block, states, batch.lengths, places, scope, told)
    return states[len(batch.ids) :]


def _block(
    block: Block, states: Tensor, lengths: Sequence[int], places: Tensor, scope: Order, types: Tensor | None
) -> Tensor:
    """(N + M, D) states of the content and of the queries, which differ in nothing but what they look at."""
    attention, tokens = block.attention, sum(lengths)
    query, key, value = attention.qkv(states).unflatten(1, (3, block.config.heads, -1)).unbind(1)
    asked = torch.zeros_like(query[:tokens]).index_copy(0, places, query[tokens:])
    mechanism = attention.told(None if types is None else types.repeat(2, 1))
    mixed = run(
        replace(mechanism, scope=mechanism.scope & scope),
        torch.cat([query[:tokens], asked]),
        key[:tokens].repeat(2, 1, 1),
        value[:tokens].repeat(2, 1, 1),
        layout=Packed(tuple(lengths) * 2),
        tape=attention.tape,
    )
    mixed = torch.cat([mixed[:tokens], mixed[tokens:][places]])
    attended = block.attention_norm(attention.out(mixed.flatten(1), residual=states, dropout=block.config.dropout))
    return block.ff_norm(block.feed_forward(attended, residual=attended))
