"""The contract that every normaliser keeps, over the whole table."""

import dataclasses

import pytest
import torch
from torch import Tensor, nn

from headwork.attention.normalisers import (
    NORMALISERS,
    Entmax,
    Entmax15,
    Hard,
    LearnedEntmax,
    Normaliser,
    Proportional,
    Sigmoid,
    Softmax,
    Sparsemax,
    TopK,
)

HEADS = 2
SHAPE = (2, HEADS, 3, 5)
MEMBERS: dict[str, Normaliser] = {
    "softmax": Softmax(),
    "sparsemax": Sparsemax(),
    "entmax15": Entmax15(),
    "entmax 1.1": Entmax(1.1),
    "entmax 1.5": Entmax(1.5),
    "entmax 1.8": Entmax(1.8),
    "entmax 2": Entmax(2),
    "entmax learned": LearnedEntmax(HEADS, start=1.3),
    "sigmoid": Sigmoid(),
    "sigmoid lower": Sigmoid(bias=-1.5),
    "top-k": TopK(2),
    "top-k of more than there are": TopK(9),
    "hard": Hard(),
    "hard gumbel": Hard("gumbel", temperature=0.7),
    "hard reinforce": Hard("reinforce"),
    "proportional": Proportional(),
}
HARD = [name for name in MEMBERS if name.startswith("hard")]
SMOOTH = [name for name in MEMBERS if name not in HARD]
SPARSE = [name for name in MEMBERS if name.startswith(("sparsemax", "entmax", "top-k", "hard"))]
SUMMING = [name for name in MEMBERS if not name.startswith("sigmoid")]


def scores_for(name: str, *shape: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> Tensor:
    drawn = torch.randn(shape or SHAPE, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return (drawn.exp() if name == "proportional" else drawn).to(dtype)


def hidden_places(*shape: int) -> Tensor:
    """Some places of each row, and all of some rows."""
    hidden = torch.rand(shape or SHAPE, generator=torch.Generator().manual_seed(1)) < 0.4
    hidden[0, 0, 1] = hidden[-1, -1, -1] = True
    hidden[0, 0, 0] = False
    return hidden


def test_every_name_of_the_table_is_tested():
    tested = {type(member) for member in MEMBERS.values()}
    assert set(NORMALISERS.values()) <= tested
    assert all(isinstance(kind(), kind) for kind in NORMALISERS.values()), "each has defaults"


@pytest.mark.parametrize("name", MEMBERS)
def test_parameters_or_a_value(name):
    member = MEMBERS[name]
    assert member.rowwise
    assert member.learned == (isinstance(member, nn.Module) and any(True for _ in member.parameters()))
    if not member.learned:
        assert dataclasses.replace(member) == member  # type: ignore[type-var]
        assert hash(dataclasses.replace(member)) == hash(member)  # type: ignore[type-var]
        with pytest.raises(dataclasses.FrozenInstanceError):
            member.anything = 1  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", MEMBERS)
@pytest.mark.parametrize("masked", [False, True])
def test_weights_are_shares(name, masked):
    scores, hidden = scores_for(name), hidden_places() if masked else torch.zeros(SHAPE, dtype=torch.bool)
    weights = MEMBERS[name](scores.masked_fill(hidden, -torch.inf))
    assert weights.shape == scores.shape and weights.dtype == scores.dtype
    assert (weights >= 0).all() and (weights <= 1).all()
    assert (weights[hidden] == 0).all()
    if name in SUMMING:
        torch.testing.assert_close(weights.sum(-1), (~hidden).any(-1).double(), rtol=0, atol=1e-14)


@pytest.mark.parametrize("name", SMOOTH)
@pytest.mark.parametrize("masked", [False, True])
def test_gradients(name, masked):
    member, hidden = MEMBERS[name], hidden_places() if masked else torch.zeros(SHAPE, dtype=torch.bool)
    # spread, so that no score stands within a difference's reach of its threshold
    scores = (2 * scores_for(name)).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: member(x.masked_fill(hidden, -torch.inf)), (scores,))


@pytest.mark.parametrize("name", MEMBERS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_nothing_allowed_gives_zeros_and_no_gradient(name, dtype):
    hidden = hidden_places()
    scores = scores_for(name, dtype=dtype).requires_grad_()
    with torch.autograd.set_detect_anomaly(True):
        weights = MEMBERS[name](scores.masked_fill(hidden, -torch.inf))
        masked = scores.detach().masked_fill(hidden, -torch.inf).requires_grad_()
        again = MEMBERS[name](masked)
        for made in (weights, again):
            if made.requires_grad:
                (made * torch.arange(5).to(dtype)).sum().backward()
    assert (weights[hidden.all(-1)] == 0).all()
    for leaf in (scores, masked):
        if leaf.grad is not None:
            assert leaf.grad.isfinite().all()
            assert (leaf.grad[hidden] == 0).all()


@pytest.mark.parametrize("name", MEMBERS)
def test_only_rows_of_nothing(name):
    scores = torch.full(SHAPE, -torch.inf, requires_grad=True)
    with torch.autograd.set_detect_anomaly(True):
        weights = MEMBERS[name](scores)
        if weights.requires_grad:
            weights.sum().backward()
            assert scores.grad is not None and (scores.grad == 0).all()
    assert (weights == 0).all()


@pytest.mark.parametrize("name", MEMBERS)
@pytest.mark.parametrize("shape", [(2, HEADS, 3, 0), (2, HEADS, 0, 4), (0, HEADS, 3, 4)])
def test_empty(name, shape):
    scores = torch.zeros(shape, requires_grad=True)
    weights = MEMBERS[name](scores)
    assert weights.shape == shape
    if weights.requires_grad:
        weights.sum().backward()


@pytest.mark.parametrize("name", SUMMING)
def test_one_place_takes_all(name):
    weights = MEMBERS[name](scores_for(name, 2, HEADS, 3, 1))
    torch.testing.assert_close(weights, torch.ones_like(weights), rtol=0, atol=1e-15)


@pytest.mark.parametrize("name", MEMBERS)
def test_the_order_of_places_means_nothing(name):
    scores, order = scores_for(name), torch.tensor([3, 0, 4, 1, 2])
    with torch.no_grad():
        weights = MEMBERS[name](scores)
        torch.testing.assert_close(MEMBERS[name](scores[..., order]), weights[..., order], rtol=0, atol=1e-14)


@pytest.mark.parametrize("name", MEMBERS)
def test_a_row_changes_no_other_row(name):
    scores = scores_for(name)
    changed = scores.clone()
    changed[0, 0, 0] = scores[0, 0, 0].flip(0) * 3
    with torch.no_grad():
        before, after = MEMBERS[name](scores).flatten(0, 2), MEMBERS[name](changed).flatten(0, 2)
    torch.testing.assert_close(before[1:], after[1:], rtol=0, atol=1e-14)
    assert not torch.allclose(before[0], after[0])


@pytest.mark.parametrize("name", MEMBERS)
def test_shifting_a_row(name):
    scores = scores_for(name)
    with torch.no_grad():
        same = torch.allclose(MEMBERS[name](scores + 3), MEMBERS[name](scores), rtol=0, atol=1e-13)
    assert same == MEMBERS[name].shift_invariant


@pytest.mark.parametrize("name", MEMBERS)
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision(name, dtype):
    scores = scores_for(name, 2, HEADS, 3, 400).to(dtype)
    with torch.no_grad():
        weights, exact = MEMBERS[name](scores), MEMBERS[name](scores.double())
    assert weights.dtype == dtype
    torch.testing.assert_close(weights.double(), exact, rtol=torch.finfo(dtype).eps, atol=1e-6)


@pytest.mark.parametrize("name", MEMBERS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_huge_scores(name, dtype):
    # float16 ends at 65504
    scores = ((1e3 if name == "proportional" else 1e4) * scores_for(name)).to(dtype).requires_grad_()
    weights = MEMBERS[name](scores)
    assert weights.isfinite().all()
    if name in SUMMING:
        torch.testing.assert_close(weights.sum(-1), torch.ones(SHAPE[:-1], dtype=dtype))
    if weights.requires_grad:
        weights.square().sum().backward()
        assert scores.grad is not None and scores.grad.isfinite().all()


@pytest.mark.row("TR11")
@pytest.mark.parametrize("name", MEMBERS)
def test_exact_zeros_where_they_are_promised(name):
    scores = scores_for(name, 2, HEADS, 3, 40) * (1 if name == "proportional" else 4)
    share = (MEMBERS[name](scores) > 0).double().mean()
    # at alpha 1.1 a score has to be 10 below the threshold
    assert share < 0.8 if name in SPARSE and name != "entmax 1.1" else share > 0.4


@pytest.mark.parametrize("name", [name for name in SMOOTH if name != "top-k"])
def test_a_score_that_is_not_a_number_is_not_hidden(name):
    scores = scores_for(name)
    scores[0, 0, 0, 2] = torch.nan
    assert MEMBERS[name](scores)[0, 0, 0, 2].isnan()
