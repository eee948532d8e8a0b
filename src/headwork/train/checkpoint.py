"""A checkpoint: everything that training needs to go on, in one file that is whole or absent.

Tensors: `weights.*` (the free ones), `best.*`, `kept.<i>.*`, `carried.*`, `optimizer.<i>.<name>`, `random.*`; the
position and the metrics are in the file's metadata, so that they cannot tear from the weights.
"""

from pathlib import Path
from typing import NamedTuple

import msgspec
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from headwork.base.errors import HeadworkError
from headwork.base.files import write_atomically
from headwork.base.runs import Point
from headwork.ops.chance import random_state, set_random_state


class Position(msgspec.Struct, kw_only=True):
    """Where training stands after `step` optimiser steps."""

    step: int = 0
    seconds: float = 0.0
    """of training so far, over all attempts"""
    best_rank: tuple[float, ...] = ()
    """of the weights that are kept"""
    epochs_without_gain: int = 0
    loss_sum: float = 0.0
    """of the steps since the last look at dev"""
    loss_steps: int = 0
    points: list[Point] = []


Weights = dict[str, Tensor]


class State(NamedTuple):
    """What training has gathered beside the weights and the optimiser."""

    position: Position
    best: Weights
    kept: list[Weights]
    """weights of the last looks, to be averaged"""
    carried: Weights
    """what a step leaves to the next"""


def save_checkpoint(path: Path, state: State, network: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    tensors = _named("weights", free_tensors(network)) | _named("best", state.best) | _named("carried", state.carried)
    for index, weights in enumerate(state.kept):
        tensors |= _named(f"kept.{index}", weights)
    for index, values in optimizer.state_dict()["state"].items():
        tensors |= _named(f"optimizer.{index}", {name: torch.as_tensor(value) for name, value in values.items()})
    tensors |= _named("random", random_state())
    tensors = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    metadata = {"position": msgspec.json.encode(state.position).decode()}
    write_atomically(path, lambda temporary: save_file(tensors, temporary, metadata))


def load_checkpoint(path: Path, network: nn.Module, optimizer: torch.optim.Optimizer) -> State | None:
    """Put weights, optimiser and random state back and return the rest; None where there is no checkpoint."""
    if not path.is_file():
        return None
    try:
        with safe_open(path, "pt") as file:
            position = msgspec.json.decode(file.metadata()["position"], type=Position)
            tensors = {name: file.get_tensor(name) for name in file.keys()}
    except (SafetensorError, KeyError, TypeError, msgspec.DecodeError) as error:
        raise HeadworkError(f"{path}: damaged checkpoint ({error}); delete it to start this run again") from error
    weights = _below("weights", tensors)
    with torch.no_grad():
        for name, value in free_tensors(network).items():
            value.copy_(weights[name])
    values = {int(index): values for index, values in _grouped(_below("optimizer", tensors)).items()}
    optimizer.load_state_dict({"state": values, "param_groups": optimizer.state_dict()["param_groups"]})
    set_random_state(_below("random", tensors))
    kept = _grouped(_below("kept", tensors))
    in_order = [kept[index] for index in sorted(kept, key=int)]
    return State(position, _below("best", tensors), in_order, _below("carried", tensors))


def copied(tensors: Weights) -> Weights:
    return {name: value.detach().clone() for name, value in tensors.items()}


def _named(prefix: str, tensors: Weights) -> Weights:
    return {f"{prefix}.{name}": value for name, value in tensors.items()}


def _below(prefix: str, tensors: Weights) -> Weights:
    start = f"{prefix}."
    return {name.removeprefix(start): value for name, value in tensors.items() if name.startswith(start)}


def _grouped(tensors: Weights) -> dict[str, Weights]:
    """Names such as `3.exp_avg`, by what stands before the first point."""
    groups: dict[str, Weights] = {}
    for name, value in tensors.items():
        index, _, rest = name.partition(".")
        groups.setdefault(index, {})[rest] = value
    return groups


def free_tensors(network: nn.Module) -> dict[str, Tensor]:
    """The weights that training changes; frozen ones come from where they came from."""
    free = {name: parameter for name, parameter in network.named_parameters() if parameter.requires_grad}
    return {**free, **dict(network.named_buffers())}
