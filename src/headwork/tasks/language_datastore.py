"""Building the datastore of a trained language model: entries of the training text, and how they join in.

Axes: t tokens of a text, N entries, n places of dev.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch

from headwork.base.language import START_ID
from headwork.models.datastore import Datastore
from headwork.models.joining import JOININGS
from headwork.tasks.language import joined
from headwork.tasks.language_joining import FITTED, Seen
from headwork.tasks.neural_language import NeuralLanguageModel

DEV_TOKENS = 20_000
"""of dev, from its beginning, that say how the entries join in best"""


def remember(model: NeuralLanguageModel, train: Sequence[str], dev: Sequence[str]) -> None:
    """Give the model the datastore that its settings ask for, if they do."""
    if not model.config.datastore:
        return
    model.datastore = None
    text, unseen = (joined([model.vocabulary.encode(document).ids for document in side]) for side in (train, dev))
    entries, unseen = places_of(text), unseen[: DEV_TOKENS + 1]
    states, tokens = states_of(model, text, spread(entries, model.config.datastore))
    k, joining = min(model.config.neighbours, len(tokens)), model.config.joining
    store = Datastore(states, tokens, k, JOININGS[joining](model.config.dim))
    dev_places = states_of(model, unseen, places_of(unseen))
    model.datastore = replace(store, joining=FITTED[joining](store, model.network, dev_places))


def places_of(ids: np.ndarray) -> np.ndarray:
    """Those of (t,) tokens behind which the same document goes on."""
    return np.flatnonzero(ids[1:] != START_ID)


def spread(places: np.ndarray, most: int) -> np.ndarray:
    """At most so many of the places, evenly."""
    if len(places) <= most:
        return places
    return places[np.linspace(0, len(places) - 1, most).round().astype(np.int64)]


@torch.no_grad()  # and not in inference mode: a gate may learn from them
def states_of(model: NeuralLanguageModel, ids: np.ndarray, places: np.ndarray) -> Seen:
    """The states at some of the (t - 1,) places of a text that have a next token, and these tokens."""
    wanted = np.full(len(ids) - 1, -1)
    wanted[places] = np.arange(len(places))
    states = torch.empty(len(places), model.config.dim, device=model.device)
    for heard in model.hear(ids):
        for place, found in heard.new(heard.states):
            row = torch.from_numpy(wanted[place])
            states[row[row >= 0].to(model.device)] = found[(row >= 0).to(model.device)].float()
    return Seen(states, torch.from_numpy(ids[1:][places].copy()).to(model.device))
