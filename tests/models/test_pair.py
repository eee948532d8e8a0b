"""The network of two texts: what every choice on its axes promises, and what the published ones compute."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from headwork.base.errors import HeadworkError
from headwork.base.recipes import load_recipe, recipe_names, with_settings
from headwork.models import config_of
from headwork.models.pair import ENCODERS, PairConfig, PairNetwork
from headwork.models.stored import load_tensors, save_tensors
from headwork.ops.packed import PairBatch, pack

VOCABULARY, OUTPUTS = 40, 3
FIRST = [[5, 6, 7, 8], [4], [], [10, 11, 12, 13, 14, 15], [9, 9, 9], [20, 21], [6, 30, 31, 5], [33, 8]]
SECOND = [[5, 6], [4, 2, 3, 9, 7], [3, 3], [], [9], [22, 20, 21], [31, 5], [8, 33, 8]]
LABELS = torch.tensor([0, 1, 2, 0, 1, 2, 1, 0])
NETWORKS = [name for name in recipe_names("pair") if load_recipe(name, "pair").kind == "pair"]


def build(name: str, *settings: str, size: str = "tiny", seed: int = 0) -> PairNetwork:
    recipe = with_settings(load_recipe(name, "pair"), settings, size=size)
    torch.manual_seed(seed)
    return PairNetwork(config_of(recipe), vocabulary=VOCABULARY, outputs=OUTPUTS)


def batch_of(first: list[list[int]] = FIRST, second: list[list[int]] = SECOND) -> PairBatch:
    return PairBatch(pack(first), pack(second))


def turned(batch: PairBatch) -> PairBatch:
    return PairBatch(batch.second, batch.first)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_batch_is_its_pairs(name):
    model = build(name).double().eval()
    together = model(batch_of())
    alone = [model(batch_of([one], [other])) for one, other in zip(FIRST, SECOND, strict=True)]
    assert together.shape == (len(FIRST), OUTPUTS)
    torch.testing.assert_close(together, torch.cat(alone), rtol=0, atol=1e-10)


@pytest.mark.parametrize("name", NETWORKS)
def test_gradients_reach_every_parameter_and_texts_without_tokens_are_finite(name):
    model = build(name).double()
    F.cross_entropy(model(batch_of()), LABELS).backward()
    unreached = [n for n, p in model.named_parameters() if p.grad is None or not p.grad.any()]
    assert not unreached
    empty = model(batch_of([[], []], [[], []]))
    assert empty.isfinite().all()


@pytest.mark.row("AT30")
@pytest.mark.parametrize("name", NETWORKS)
def test_exchanged_texts_exchange_the_maps(name):
    model, batch = build(name).double().eval(), batch_of()
    for found, other in zip(model.maps(batch), model.maps(turned(batch)), strict=True):
        torch.testing.assert_close(found.first, other.second, rtol=0, atol=1e-12)
        torch.testing.assert_close(found.second, other.first, rtol=0, atol=1e-12)


@pytest.mark.row("AT30")
@pytest.mark.parametrize("name", NETWORKS)
def test_a_symmetric_aggregate_answers_the_same_when_texts_change_places(name):
    batch = batch_of()
    model = build(name, "model.aggregate=symmetric").double().eval()
    torch.testing.assert_close(model(batch), model(turned(batch)), rtol=0, atol=1e-12)
    other = build(name).double().eval()
    assert not torch.allclose(other(batch), other(turned(batch)))


@pytest.mark.parametrize("name", NETWORKS)
def test_maps_are_shares_of_the_other_text(name):
    model = build(name).double().eval()
    for found, one, other in zip(model.maps(batch_of()), FIRST, SECOND, strict=True):
        assert (found.first.shape, found.second.shape) == ((len(one), len(other)), (len(other), len(one)))
        for each in found:
            expected = torch.full((len(each),), float(each.shape[1] > 0), dtype=torch.float64)
            torch.testing.assert_close(each.sum(-1), expected)


@pytest.mark.parametrize("name", ["decomposable", "two-way-lstm"])
def test_eight_pairs_are_learnt_by_heart(name):
    model = build(name, "model.dropout=0.0")
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
    for _ in range(60):
        loss = F.cross_entropy(model(batch_of()), LABELS)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    assert torch.equal(model(batch_of()).argmax(1), LABELS)


@pytest.mark.parametrize("name", NETWORKS)
def test_stored_and_loaded_it_answers_with_the_same_bits(name, tmp_path):
    model, other = build(name).eval(), build(name, seed=1).eval()
    save_tensors(model, tmp_path / "model.safetensors")
    assert not torch.equal(model(batch_of()), other(batch_of()))
    load_tensors(other, tmp_path / "model.safetensors")
    assert torch.equal(model(batch_of()), other(batch_of()))


@pytest.mark.parametrize("name", NETWORKS)
def test_the_size_dial_goes_up(name):
    sizes = [sum(p.numel() for p in build(name, size=size).parameters()) for size in ("tiny", "small", "base")]
    assert sizes[0] < sizes[1] < sizes[2]


def feed_forward(x: Tensor, model: nn.Module) -> Tensor:
    for layer in model.layers:
        x = (x @ layer.weight.T + layer.bias).relu()
    return x


@pytest.mark.row("AT30")
def test_decomposable_is_the_papers_formulas():
    """Parikh et al. 2016, equations 1 to 5, for one pair."""
    model = build("decomposable-published").double().eval()
    first, second = [5, 6, 7], [8, 9]
    a, b = (model.encoder.embedding.table.weight[torch.tensor(ids)] for ids in (first, second))
    e = feed_forward(a, model.project) @ feed_forward(b, model.project).T
    beta, alpha = e.softmax(1) @ b, e.T.softmax(1) @ a
    v1 = feed_forward(torch.cat([a, beta], 1), model.compare).sum(0)
    v2 = feed_forward(torch.cat([b, alpha], 1), model.compare).sum(0)
    expected = model.head(feed_forward(torch.cat([v1, v2])[None], model.aggregate))
    torch.testing.assert_close(model(batch_of([first], [second])), expected, rtol=0, atol=1e-12)


@pytest.mark.row("AT30")
def test_two_way_lstm_is_the_papers_formulas():
    """Chen et al. 2017, equations 11 to 19, for one pair."""
    model = build("two-way-lstm", "model.score=dot", "model.shortcut=false").double().eval()
    first, second = [5, 6, 7], [8, 9]
    a, b = (model.encoder(pack([ids])) for ids in (first, second))
    e = a @ b.T
    aligned = e.softmax(1) @ b, e.T.softmax(1) @ a
    pooled = []
    for own, other in zip((a, b), aligned, strict=True):
        seen = torch.cat([own, other, own - other, own * other], 1)
        compared = (seen @ model.compare.weight.T + model.compare.bias).relu()
        composed = model.compose(compared, [len(own)])
        pooled += [composed.mean(0), composed.max(0).values]
    expected = model.head(feed_forward(torch.cat(pooled)[None], model.aggregate))
    torch.testing.assert_close(model(batch_of([first], [second])), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("encoder", ENCODERS)
@pytest.mark.parametrize("words", ["model.score=general", "model.score=cosine:8", "model.normaliser=sparsemax"])
def test_any_score_and_normaliser_is_a_setting(encoder, words):
    model = build("decomposable", f"model.encoder={encoder}", words).eval()
    assert model(batch_of()).isfinite().all()
    assert all(torch.allclose(found.first.sum(-1), torch.tensor(1.0)) for found in model.maps(batch_of())[:2])


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("model.heads=3", "heads must divide"),
        ("model.score=nonsense", "none of that name"),
        ("model.encoder=cnn", "encoder"),
        ("model.hiden=3", "hiden"),
    ],
)
def test_impossible_settings_are_refused(setting, told):
    with pytest.raises(HeadworkError, match=told):
        config_of(with_settings(load_recipe("two-way-transformer", "pair"), (setting,)))


def test_the_defaults_are_the_small_size():
    assert PairConfig() == PairConfig(**PairConfig.SIZES["small"])
