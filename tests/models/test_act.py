"""Adaptive computation time: halting, remainder and what thinking costs."""

import pytest
import torch

from headwork.models.act import Act, ActConfig
from headwork.models.algorithm import Shape

pytestmark = pytest.mark.row("ME03")

SHAPE = Shape(inputs=4, outputs=2, answers="bits", longest=3)


def build(**settings) -> Act:
    torch.manual_seed(0)
    model = Act(ActConfig(hidden=8, **settings), SHAPE).double()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.7)
    torch.nn.init.constant_(model.halt.bias, -1.0)
    return model


def some(count: int = 6, steps: int = 3) -> torch.Tensor:
    return torch.randn(count, steps, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("cell", ["rnn", "lstm"])
@pytest.mark.parametrize("most", [1, 3, 20])
def test_halting_weights_sum_to_one(cell, most):
    answer = build(cell=cell, most=most)(some())
    weights = answer.looks["pondering"]
    assert weights.shape == (6, 3, most)
    torch.testing.assert_close(weights.sum(-1), torch.ones(6, 3, dtype=torch.float64), rtol=0, atol=1e-15)
    assert (weights >= 0).all()


def test_thinking_is_the_papers_equations():
    """One example at a time, with the sums written out."""
    model, x = build(epsilon=0.05, tau=0.5), some()
    answer = model(x)
    for row in range(6):
        state, costs = torch.zeros(1, 8, dtype=torch.float64), 0.0
        for step in range(3):
            spent, states, outputs, shares = 0.0, [], [], []
            while True:
                flag = torch.tensor([[float(not states)]], dtype=torch.float64)
                state = model.cell(torch.cat([x[row : row + 1, step], flag], 1), state)
                states.append(state)
                outputs.append(model.output(state))
                halting = model.halt(state).sigmoid().item()
                if spent + halting >= 1 - 0.05 or len(states) == 20:
                    shares.append(1 - spent)
                    break
                shares.append(halting)
                spent += halting
            costs += len(states) + shares[-1]
            state = sum(share * one for share, one in zip(shares, states, strict=True))
            output = sum(share * one for share, one in zip(shares, outputs, strict=True))
            torch.testing.assert_close(answer.outputs[row, step], output[0])
            assert answer.thoughts[row, step] == len(states)
        assert answer.penalty[row].item() == pytest.approx(0.5 * costs)
    assert len(set(answer.thoughts.flatten().tolist())) > 1


def test_epsilon_one_thinks_once():
    answer = build(epsilon=1.0, tau=0.0)(some())
    assert (answer.thoughts == 1).all()
    single = build(most=1)(some())
    torch.testing.assert_close(answer.outputs, single.outputs)


def test_only_the_remainder_carries_the_cost_back():
    """N has no gradient, and p^N = 1 - (h^1 + … + h^N-1): to think less, early halting probabilities must rise."""
    model = build(tau=1.0)
    assert (model(some()).thoughts > 1).any()
    model(some())
    model.halt.bias.grad = None
    model(some()).penalty.sum().backward()
    assert model.halt.bias.grad is not None and model.halt.bias.grad.item() < 0


def test_a_dear_thought_is_not_thought():
    torch.manual_seed(0)
    model = Act(ActConfig(hidden=8, tau=10.0, eagerness=-2.0), SHAPE)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
    x = some().float()
    before = model(x).thoughts.float().mean()
    for _ in range(60):
        answer = model(x)
        (answer.outputs.square().mean() + answer.penalty.mean()).backward()
        optimizer.step()
        optimizer.zero_grad()
    assert before > 2 and (model(x).thoughts == 1).all()
