"""Adam that touches only the rows that have a gradient: for large tables of which a batch reads little.

    m_r <- β1 m_r + (1 - β1) g_r              Kingma and Ba 2015, "Adam", Algorithm 1, for each row r with a gradient
    v_r <- β2 v_r + (1 - β2) g_r²
    p_r <- p_r - α sqrt(1 - β2^t) / (1 - β1^t) m_r / (sqrt(v_r) + ε)

This is the lazy form: t counts the steps of the table, one number for all rows, and a row without a gradient keeps its
moments as they are instead of letting them fade. `torch.optim.SparseAdam` is the same, by way of sparse tensors.

Axes: R rows that have a gradient, D width of a row.
"""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from headwork.base.errors import HeadworkError


class RowAdam(Optimizer):
    """For parameters with sparse gradients, as `F.embedding_bag(…, sparse=True)` gives them."""

    def __init__(
        self,
        params: Iterable[Tensor] | Iterable[dict[str, Any]],
        lr: float = 1e-3,
        *,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
    ):
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:
        """One step for every parameter that has a gradient."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for table in group["params"]:
                if table.grad is not None:
                    self._step(table, table.grad, group["lr"], group["betas"], group["eps"])
        return loss

    def _step(self, table: Tensor, grad: Tensor, lr: float, betas: tuple[float, float], eps: float) -> None:
        if not grad.is_sparse or grad.sparse_dim() != 1:
            raise HeadworkError(
                f"RowAdam: the gradient of a {tuple(table.shape)} table is not sparse by rows; use torch.optim.AdamW"
            )
        grad = grad.coalesce()  # a row that was read twice comes twice until then
        rows, found = grad.indices()[0], grad.values()
        state = self.state[table]
        if not state:
            state.update(step=0, mean=torch.zeros_like(table), square=torch.zeros_like(table))
        state["step"] += 1
        mean = state["mean"].index_select(0, rows).lerp_(found, 1 - betas[0])
        square = state["square"].index_select(0, rows).mul_(betas[1]).addcmul_(found, found, value=1 - betas[1])
        state["mean"].index_copy_(0, rows, mean)
        state["square"].index_copy_(0, rows, square)
        size = lr * (1 - betas[1] ** state["step"]) ** 0.5 / (1 - betas[0] ** state["step"])
        table.index_add_(0, rows, mean.div_(square.sqrt_().add_(eps)), alpha=-size)
