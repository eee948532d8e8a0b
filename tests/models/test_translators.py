"""What every translator keeps: a step is a row of the whole, a batch its texts, and nothing looks ahead."""

import pytest
import torch
from tests.models.translators import VOCABULARY, translator
from torch import Tensor

from headwork.attention.record import attention_of, record
from headwork.base.recipes import recipe_names
from headwork.models.stored import load_tensors, save_tensors
from headwork.ops.packed import TokenBatch, pack

RECIPES = recipe_names("translate")
SOURCES = [[5, 6, 7, 8, 3], [9, 3], [4, 12, 20, 21, 22, 23, 24, 6, 3]]
TARGETS = [[2, 10, 11], [2, 5, 6, 7, 8, 9], [2]]
LOOKING = [name for name in RECIPES if not name.startswith("rnn")]


def whole(model, sources: list[list[int]], targets: list[list[int]]) -> list[Tensor]:
    """(T, V) logits of each pair."""
    return list(model(pack(sources), pack(targets)).split([len(target) for target in targets]))


@pytest.mark.row("TR02", "AT04")
@pytest.mark.parametrize("name", RECIPES)
def test_writing_step_by_step_gives_the_logits_of_the_whole(name: str) -> None:
    model = translator(name).eval()
    longest = max(map(len, TARGETS))
    padded = torch.tensor([target + [7] * (longest - len(target)) for target in TARGETS])
    with torch.no_grad():
        state = model.begin(pack(SOURCES))
        steps = torch.stack([model.step(ids, state) for ids in padded.T], 1)
        for row, expected in enumerate(whole(model, SOURCES, TARGETS)):
            torch.testing.assert_close(steps[row, : len(expected)], expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("name", RECIPES)
def test_a_batch_is_its_pairs(name: str) -> None:
    model = translator(name).eval()
    for place, found in enumerate(whole(model, SOURCES, TARGETS)):
        (alone,) = whole(model, [SOURCES[place]], [TARGETS[place]])
        torch.testing.assert_close(found, alone, rtol=0, atol=1e-9)


@pytest.mark.parametrize("name", RECIPES)
def test_what_comes_later_changes_nothing_before(name: str) -> None:
    model = translator(name).eval()
    (one,), (other,) = (whole(model, SOURCES[:1], [[2, 10, 11, 12, last]]) for last in (13, 25))
    torch.testing.assert_close(one[:4], other[:4], rtol=0, atol=0)
    assert not torch.equal(one[4], other[4])


@pytest.mark.parametrize("name", RECIPES)
def test_every_weight_learns(name: str) -> None:
    model = translator(name).train()
    model(pack(SOURCES), pack(TARGETS)).logsumexp(1).sum().backward()
    idle = [key for key, value in model.named_parameters() if value.requires_grad and not value.grad.abs().sum() > 0]
    # Shifting all keys alike moves no softmax, so their biases in the middle of a product have no gradient.
    assert [key for key in idle if not key.endswith(("qkv.bias", "pairs.bias"))] == []


@pytest.mark.parametrize("name", RECIPES)
def test_rows_are_put_in_another_order_and_left_out(name: str) -> None:
    model = translator(name).eval()
    with torch.no_grad():
        state = model.begin(pack(SOURCES))
        state.select(torch.tensor([2, 2, 0]))
        model.step(torch.tensor([2, 2, 2]), state)
        model.step(torch.tensor([10, 11, 10]), state)
        state.reorder(torch.tensor([1, 0, 2]))
        found = model.step(torch.tensor([5, 5, 5]), state)
        written = [[2, 11, 5], [2, 10, 5], [2, 10, 5]]
        expected = whole(model, [SOURCES[2], SOURCES[2], SOURCES[0]], written)
    for row, logits in zip(found, expected, strict=True):
        torch.testing.assert_close(row, logits[-1], rtol=0, atol=1e-9)


@pytest.mark.row("AT35", "ME04")
@pytest.mark.parametrize("name", LOOKING)
def test_alignments_are_what_each_step_looks_at(name: str) -> None:
    model = translator(name).eval()
    with torch.no_grad():
        maps = model.alignment(pack(SOURCES), pack(TARGETS))
        for source, target, found in zip(SOURCES, TARGETS, maps, strict=True):
            assert found.shape == (len(target), len(source))
            state = model.begin(pack([source]))
            rows = torch.cat([model.step_and_look(torch.tensor([token]), state)[1] for token in target])
            torch.testing.assert_close(found, rows, rtol=0, atol=1e-9)
            if "local-p" not in name:  # whose Gaussian is not normalised again
                torch.testing.assert_close(found.sum(1), torch.ones(len(target), dtype=found.dtype))


@pytest.mark.parametrize("name", RECIPES)
def test_a_stored_network_is_the_same(name: str, tmp_path) -> None:
    model, other = translator(name, seed=0).eval(), translator(name, seed=1).eval()
    save_tensors(model, tmp_path / "model.safetensors")
    load_tensors(other, tmp_path / "model.safetensors")
    source, target = pack(SOURCES), pack(TARGETS)
    assert torch.equal(model(source, target), other(source, target))


@pytest.mark.parametrize("name", ["transformer", "luong"])
def test_every_attention_of_a_translator_can_be_recorded(name: str) -> None:
    model = translator(name).eval()
    with record(model) as tape:
        model(pack(SOURCES), pack(TARGETS))
    assert {layer.partition("#")[0] for layer in tape.layers} == attention_of(model).keys()


def test_the_batch_does_not_depend_on_the_vocabulary_of_the_other_side() -> None:
    model = translator("transformer", vocabulary=VOCABULARY).eval()
    ids = torch.tensor([5, 6, 3])
    assert model(TokenBatch(ids, (3,)), pack([[2]])).shape == (1, VOCABULARY)
