"""The search against all pairs, the reading against gather-and-sum, and that the memory memorises."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional as F

from headwork.attention.memory import Usage
from headwork.attention.memory.product_keys import ProductKeyMemory, Slots
from headwork.base.errors import HeadworkError
from headwork.ops.packed import pad, unpad
from headwork.ops.row_adam import RowAdam

D = 6


def memory(seed: int = 0, **settings) -> ProductKeyMemory:
    torch.manual_seed(seed)
    return ProductKeyMemory(D, **{"keys": 5, "heads": 2, "knn": 4, "key_dim": 8, **settings}).double()


def tokens(count: int, seed: int = 0) -> Tensor:
    return torch.randn(count, D, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def scores_of_all_pairs(layer: ProductKeyMemory, query: Tensor) -> Tensor:
    """(N, H, 2c) to (N, H, K²): every pair of half keys, none left out."""
    first, second = layer.scores(query).unbind(2)
    return (first[..., :, None] + second[..., None, :]).flatten(-2)


def is_a_top_k(found: Slots, scores: Tensor, knn: int) -> bool:
    """Distinct slots with their own scores, and these are the `knn` highest, to the last bit."""
    distinct = all(len(set(row)) == knn for row in found.indices.flatten(0, 1).tolist())
    own = torch.equal(scores.gather(-1, found.indices), found.scores)
    return distinct and own and torch.equal(found.scores, scores.sort(-1, descending=True).values[..., :knn])


@pytest.mark.row("ME09")
@given(keys=st.integers(1, 9), knn=st.integers(1, 20), seed=st.integers(0, 99), ties=st.booleans())
def test_the_search_through_halves_is_the_search_through_all_pairs(keys, knn, seed, ties):
    knn = min(knn, keys**2)
    layer = memory(seed, keys=keys, knn=knn)
    query = torch.randn(3, 2, 8, dtype=torch.float64)
    if ties:  # few whole numbers: many pairs score the same
        query, layer.keys.data = query.round(), layer.keys.data.mul(3).round()
    found, scores = layer.lookup(query), scores_of_all_pairs(layer, query)
    assert is_a_top_k(found, scores, knn)
    torch.testing.assert_close(found.weights, found.scores.softmax(-1))


@pytest.mark.row("ME09")
def test_a_slots_score_is_the_product_with_its_whole_key():
    layer, query = memory(), torch.randn(3, 2, 8, dtype=torch.float64)
    found = layer.lookup(query)
    for head in range(2):
        first, second = layer.keys[head]
        whole = torch.cat([first.repeat_interleave(5, 0), second.repeat(5, 1)], 1)
        products = query[:, head] @ whole.T
        torch.testing.assert_close(found.scores[:, head], products.topk(4).values, rtol=0, atol=1e-12)
        assert torch.equal(found.indices[:, head], products.topk(4).indices)


@pytest.mark.row("ME09")
def test_the_search_is_exact_at_the_papers_size():
    layer = memory(keys=128, knn=32, heads=4, key_dim=64)
    query = torch.randn(6, 4, 64, dtype=torch.float64)
    found, scores = layer.lookup(query), scores_of_all_pairs(layer, query)
    assert is_a_top_k(found, scores, 32)
    assert torch.equal(found.indices, scores.topk(32).indices)
    assert len(layer.first) == 119


@pytest.mark.row("ME09")
def test_rounding_hides_no_pair():
    layer = memory(keys=6, knn=7).bfloat16()
    for seed in range(20):
        query = torch.randn(4, 2, 8, generator=torch.Generator().manual_seed(seed)).bfloat16()
        assert is_a_top_k(layer.lookup(query), scores_of_all_pairs(layer, query), 7)


def gathered(layer: ProductKeyMemory, slots: Slots) -> Tensor:
    return (layer.values[slots.indices] * slots.weights[..., None]).sum((1, 2))


@pytest.mark.parametrize("sparse", [False, True])
def test_reading_is_gather_and_sum(sparse):
    layer, x = memory(sparse=sparse), tokens(7)
    slots = layer.lookup(layer.queries(x))
    torch.testing.assert_close(layer.read(slots), gathered(layer, slots), rtol=0, atol=1e-12)
    layer.eval()
    torch.testing.assert_close(layer(x), gathered(layer, layer.lookup(layer.queries(x))), rtol=0, atol=1e-12)


class WithoutGates(ProductKeyMemory):
    """The mistake to be caught: values are summed, their weights forgotten."""

    def read(self, slots: Slots) -> Tensor:
        return super().read(slots._replace(weights=torch.ones_like(slots.weights)))


def gates_matter(kind: type[ProductKeyMemory]) -> bool:
    """Does the output change when the same slots score otherwise? And do keys and queries learn?"""
    torch.manual_seed(0)
    layer = kind(D, keys=5, heads=2, knn=25, key_dim=8).double()
    query = layer.queries(tokens(3))
    read = [layer.read(layer.lookup(query * scale)) for scale in (1, 2)]
    read[0].sum().backward()
    learns = layer.keys.grad is not None and layer.query.weight.grad is not None
    return learns and not torch.allclose(read[0], read[1])


def test_gates_matter():
    assert gates_matter(ProductKeyMemory)
    assert not gates_matter(WithoutGates)


def test_gradients():
    layer = memory(key_dim=4, knn=3)
    x = tokens(3).requires_grad_()
    names, parameters = zip(*layer.named_parameters(), strict=True)

    def output(x: Tensor, *parameters: Tensor) -> Tensor:
        buffers = {name: buffer.clone() for name, buffer in layer.named_buffers()}
        return torch.func.functional_call(layer, {**dict(zip(names, parameters, strict=True)), **buffers}, (x,))

    assert torch.autograd.gradcheck(output, (x, *parameters))


def test_sparse_and_dense_gradients_are_the_same():
    grads = []
    for sparse in (False, True):
        layer = memory(sparse=sparse)
        layer(tokens(7)).square().sum().backward()
        grads.append(layer.values.grad)
    assert not grads[0].is_sparse
    assert grads[1].is_sparse
    torch.testing.assert_close(grads[1].to_dense(), grads[0], rtol=0, atol=1e-12)
    assert not memory(keys=316, key_dim=2).sparse
    assert memory(keys=317, key_dim=2).sparse


def test_batch_norm_counts_real_tokens_and_nothing_else():
    lengths, x = [3, 1, 5], tokens(9)
    layer = memory()
    layer(unpad(pad(x, lengths, fill=100.0), lengths))
    projected = layer.query(x)
    torch.testing.assert_close(layer.norm.running_mean, 0.1 * projected.mean(0))
    torch.testing.assert_close(layer.norm.running_var, 0.9 + 0.1 * projected.var(0))
    normal = layer.queries(x).flatten(1)
    torch.testing.assert_close(normal.mean(0), torch.zeros_like(normal[0]))
    with pytest.raises(HeadworkError, match="pack tokens"):
        layer(pad(x, lengths))


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("count", [0, 1])
def test_batches_too_small_for_a_variance(count, training):
    layer = memory().train(training)
    output = layer(tokens(count))
    assert output.shape == (count, D)
    assert output.isfinite().all()
    torch.testing.assert_close(output, layer.eval()(tokens(count)))
    output.sum().backward()


def test_values_may_have_a_width_of_their_own():
    assert memory(value_dim=9)(tokens(4)).shape == (4, 9)


@pytest.mark.parametrize("settings", [{"knn": 26}, {"knn": 0}, {"key_dim": 7}])
def test_impossible_sizes_are_refused(settings):
    with pytest.raises(HeadworkError, match="at most all slots"):
        memory(**settings)


def test_stored_weights_come_back():
    layer, other = memory(0), memory(1)
    layer(tokens(8))
    other.load_state_dict(layer.state_dict())
    assert torch.equal(other.eval()(tokens(3)), layer.eval()(tokens(3)))
    assert set(layer.state_dict()) >= {"keys", "values", "query.weight", "norm.running_mean"}


@pytest.mark.row("ME09")
@pytest.mark.parametrize("sparse", [False, True])
def test_it_memorises_random_pairs(sparse):
    torch.manual_seed(0)
    x, y = torch.randn(200, 16), torch.randn(200, 16)
    layer = ProductKeyMemory(16, keys=24, heads=2, knn=8, key_dim=32, sparse=sparse)
    rest = [parameter for name, parameter in layer.named_parameters() if name != "values"]
    values = RowAdam([layer.values], lr=0.05) if sparse else torch.optim.Adam([layer.values], lr=0.05)
    optimizers = [values, torch.optim.Adam(rest, lr=0.005)]
    for _ in range(300):
        loss = F.mse_loss(layer(x), y)
        for optimizer in optimizers:
            optimizer.zero_grad()
        loss.backward()
        for optimizer in optimizers:
            optimizer.step()
    linear = torch.linalg.lstsq(x, y).solution
    assert F.mse_loss(x @ linear, y) > 0.5
    assert F.mse_loss(layer.eval()(x), y) < 0.02
    usage = Usage(24**2)
    usage.add(*layer.lookup(layer.queries(x))[:2])
    assert usage.share > 0.5


def test_it_stands_in_the_place_of_a_feed_forward_sublayer():
    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.norm, self.memory = nn.LayerNorm(D), ProductKeyMemory(D, keys=5, knn=4, key_dim=8)

        def forward(self, x: Tensor) -> Tensor:
            return x + self.memory(self.norm(x))

    assert Block()(torch.randn(11, D)).shape == (11, D)
