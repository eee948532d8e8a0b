"""Gates in place of residuals: the paper's equations, torch's GRU, and blocks that begin as the identity."""

from typing import TypeVar

import msgspec
import pytest
import torch
from torch import Tensor, nn

from headwork.layers.gates import GruGate
from headwork.layers.transformer import Block, CoreConfig
from headwork.ops.linear import for_inference

pytestmark = pytest.mark.row("LC11")

SMALL = CoreConfig(vocabulary=0, dim=12, heads=3, ff=20, norm="pre", residual="gru", causal=True, dropout=0.0)


Module = TypeVar("Module", bound=nn.Module)


def random_(module: Module) -> Module:
    torch.manual_seed(0)
    for parameter in module.parameters():
        nn.init.normal_(parameter, std=0.4)
    return module.double()


def gates_of(block: Block) -> list[GruGate]:
    return [module for module in block.children() if isinstance(module, GruGate)]


def some(*shape: int) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def test_a_gate_is_the_papers_equations():
    gate, x, y = random_(GruGate(5, bias=0.0)), some(7, 5), some(3, 7, 5)[1]
    w_r, w_z, w_h = gate.found.weight.split(5)
    u_r, u_z = gate.gates.weight.split(5)
    for row in range(7):
        r = torch.sigmoid(w_r @ y[row] + u_r @ x[row])
        z = torch.sigmoid(w_z @ y[row] + u_z @ x[row] - gate.bias)
        h = torch.tanh(w_h @ y[row] + gate.state.weight @ (r * x[row]))
        torch.testing.assert_close(gate(x, y)[row], (1 - z) * x[row] + z * h)


def test_a_gate_is_torchs_cell_where_reset_and_product_can_change_places():
    """torch resets behind U_h, which is the same where U_h is diagonal; its z says how much stays."""
    gate, x, y = random_(GruGate(5, bias=0.0)), some(7, 5), some(3, 7, 5)[1]
    cell = nn.GRUCell(5, 5).double()
    with torch.no_grad():
        gate.state.weight.copy_(torch.diag(some(5)))
        signs = torch.tensor([1.0, -1.0, 1.0], dtype=torch.float64).repeat_interleave(5)
        cell.weight_ih.copy_(signs[:, None] * gate.found.weight)
        cell.weight_hh.copy_(signs[:, None] * torch.cat([gate.gates.weight, gate.state.weight]))
        nn.init.zeros_(cell.bias_hh)
        cell.bias_ih.copy_(torch.cat([torch.zeros(5), gate.bias, torch.zeros(5)]))
    torch.testing.assert_close(gate(x, y), cell(y, x))


@pytest.mark.parametrize("packed", [True, False])
def test_with_a_large_bias_a_block_begins_as_the_identity(packed: bool):
    """Outputs and gradients; with the paper's bias it is near to it, with none it is not."""

    def strays(bias: float) -> tuple[float, float]:
        block = random_(Block(msgspec.structs.replace(SMALL, gate_bias=bias)))
        for gate in gates_of(block):
            nn.init.constant_(gate.bias, bias)
        x = some(2, 6, 12).requires_grad_()
        y = block(x.flatten(0, 1), (6, 6)).view_as(x) if packed else block.segment(x, x)
        upwards = some(2, 6, 12)
        (downwards,) = torch.autograd.grad(y, x, upwards)
        return float((y - x).detach().abs().max()), float((downwards - upwards).abs().max())

    assert max(strays(60.0)) < 1e-12
    assert strays(0.0)[0] > strays(4.0)[0] > strays(8.0)[0]
    assert strays(0.0)[1] > strays(4.0)[1] > strays(8.0)[1]
    assert min(strays(0.0)) > 0.1


def test_new_gates_have_the_bias_of_the_settings():
    block = Block(msgspec.structs.replace(SMALL, gate_bias=3.0))
    assert all((gate.bias == 3).all() for gate in gates_of(block))


@pytest.mark.parametrize("residual", ["sum", "relu", "gru"])
def test_a_block_is_its_sublayers_joined_as_the_residual_says(residual: str):
    block = random_(Block(msgspec.structs.replace(SMALL, residual=residual)))
    plain = random_(Block(msgspec.structs.replace(SMALL, residual="sum")))
    plain.load_state_dict({name: w for name, w in block.state_dict().items() if "gate" not in name})
    x, lengths = some(9, 12), (5, 4)
    found = plain.attention(plain.attention_norm(x), lengths)
    middle = {
        "sum": lambda: x + found,
        "relu": lambda: x + found.relu(),
        "gru": lambda: gates_of(block)[0](x, found.relu()),
    }[residual]()
    found = plain.feed_forward(plain.ff_norm(middle))
    expected = {
        "sum": lambda: middle + found,
        "relu": lambda: middle + found.relu(),
        "gru": lambda: gates_of(block)[1](middle, found.relu()),
    }[residual]()
    torch.testing.assert_close(block(x, lengths), expected)
    text = x[:5][None]
    torch.testing.assert_close(block.segment(text, text)[0], expected[:5])
    torch.testing.assert_close(for_inference(block.float())(x.float(), lengths), expected.float(), atol=1e-4, rtol=1e-4)


def test_the_order_of_the_norm_is_a_condition():
    with pytest.raises(ValueError, match="it needs norm = 'pre'"):
        msgspec.structs.replace(SMALL, norm="post")
