"""What normalisers with exact zeros share: weights from a search for a threshold, a gradient from the weights alone.

Axes: K places of a row.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from headwork.attention.normalisers.base import at_least_single
from headwork.attention.normalisers.compiled import Kernel


@dataclass(frozen=True)
class Sparse:
    """A normaliser that names its `function`, made by `sparse`."""

    learned: ClassVar[bool] = False
    shift_invariant: ClassVar[bool] = True
    rowwise: ClassVar[bool] = True
    function: ClassVar[Any]

    def __call__(self, scores: Tensor) -> Tensor:
        """(…, K) scores to (…, K) weights that sum to one, or to zero where nothing is allowed."""
        if not scores.numel():
            return scores.clone()
        return self.function.apply(at_least_single(scores)).to(scores.dtype)


def sparse(weights: Callable[..., Tensor], gradient: Callable[..., Tensor]) -> type[Function]:
    """weights(scores, steps) and gradient(arriving, weights, steps) as one function that can be differentiated once."""
    forward_kernel, backward_kernel = Kernel(weights), Kernel(gradient)

    class Sparsely(Function):
        @staticmethod
        def forward(ctx: Any, scores: Tensor) -> Tensor:
            found = forward_kernel(scores, trains=ctx.needs_input_grad[0])
            ctx.save_for_backward(found)
            return found

        @staticmethod
        @once_differentiable
        def backward(ctx: Any, arriving: Tensor) -> Tensor:
            return backward_kernel(arriving, *ctx.saved_tensors, trains=True)

    return Sparsely
