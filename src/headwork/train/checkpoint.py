"""A checkpoint: everything that training needs to go on, in one file that is whole or absent.

Tensors: `weights.*` (the free ones), `best.*`, `optimizer.<i>.<name>`, `random`; the position and the metrics are in
the file's metadata, so that they cannot tear from the weights.
"""

import sys
from pathlib import Path

import msgspec
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from headwork.base.errors import HeadworkError
from headwork.base.files import write_atomically
from headwork.base.runs import Point


class Position(msgspec.Struct, kw_only=True):
    """Where training stands after `step` optimiser steps."""

    step: int = 0
    seconds: float = 0.0
    """of training so far, over all attempts"""
    best_accuracy: float = -1.0
    best_loss: float = sys.float_info.max
    epochs_without_gain: int = 0
    loss_sum: float = 0.0
    """of the steps since the last look at dev"""
    loss_steps: int = 0
    points: list[Point] = []


def save_checkpoint(
    path: Path, position: Position, network: nn.Module, best: dict[str, Tensor], optimizer: torch.optim.Optimizer
) -> None:
    tensors = {f"weights.{name}": value for name, value in free_tensors(network).items()}
    tensors |= {f"best.{name}": value for name, value in best.items()}
    for index, state in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{name}": torch.as_tensor(value) for name, value in state.items()}
    tensors["random"] = torch.get_rng_state()
    tensors = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    metadata = {"position": msgspec.json.encode(position).decode()}
    write_atomically(path, lambda temporary: save_file(tensors, temporary, metadata))


def load_checkpoint(
    path: Path, network: nn.Module, optimizer: torch.optim.Optimizer
) -> tuple[Position, dict[str, Tensor]] | None:
    """Put the state back and return the position and the best weights; None where there is no checkpoint."""
    if not path.is_file():
        return None
    try:
        with safe_open(path, "pt") as file:
            position = msgspec.json.decode(file.metadata()["position"], type=Position)
            tensors = {name: file.get_tensor(name) for name in file.keys()}
    except (SafetensorError, KeyError, TypeError, msgspec.DecodeError) as error:
        raise HeadworkError(f"{path}: damaged checkpoint ({error}); delete it to start this run again") from error
    with torch.no_grad():
        for name, value in free_tensors(network).items():
            value.copy_(tensors[f"weights.{name}"])
    best = {name.removeprefix("best."): value for name, value in tensors.items() if name.startswith("best.")}
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in tensors.items():
        if name.startswith("optimizer."):
            _, index, key = name.split(".", 2)
            state.setdefault(int(index), {})[key] = value
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
    torch.set_rng_state(tensors["random"])
    return position, best


def free_tensors(network: nn.Module) -> dict[str, Tensor]:
    """The weights that training changes; frozen ones come from where they came from."""
    free = {name: parameter for name, parameter in network.named_parameters() if parameter.requires_grad}
    return {**free, **dict(network.named_buffers())}
