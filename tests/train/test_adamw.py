"""AdamW without the compiler is AdamW."""

import subprocess
import sys

import torch

from headwork.train.adamw import AdamW


def test_the_steps_are_those_of_torch_to_the_bit():
    found = []
    for kind in (AdamW, torch.optim.AdamW):
        torch.manual_seed(0)
        network = torch.nn.Linear(5, 3)
        optimizer = kind(
            [{"params": [network.weight], "weight_decay": 0.1}, {"params": [network.bias], "weight_decay": 0.0}],
            lr=0.01,
            fused=True,
        )
        for step in range(5):
            optimizer.zero_grad()
            network(torch.randn(4, 5)).square().sum().backward()
            optimizer.param_groups[0]["lr"] = 0.01 / (1 + step)
            optimizer.step()
            other = kind(optimizer.param_groups, lr=0.01, fused=True)
            other.load_state_dict(optimizer.state_dict())
            optimizer = other
        found.append(
            [*network.parameters(), *(value for state in optimizer.state.values() for value in state.values())]
        )
    assert len(found[0]) == len(found[1]) == 2 + 2 * 3
    assert all(torch.equal(one, other) for one, other in zip(*found, strict=True))


def test_training_does_not_load_the_compiler():
    code = """
import sys
import torch
from headwork.train.adamw import AdamW
network = torch.nn.Linear(5, 3)
optimizer = AdamW([{"params": list(network.parameters())}], lr=0.01, fused=True)
optimizer.zero_grad()
network(torch.randn(4, 5)).square().sum().backward()
optimizer.step()
optimizer.load_state_dict(optimizer.state_dict())
assert "torch._dynamo" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)
