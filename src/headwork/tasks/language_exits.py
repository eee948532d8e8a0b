"""The threshold of a network with early exits: the lowest that is certified on dev to speak as the full network does.

    loss of a piece of text = share of its places whose likeliest token is another than that of the full network

Pieces are read apart, so that they are as independent as pieces of one text can be.

Axes: n pieces, T tokens.
"""

from collections.abc import Iterator, Sequence
from typing import cast

import numpy as np
import torch
from torch import Tensor

from headwork.layers.exiting import Exit
from headwork.measure.risk import certified
from headwork.tasks.language import joined
from headwork.tasks.neural_language import ROWS, NeuralLanguageModel

THRESHOLDS = (0.999, 0.995, 0.99, 0.98, 0.96, 0.93, 0.9, 0.85, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.0)
"""from the safest on; fixed, as the certificate asks"""
DEV_TOKENS = 20_000


def exit_of(model: NeuralLanguageModel) -> Exit | None:
    """The part that decides, where the network has one."""
    return cast(Exit | None, getattr(model.network, "exit", None))


@torch.inference_mode()
def calibrate(model: NeuralLanguageModel, dev: Sequence[str]) -> None:
    """Choose the threshold, where the network has one; it stays infinite where no threshold passes."""
    decides = exit_of(model)
    if decides is None:
        return
    model.network.eval()
    ids = joined([model.vocabulary.encode(document).ids for document in dev])[:DEV_TOKENS]
    many = max(1, len(ids) // model.context)
    pieces = torch.from_numpy(ids[: many * model.context]).view(many, -1).to(model.device)
    decides.threshold.fill_(torch.inf)
    full = likeliest(model, pieces)

    def losses() -> Iterator[np.ndarray]:
        for threshold in THRESHOLDS:
            decides.threshold.fill_(threshold)
            yield (likeliest(model, pieces) != full).double().mean(1).cpu().numpy()

    passed = certified(losses(), delta=model.config.exit_risk, epsilon=model.config.exit_doubt)
    decides.threshold.fill_(THRESHOLDS[passed - 1] if passed else torch.inf)


def likeliest(model: NeuralLanguageModel, pieces: Tensor) -> Tensor:
    """(n, T) pieces to the likeliest token behind each of their places."""
    parts = (model.network(part).states for part in pieces.split(ROWS))
    return torch.cat([model.network.logits(states).argmax(-1) for states in parts])
