"""AdamW (Loshchilov and Hutter 2019) as torch has it, without loading torch's compiler."""

import inspect

import torch
from torch.optim import Optimizer

from headwork.ops.uncompiled import uncompiled

uncompiled(Optimizer.add_param_group, Optimizer.zero_grad, Optimizer.state_dict, Optimizer.load_state_dict)


class AdamW(torch.optim.AdamW):
    """The same steps to the bit; not for compiled networks."""

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        inspect.unwrap(torch.optim.AdamW.step)(self, closure)
