"""From windows to a text: one window is the text, and several are joined as the formulas say."""

import pytest
import torch
from torch import Tensor, nn

from headwork.layers.windows import Windows

POOLS = [("mean", False), ("max", False), ("attention", False), ("attention", True), ("mean", True)]
COUNTS = (1, 3, 1, 2, 4)


def drawn(pool: str, neighbours: bool, width: int = 6) -> Windows:
    """With weights as after training: none of them zero."""
    torch.manual_seed(0)
    made = Windows(width, pool=pool, neighbours=neighbours).double()  # type: ignore[arg-type]
    for parameter in made.parameters():
        nn.init.normal_(parameter, std=0.7)
    return made


@pytest.fixture
def windows() -> Tensor:
    return torch.randn(sum(COUNTS), 6, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


@torch.no_grad()
@pytest.mark.parametrize("pool, neighbours", POOLS)
def test_one_window_is_the_text(pool: str, neighbours: bool, windows: Tensor):
    made = drawn(pool, neighbours)
    assert torch.equal(made(windows, (1,) * len(windows)), windows)
    assert torch.equal(made(windows, COUNTS)[[0, 2]], windows[[0, 4]])
    assert torch.equal(made.shares(windows, COUNTS)[[0, 4]], torch.ones(2, dtype=torch.float64))


@torch.no_grad()
@pytest.mark.parametrize("pool, neighbours", POOLS)
def test_texts_do_not_see_each_other(pool: str, neighbours: bool, windows: Tensor):
    made = drawn(pool, neighbours)
    alone = [made(part, (len(part),)) for part in windows.split(list(COUNTS))]
    torch.testing.assert_close(made(windows, COUNTS), torch.cat(alone), rtol=0, atol=1e-12)
    shares = [made.shares(part, (len(part),)) for part in windows.split(list(COUNTS))]
    torch.testing.assert_close(made.shares(windows, COUNTS), torch.cat(shares), rtol=0, atol=1e-12)
    assert all(share.sum().item() == pytest.approx(1) for share in shares)


@torch.no_grad()
def test_several_are_joined_by_the_formulas(windows: Tensor):
    text = windows[:5]
    assert torch.allclose(drawn("mean", False)(text, (5,))[0], text.mean(0))
    assert torch.equal(drawn("max", False)(text, (5,))[0], text.amax(0))
    attending = drawn("attention", False)
    u = torch.tanh(text @ attending.pool.projection.weight.T + attending.pool.projection.bias)
    shares = (u @ attending.pool.context).softmax(0)
    assert torch.allclose(attending.shares(text, (5,)), shares)
    assert torch.allclose(attending(text, (5,))[0], shares @ text)
    assert shares.max() > 1.5 / 5, "a test with weights that are all alike says nothing"


@torch.no_grad()
def test_neighbours_are_heard_as_torchs_gru_hears_them(windows: Tensor):
    made, text = drawn("mean", True), windows[:5]
    gru = nn.GRU(6, 3, bidirectional=True).double()
    for parameter in gru.parameters():
        nn.init.zeros_(parameter)
    inputs, states = made.recurrent.inputs, made.recurrent.states
    bias = made.recurrent.bias.view(2, -1)
    for direction, end in enumerate(("l0", "l0_reverse")):
        getattr(gru, f"weight_ih_{end}").copy_(inputs[direction].T)
        getattr(gru, f"weight_hh_{end}").copy_(states[direction].T)
        getattr(gru, f"bias_ih_{end}").copy_(bias[direction])
    heard = text + gru(text)[0] @ made.added.weight.T
    assert torch.allclose(made(text, (5,))[0], heard.mean(0))
    assert not torch.allclose(heard, text, atol=0.1)


@torch.no_grad()
@pytest.mark.parametrize("neighbours", [False, True])
def test_attention_starts_as_the_mean(neighbours: bool, windows: Tensor):
    made, mean = Windows(6, pool="attention", neighbours=neighbours).double(), Windows(6, pool="mean", neighbours=False)
    torch.testing.assert_close(made(windows, COUNTS), mean(windows, COUNTS), rtol=0, atol=1e-12)


@pytest.mark.parametrize("pool, neighbours", POOLS)
def test_gradients_reach_every_weight_and_every_window(pool: str, neighbours: bool, windows: Tensor):
    made, given = drawn(pool, neighbours), windows.clone().requires_grad_()
    made(given, COUNTS).square().sum().backward()
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in made.parameters())
    assert given.grad.isfinite().all()
    assert pool == "max" or given.grad.abs().sum(1).all()
