"""What chance does, kept and put back: one random state for the processor, and one for a GPU that is in use.

And what a GPU does, so that the same run gives the same bits there: sums in one order, single precision unrounded.
"""

import os
import warnings

import torch
from torch import Tensor

RandomState = dict[str, Tensor]
"""by device"""


def random_state() -> RandomState:
    """Of all generators that training draws from."""
    state = {"cpu": torch.get_rng_state()}
    return state | {"cuda": torch.cuda.get_rng_state()} if torch.cuda.is_initialized() else state


def set_random_state(state: RandomState) -> None:
    torch.set_rng_state(state["cpu"])
    if "cuda" in state:
        torch.cuda.set_rng_state(state["cuda"])


def repeat_on(device: str) -> None:
    """Have the same inputs give the same bits on `device`, in the precision that is asked for; before it is first used.

    A GPU adds up in whatever order its threads come to it, and rounds the factors of convolutions and of recurrent
    layers to 10 bits (TF32), unless it is told. Some operations have no fixed order there; they run as they are.
    """
    if device == "cpu":
        return
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # cuBLAS: fixed buffers, hence a fixed order
    torch.use_deterministic_algorithms(True, warn_only=True)
    warnings.filterwarnings("ignore", message=".*does not have a deterministic implementation")
    for place, name, value in (  # not by assignment: torch makes these names when it is loaded
        (torch.utils.deterministic, "fill_uninitialized_memory", False),  # which costs a write of every new tensor
        (torch.backends.cudnn.conv, "fp32_precision", "ieee"),  # pyright: ignore[reportAttributeAccessIssue]
        (torch.backends.cudnn.rnn, "fp32_precision", "ieee"),
    ):
        setattr(place, name, value)
