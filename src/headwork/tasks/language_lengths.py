"""What a language model gains from longer segments, and what they cost it.

Axes: B texts, T tokens of a segment, t tokens of a text.
"""

import copy
import time
from collections.abc import Sequence

import numpy as np
import torch

from headwork.base.language import LengthPoint
from headwork.ops.chance import random_state, set_random_state
from headwork.ops.live import Live
from headwork.tasks.neural_language import NeuralLanguageModel

SHORTEST = 16
MOST_TOKENS = 20_000
"""of the test side that are read at each length"""
REPEATS = 3


def lengths_of(model: NeuralLanguageModel, ids: np.ndarray) -> tuple[LengthPoint, ...]:
    """Quality, time and memory at 16, 32, … tokens, up to the model's context."""
    context = model.config.context
    lengths = [*(SHORTEST << n for n in range(12) if SHORTEST << n < context), context]
    lengths = [length for length in lengths if length < len(ids)]
    text = ids[: MOST_TOKENS + 1]
    points = []
    for length in lengths:
        nats = float(model.read(text, context=length, apart=True).nats.mean())
        seconds, most = step_cost(model, ids[: length + 1])
        points.append(LengthPoint(length=length, nats=nats, seconds=seconds, bytes=most))
    return tuple(points)


def step_cost(model: NeuralLanguageModel, ids: Sequence[int] | np.ndarray) -> tuple[float, int]:
    """The least seconds of a training step on one text, and the most bytes of tensors that it holds at once."""
    network = copy.deepcopy(model.network).train()
    window = torch.as_tensor(np.asarray(ids), device=model.device)[None]

    def step() -> None:
        loss, _ = network.learn(window[:, :-1], window[:, 1:], None, done=0.0)
        loss.backward()
        network.zero_grad(set_to_none=True)
        if window.is_cuda:
            torch.cuda.synchronize()  # a GPU is asked, not waited for

    random = random_state()
    taken = []
    for _ in range(1 + REPEATS):
        began = time.perf_counter()
        step()
        taken.append(time.perf_counter() - began)
    with Live() as live:
        step()
    set_random_state(random)
    return min(taken[1:]), live.peak
