"""What tests of networks share: a few steps of training."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from headwork.ops.packed import TokenBatch

Teach = Callable[..., float]


@pytest.fixture(scope="session")
def teach() -> Teach:
    """`teach(model, batches, steps=…, lr=…)` trains on (batch, labels) pairs in turn; returns the last loss."""

    def teach(model: nn.Module, batches: list[tuple[TokenBatch, Tensor]], *, steps: int, lr: float = 0.01) -> float:
        optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=lr)
        model.train()
        for step in range(steps):
            batch, labels = batches[step % len(batches)]
            loss = functional.cross_entropy(model(batch), labels)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
        model.eval()
        return loss.item()

    return teach
