"""Two towers: vectors against loops, texts alone as in a batch, one set of weights or two, and the scale."""

import math
from typing import Any

import pytest
import torch

from headwork.base.recipes import load_recipe, with_settings
from headwork.models import config_of, kind_of
from headwork.models.dual_encoder import DualEncoderConfig
from headwork.models.stored import load_tensors, save_tensors
from headwork.models.word_towers import WordTower, WordTowersConfig
from headwork.ops.packed import PairBatch, pack

VOCABULARY = 40
TEXTS = [[5, 6, 7, 8, 9], [4], [], [10, 11, 12, 13, 14, 15, 7, 7], [9, 9, 9]]
OTHERS = [[20, 21], [22, 5, 6], [6], [], [33, 8, 8, 8]]
CASES = {
    "nbow": ("nbow", ()),
    "two towers, largest": ("nbow", ("model.towers=two", "model.pool=max")),
    "mean": ("nbow", ("model.pool=mean",)),
    "cnn": ("cnn", ()),
    "codebert": ("codebert", ()),
    "two encoders": ("codebert", ("model.denoising=false", "model.towers=two", "model.temperature=learned")),
}


def build(case: str, seed: int = 0, size: str = "tiny") -> Any:
    name, settings = CASES[case]
    recipe = with_settings(load_recipe(name, "retrieve"), settings, size=size)
    model, _ = kind_of(recipe).load()
    torch.manual_seed(seed)
    return model(config_of(recipe), vocabulary=VOCABULARY)


def batch(rows: list[int] | None = None) -> PairBatch:
    rows = list(range(len(TEXTS))) if rows is None else rows
    return PairBatch(pack([TEXTS[row] for row in rows]), pack([OTHERS[row] for row in rows]))


@pytest.mark.parametrize("case", CASES)
def test_a_batch_is_its_texts_and_their_cosines(case):
    towers = build(case).double().eval()
    queries, documents = towers.both(batch())
    alone = [towers.both(batch([row])) for row in range(len(TEXTS))]
    torch.testing.assert_close(queries, torch.cat([one for one, _ in alone]), rtol=0, atol=1e-10)
    torch.testing.assert_close(documents, torch.cat([other for _, other in alone]), rtol=0, atol=1e-10)
    lengths = queries.norm(dim=1)
    assert torch.allclose(lengths[[0, 1, 3, 4]], torch.ones(4, dtype=torch.float64)) and lengths[2] == 0
    torch.testing.assert_close(towers(batch()), 20.0 * queries @ documents.T, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("case", CASES)
def test_one_tower_reads_both_alike_and_two_do_not(case):
    towers = build(case).double().eval()
    same = PairBatch(pack(TEXTS), pack(TEXTS))
    queries, documents = towers.both(same)
    one = towers.queries is towers.documents
    assert torch.allclose(queries, documents) == one
    assert one == (towers.config.towers == "one")


@pytest.mark.parametrize("case", CASES)
def test_gradients_reach_what_search_uses(case):
    towers = build(case).double().train()
    (towers(batch()) * torch.randn(5, 5, dtype=torch.float64)).sum().backward()
    unreached = [
        name
        for name, p in towers.named_parameters()
        if p.requires_grad and not name.startswith("heads.") and (p.grad is None or not p.grad.any())
    ]
    assert not unreached


@pytest.mark.parametrize("case", CASES)
def test_stored_and_loaded_it_answers_with_the_same_bits(case, tmp_path):
    towers, other = build(case).eval(), build(case, seed=1).eval()
    save_tensors(towers, tmp_path / "model.safetensors")
    assert not torch.equal(towers(batch()), other(batch()))
    load_tensors(other, tmp_path / "model.safetensors")
    assert torch.equal(towers(batch()), other(batch()))


@pytest.mark.parametrize("case", ["nbow", "codebert"])
def test_the_size_dial_goes_up(case):
    tiny, small, base = (
        sum(p.numel() for p in build(case, size=size).parameters()) for size in ("tiny", "small", "base")
    )
    assert tiny < small < base


@pytest.mark.row("BE26")
@pytest.mark.parametrize("convolutions", [0, 2])
def test_word_towers_are_their_formula(convolutions):
    torch.manual_seed(0)
    config = WordTowersConfig(width=6, convolutions=convolutions, window=3, dropout=0.0)
    tower: Any = WordTower(config, vocabulary=VOCABULARY).double().eval()
    found = tower.vectors(pack([text for text in TEXTS if text]))
    for text, vector in zip([text for text in TEXTS if text], found, strict=True):
        x = tower.embedding.table.weight[text]
        for convolution in tower.convolutions:
            kernel, bias = convolution.filters.weight, convolution.filters.bias
            padded = torch.cat([x.new_zeros(1, 6), x, x.new_zeros(1, 6)])
            said = [bias + sum(kernel[:, :, k] @ padded[i + k] for k in range(3)) for i in range(len(text))]
            x = x + torch.stack(said).tanh()
        weights = [1 / (1 + math.exp(-(tower.weigh.weight[0] @ row).item())) for row in x]
        expected = sum(weight * row for weight, row in zip(weights, x, strict=True)) / sum(weights)
        torch.testing.assert_close(vector, expected)


def test_a_learned_scale_is_bounded_and_a_fixed_one_stays():
    learned, fixed = build("two encoders"), build("codebert")
    assert learned.log_scale.requires_grad and not fixed.log_scale.requires_grad
    assert fixed.scale.item() == pytest.approx(20)
    with torch.no_grad():
        learned.log_scale.fill_(10.0)
    assert learned.scale.item() == 100


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"scale": 0.0}, "expected more than 0"),
        ({"long": "windows"}, "one vector"),
        ({"denoising": True}, "one tower from scratch"),
        ({"denoising": True, "tokens": "wordpiece", "towers": "two"}, "one tower from scratch"),
    ],
)
def test_impossible_settings_are_refused(settings, told):
    with pytest.raises(ValueError, match=told):
        DualEncoderConfig(**settings)
    with pytest.raises(ValueError, match="window 0"):
        WordTowersConfig(window=0)
