"""Learning how the entries of a datastore join in, the network as it is.

    interpolated   a share and a temperature, the best of a few on dev
    gated          weights, taught the tokens of the entries' own places by gradient; of their course, the best on dev

A place of the training text has itself among the entries, and with it the answer: what it learns from is its nearest
entries without itself.

Axes: n places, N entries, D width of a state.
"""

import itertools
from collections.abc import Callable
from copy import deepcopy
from typing import NamedTuple

import torch
from torch import Tensor

from headwork.models.datastore import Datastore
from headwork.models.joining import ASKED, Gated, Interpolated, Joining
from headwork.models.language import LanguageNetwork

SHARES = (0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.65, 0.8)
TEMPERATURES = (1.0, 4.0, 16.0, 64.0, 256.0)
PLACES, BATCH, STEPS, STEPS_BETWEEN_LOOKS, LR = 20_000, 256, 300, 50, 1e-2
"""most places that a gate learns from, drawn evenly; places of a step; the rate falls to zero over all steps"""
CERTAIN = 10.0
"""nats that a memory of one token alone adds to its logit at first, were the gate open"""


class Seen(NamedTuple):
    """Places of a text: (n, D) states and the (n,) tokens that followed."""

    states: Tensor
    tokens: Tensor

    @torch.inference_mode()
    def nats(self, network: LanguageNetwork) -> Tensor:
        """(n,) losses of the network alone."""
        parts = zip(self.states.split(ASKED), self.tokens.split(ASKED), strict=True)
        return torch.cat([network.judge(states[None], tokens[None]).nats[0] for states, tokens in parts])


@torch.inference_mode()
def chosen(store: Datastore, network: LanguageNetwork, dev: Seen) -> Interpolated:
    """The share and the temperature that foretell dev best; of equals the smaller share."""
    alone = (-dev.nats(network).double()).exp()
    near = store.near(dev.states)
    of_answer = {temperature: near.chance_of(dev.tokens, temperature).double() for temperature in TEMPERATURES}

    def loss(choice: tuple[float, float]) -> float:
        share, temperature = choice
        return -float((share * of_answer[temperature] + (1 - share) * alone).log().mean())

    return Interpolated(*min(itertools.product(SHARES, TEMPERATURES), key=loss))


def learned(store: Datastore, network: LanguageNetwork, dev: Seen) -> Gated:
    """The gate that foretells dev best, of those at each look and before the first step."""
    table, chance = network.rows_of_tokens.detach(), torch.Generator().manual_seed(0)
    gate = Gated(table.shape[1], scale=CERTAIN / float(table.square().sum(1).mean())).to(table.device)
    best, near = deepcopy(gate), store.near(dev.states).tokens
    least = _loss(gate, network, dev, near)
    if len(store.tokens) == 1:
        return best  # it has no other to learn from
    places = torch.randperm(len(store.tokens), generator=chance)[:PLACES].to(table.device)
    found = store.near(store.states[places], without=places).tokens
    adam = torch.optim.Adam(gate.parameters(), lr=LR)
    fading = torch.optim.lr_scheduler.LinearLR(adam, 1.0, 0.0, total_iters=STEPS)
    for step in range(1, STEPS + 1):
        drawn = torch.randint(len(places), (BATCH,), generator=chance)
        joined = gate(store.states[places[drawn]], found[drawn], table)
        loss = network.loss(joined[None], store.tokens[places[drawn]][None])
        adam.zero_grad()
        loss.backward(inputs=list(gate.parameters()))
        adam.step()
        fading.step()
        if step % STEPS_BETWEEN_LOOKS == 0 and (now := _loss(gate, network, dev, near)) < least:
            best, least = deepcopy(gate), now
    return best


FITTED: dict[str, Callable[[Datastore, LanguageNetwork, Seen], Joining]] = {"interpolated": chosen, "gated": learned}


@torch.inference_mode()
def _loss(gate: Gated, network: LanguageNetwork, dev: Seen, near: Tensor) -> float:
    parts = zip(dev.states.split(ASKED), near.split(ASKED), strict=True)
    joined = torch.cat([gate(states, tokens, network.rows_of_tokens) for states, tokens in parts])
    return float(Seen(joined, dev.tokens).nats(network).double().mean())
