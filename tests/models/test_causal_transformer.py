"""Transformers over steps: nothing looks ahead, inputs may be of any length, and gates close the way at the start."""

import msgspec
import pytest
import torch
from torch import nn

from headwork.base.errors import HeadworkError
from headwork.base.recipes import load_recipe
from headwork.models import config_of
from headwork.models.algorithm import Shape
from headwork.models.causal_transformer import CausalTransformer, CausalTransformerConfig

pytestmark = pytest.mark.row("LC11")

SHAPE = Shape(inputs=3, outputs=5, answers="classes", longest=6)
KINDS = {"trxl": ("post", "sum"), "trxl-i": ("pre", "relu"), "gtrxl": ("pre", "gru")}


def build(name: str, **settings) -> CausalTransformer:
    torch.manual_seed(0)
    norm, residual = KINDS[name]
    narrow = {"dim": 8, "layers": 3, "heads": 2, "ff": 12}
    config = msgspec.convert({**narrow, "norm": norm, "residual": residual, **settings}, CausalTransformerConfig)
    return CausalTransformer(config, SHAPE).double().eval()


def some(steps: int = 6, rows: int = 2) -> torch.Tensor:
    return torch.randn(rows, steps, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("name", KINDS)
def test_it_sees_all_behind_and_nothing_ahead(name):
    model, x = build(name), some(15).requires_grad_()
    for step in range(15):
        (gradient,) = torch.autograd.grad(model(x).outputs[:, step].sum(), x)
        assert gradient.abs().sum((0, 2)).nonzero().flatten().tolist() == list(range(step + 1))


@pytest.mark.parametrize("name", KINDS)
def test_the_order_of_steps_counts(name):
    model, x = build(name), some()
    turned = torch.cat([x[:, :5].flip(1), x[:, 5:]], 1)
    assert (model(x).outputs[:, -1] - model(turned).outputs[:, -1]).abs().max() > 1e-6


@pytest.mark.parametrize("name", KINDS)
def test_it_tells_where_it_looked(name):
    model, x = build(name), some()
    answer = model(x)
    looked = answer.looks["attention"]
    assert looked.shape == (2, 6, 6) and (looked.triu(1) == 0).all()
    torch.testing.assert_close(looked.sum(-1), torch.ones(2, 6, dtype=torch.float64))
    torch.testing.assert_close(model.train()(x).outputs, answer.outputs)


def test_behind_closed_gates_a_step_is_answered_by_itself():
    model, x = build("gtrxl", gate_bias=60.0), some()
    torch.testing.assert_close(model(x).outputs, model.output(model.norm(model.embed(x))))
    assert not torch.allclose(build("gtrxl", gate_bias=0.0)(x).outputs, model(x).outputs)


def test_recipes_differ_on_one_axis_only():
    plain = config_of(load_recipe("trxl", "algorithm"))
    for name, (norm, residual) in KINDS.items():
        recipe = load_recipe(name, "algorithm")
        config = config_of(recipe)
        assert (config.norm, config.residual) == (norm, residual)
        assert recipe.train == load_recipe("trxl", "algorithm").train
        assert type(config)(norm=norm, residual=residual) == config
    assert (plain.norm, plain.residual, plain.position) == ("post", "sum", "xl")


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"residual": "gru"}, "it needs norm = 'pre'"),
        ({"heads": 5}, "heads must divide"),
        ({"layers": 0}, "layers is 0"),
        ({"position": "here"}, "there is none of that name"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings, told):
    with pytest.raises(ValueError, match=told):
        msgspec.convert(settings, CausalTransformerConfig)


def test_all_gates_are_gates():
    assert sum("gate.bias" in name for name, _ in build("gtrxl").named_parameters()) == 6
    assert not any("gate" in name for name, _ in build("trxl-i").named_parameters())
    assert isinstance(build("trxl").norm, nn.Identity)


@pytest.mark.row("LC28")
def test_channels_that_are_ignored_change_nothing():
    torch.manual_seed(0)
    shape = SHAPE._replace(channels={"wish": range(1, 2)})
    config = CausalTransformerConfig(dim=8, layers=2, heads=2, ff=12)
    deaf = msgspec.structs.replace(config, ignores="wish")
    for chosen in (config, deaf):
        model, x = CausalTransformer(chosen, shape).double(), some()
        other = x.clone()
        other[..., 1] += 1
        assert torch.equal(model(x).outputs, model(other).outputs) == (chosen is deaf)
        other[..., 2] += 1
        assert not torch.allclose(model(x).outputs, model(other).outputs)
    with pytest.raises(HeadworkError, match="channels called 'wish'; those that the data set names are none"):
        CausalTransformer(deaf, SHAPE)


@pytest.mark.row("LC28")
def test_cloning_is_the_same_network_without_returns():
    cloning, wishing = (load_recipe(name, "algorithm") for name in ("behaviour-cloning", "decision-transformer"))
    assert config_of(cloning) == msgspec.structs.replace(config_of(wishing), ignores="wish") != config_of(wishing)
    assert cloning.train == wishing.train
