"""What every network promises, for each recipe that starts from nothing."""

import pytest
import torch
from torch import Tensor, nn

from headwork.base.recipes import load_recipe, recipe_names, with_settings
from headwork.models import config_of, kind_of
from headwork.models.stored import load_tensors, save_tensors
from headwork.ops.packed import TokenBatch, pack

VOCABULARY, CLASSES = 40, 3


def starts_from_nothing(name: str) -> bool:
    recipe = load_recipe(name)
    return kind_of(recipe).neural and not recipe.model.get("pretrained")


NETWORKS = [name for name in recipe_names("classify") if starts_from_nothing(name)]


def build(name: str, size: str = "tiny", seed: int = 0) -> nn.Module:
    recipe = with_settings(load_recipe(name), (), size=size)
    model, _ = kind_of(recipe).load()
    torch.manual_seed(seed)
    return model(config_of(recipe), vocabulary=VOCABULARY, classes=CLASSES)


def batch_of(sentences: list[list[list[int]]]) -> TokenBatch:
    """Texts of sentences of ids."""
    rows = [[token for sentence in text for token in sentence] for text in sentences]
    return pack(rows, [[len(sentence) for sentence in text] for text in sentences])


TEXTS = [
    [[5, 6, 7], [8, 9]],
    [[4]],
    [],
    [[10, 11, 12, 13, 14, 15], [7, 7], [3, 2, 5, 8]],
    [[9, 9, 9]],
    [[20, 21], [22]],
    [[6, 30, 31], [32, 5]],
    [[33, 8]],
]
LABELS = torch.tensor([0, 1, 2, 0, 1, 2, 1, 0])


@pytest.mark.parametrize("name", NETWORKS)
def test_a_batch_is_its_texts(name):
    model = build(name).double().eval()
    together = model(batch_of(TEXTS))
    alone = torch.cat([model(batch_of([text])) for text in TEXTS])
    assert together.shape == (len(TEXTS), CLASSES)
    assert together.isfinite().all()
    torch.testing.assert_close(together, alone, rtol=0, atol=1e-10)


@pytest.mark.parametrize("name", NETWORKS)
def test_texts_without_tokens_have_finite_answers_and_gradients(name):
    model = build(name)
    logits = model(batch_of([[], []]))
    assert logits.isfinite().all()
    logits.sum().backward()
    assert all(p.grad is None or p.grad.isfinite().all() for p in model.parameters())


@pytest.mark.parametrize("name", NETWORKS)
def test_gradients_reach_every_parameter(name):
    model = build(name).double()
    nn.functional.cross_entropy(model(batch_of(TEXTS)), LABELS).backward()
    unreached = [n for n, p in model.named_parameters() if p.requires_grad and (p.grad is None or not p.grad.any())]
    assert not unreached


@pytest.mark.parametrize("name", NETWORKS)
def test_weights_are_shares_of_each_text(name):
    model = build(name).double().eval()
    if not hasattr(model, "weights"):
        return
    batch = batch_of(TEXTS)
    weights = model.weights(batch)
    assert weights.tokens.shape == batch.ids.shape
    assert (weights.tokens >= 0).all()
    for text, length in zip(weights.tokens.split(list(batch.lengths)), batch.lengths, strict=True):
        assert text.sum().item() == pytest.approx(float(length > 0))
    alone = torch.cat([model.weights(batch_of([text])).tokens for text in TEXTS])
    torch.testing.assert_close(weights.tokens, alone, rtol=0, atol=1e-10)


@pytest.mark.parametrize("name", NETWORKS)
def test_eight_rows_are_learnt_by_heart(name, teach):
    model = build(name)
    teach(model, [(batch_of(TEXTS), LABELS)], steps=150)
    assert torch.equal(model(batch_of(TEXTS)).argmax(1), LABELS)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_size_dial_goes_up(name):
    tiny, small, base = (sum(p.numel() for p in build(name, size).parameters()) for size in ("tiny", "small", "base"))
    assert tiny < small < base


@pytest.mark.parametrize("name", NETWORKS)
def test_stored_and_loaded_it_answers_with_the_same_bits(name, tmp_path):
    model, other = build(name).eval(), build(name, seed=1).eval()
    save_tensors(model, tmp_path / "model.safetensors")
    assert not torch.equal(model(batch_of(TEXTS)), other(batch_of(TEXTS)))
    load_tensors(other, tmp_path / "model.safetensors")
    assert torch.equal(model(batch_of(TEXTS)), other(batch_of(TEXTS)))


@pytest.mark.parametrize("name", NETWORKS)
def test_the_same_seed_trains_to_the_same_bits(name, teach):
    def trained(seed: int) -> dict[str, Tensor]:
        model = build(name, seed=seed)
        teach(model, [(batch_of(TEXTS), LABELS)], steps=3)
        return model.state_dict()

    first, second, another = trained(0), trained(0), trained(1)
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not all(torch.equal(first[name], another[name]) for name in first)
