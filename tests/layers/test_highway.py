"""A highway against its formula, and at the ends of its gate."""

import torch

from headwork.layers.highway import Highway


def test_the_formula():
    torch.manual_seed(0)
    layer, x = Highway(5).double(), torch.randn(3, 5, dtype=torch.float64)
    (wg, bg), (w, b) = ((each.weight, each.bias) for each in (layer.gate, layer.transform))
    gate = 1 / (1 + torch.exp(-(x @ wg.T + bg)))
    expected = gate * (x @ w.T + b).clamp(min=0) + (1 - gate) * x
    torch.testing.assert_close(layer(x), expected, rtol=0, atol=1e-12)


@torch.no_grad()
def test_closed_it_is_the_identity_and_open_it_is_the_layer():
    torch.manual_seed(0)
    layer, x = Highway(5), torch.randn(3, 5)
    layer.gate.weight.zero_()
    layer.gate.bias.fill_(-1e4)
    assert torch.equal(layer(x), x)
    layer.gate.bias.fill_(1e4)
    torch.testing.assert_close(layer(x), layer.transform(x).relu())
