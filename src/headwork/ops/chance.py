"""What chance does, kept and put back: one random state for the processor, and one for a GPU that is in use.

And what a GPU does, so that the same run gives the same bits there: sums in one order, single precision unrounded.
"""

import os
import warnings

import torch
from torch import Tensor

RandomState = dict[str, Tensor]
"""by device"""
FILLS = "fill_uninitialized_memory"
"""of torch.utils.deterministic, which makes the name when it is loaded: a write of every new tensor, for debugging"""


def random_state() -> RandomState:
    """Of all generators that training draws from."""
    state = {"cpu": torch.get_rng_state()}
    return state | {"cuda": torch.cuda.get_rng_state()} if torch.cuda.is_initialized() else state


def set_random_state(state: RandomState) -> None:
    torch.set_rng_state(state["cpu"])
    if "cuda" in state:
        torch.cuda.set_rng_state(state["cuda"])


def repeat_on(device: str) -> None:
    """Have the same inputs give the same bits on `device` wherever it can, in the precision that is asked for.

    Before it is first used. A GPU adds up in whatever order its threads come to it, and rounds the factors of
    convolutions and of recurrent layers to 10 bits (TF32), unless it is told. Some operations have no fixed order there
    (the gradient of fused attention in float32 is one); they run as they are. cuDNN's attention is left out: it has
    none, and it prepares itself anew for every shape, which takes longer than a step, and texts come in all shapes.
    """
    if device == "cpu":
        return
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # cuBLAS: fixed buffers, hence a fixed order
    torch.use_deterministic_algorithms(True, warn_only=True)
    for told in ("does not have a deterministic implementation", "defaults to a non-deterministic algorithm"):
        warnings.filterwarnings("ignore", message=f".*{told}")
    setattr(torch.utils.deterministic, FILLS, False)
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.enable_cudnn_sdp(False)
