"""Building the datastore of a trained language model: entries of the training text, two numbers chosen on dev.

Axes: t tokens of a text, N entries, n places of dev.
"""

import itertools
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from headwork.base.language import START_ID
from headwork.models.datastore import Datastore
from headwork.tasks.language import joined
from headwork.tasks.neural_language import NeuralLanguageModel

SHARES = (0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.65, 0.8)
TEMPERATURES = (1.0, 4.0, 16.0, 64.0, 256.0)
DEV_TOKENS = 20_000
"""of dev, from its beginning, on which they are chosen"""


def remember(model: NeuralLanguageModel, train: Sequence[str], dev: Sequence[str]) -> None:
    """Give the model the datastore that its settings ask for, if they do."""
    if not model.config.datastore:
        return
    model.datastore = None
    text, unseen = (joined([model.vocabulary.encode(document).ids for document in side]) for side in (train, dev))
    entries = spread(np.flatnonzero(text[1:] != START_ID), model.config.datastore)
    states, tokens = states_of(model, text, entries)
    store = Datastore(states, tokens, k=min(model.config.neighbours, len(tokens)))
    model.datastore = chosen(store, model, unseen[: DEV_TOKENS + 1])


def spread(places: np.ndarray, most: int) -> np.ndarray:
    """At most so many of the places, evenly."""
    if len(places) <= most:
        return places
    return places[np.linspace(0, len(places) - 1, most).round().astype(np.int64)]


@torch.inference_mode()
def states_of(model: NeuralLanguageModel, ids: np.ndarray, places: np.ndarray) -> tuple[Tensor, Tensor]:
    """The (N, D) states at some of the (t - 1,) places of a text that have a next token, and the (N,) tokens."""
    wanted = np.full(len(ids) - 1, -1)
    wanted[places] = np.arange(len(places))
    states = torch.empty(len(places), model.config.dim, device=model.device)
    for heard in model.hear(ids):
        for place, found in heard.new(heard.states):
            row = torch.from_numpy(wanted[place])
            states[row[row >= 0].to(model.device)] = found[(row >= 0).to(model.device)].float()
    return states, torch.from_numpy(ids[1:][places].copy()).to(model.device)


@torch.inference_mode()
def chosen(store: Datastore, model: NeuralLanguageModel, dev: np.ndarray) -> Datastore:
    """With the share and the temperature that foretell dev best; of equals the smaller share."""
    places = np.flatnonzero(dev[1:] != START_ID)
    states, answers = states_of(model, dev, places)
    alone = torch.from_numpy(np.exp(-model.read(dev).nats[places])).to(model.device)
    near = store.near(states)
    of_answer = {temperature: near.chance_of(answers, temperature).double() for temperature in TEMPERATURES}

    def loss(choice: tuple[float, float]) -> float:
        share, temperature = choice
        return -float((share * of_answer[temperature] + (1 - share) * alone).log().mean())

    share, temperature = min(itertools.product(SHARES, TEMPERATURES), key=loss)
    return replace(store, share=share, temperature=temperature)
