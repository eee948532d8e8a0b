"""The fast path against the formula in the open, and what a score without a decoder state promises."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from headwork.attention.context import ContextAttention
from headwork.ops.packed import mask_of, pad, segment_softmax, unpad

WIDTH = 5
lengths_of_texts = st.lists(st.integers(0, 6), min_size=1, max_size=6)
forms = st.sampled_from([None, 3])


def attention(hidden: int | None, seed: int = 0) -> ContextAttention:
    torch.manual_seed(seed)
    return ContextAttention(WIDTH, hidden=hidden).double()


def annotations(lengths: list[int], seed: int = 0) -> Tensor:
    return torch.randn(sum(lengths), WIDTH, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.row("AT20")
@given(lengths=lengths_of_texts, hidden=forms, extra=st.integers(0, 4))
@settings(max_examples=60, deadline=None)
def test_the_fast_path_is_the_formula_however_much_padding(lengths, hidden, extra):
    attend, packed = attention(hidden), annotations(lengths)
    padded = torch.nn.functional.pad(pad(packed, lengths, fill=7.0), (0, 0, 0, extra), value=-9.0)
    open_weights = attend.weights(padded, mask_of(lengths, longest=padded.shape[1]))
    torch.testing.assert_close(attend.shares(packed, lengths), unpad(open_weights, lengths), rtol=0, atol=1e-12)
    torch.testing.assert_close(attend(packed, lengths), (open_weights[:, None] @ padded)[:, 0], rtol=0, atol=1e-12)
    expected = torch.tensor([float(length > 0) for length in lengths], dtype=torch.float64)
    torch.testing.assert_close(open_weights.sum(1), expected)
    assert (open_weights >= 0).all()


@pytest.mark.parametrize("hidden", [None, 3])
def test_scores_are_those_of_the_papers(hidden):
    attend, h = attention(hidden), annotations([4])
    u = torch.tanh(h if hidden is None else h @ attend.projection.weight.T + attend.projection.bias)
    powers = torch.exp((u * attend.context).sum(1))
    torch.testing.assert_close(attend.shares(h, [4]), powers / powers.sum())


@pytest.mark.parametrize("hidden", [None, 3])
def test_gradients(hidden):
    attend, lengths = attention(hidden), [3, 0, 1, 4]
    packed = annotations(lengths).requires_grad_()

    def pooled(packed: Tensor, *parameters: Tensor) -> Tensor:
        return torch.func.functional_call(attend, dict(zip(names, parameters, strict=True)), (packed, lengths))

    names, parameters = zip(*attend.named_parameters(), strict=True)
    assert torch.autograd.gradcheck(pooled, (packed, *parameters))


def follows_from_annotations_alone(attend: ContextAttention) -> bool:
    """Do two tokens stand in the same proportion in any company and at any place?"""
    one, other, *company = annotations([8], seed=3)
    alone = attend.shares(torch.stack([one, other]), [2])
    among = attend.shares(torch.stack([*company[:3], other, *company[3:], one]), [8])
    return torch.allclose(alone[0] / alone[1], among[-1] / among[3], rtol=1e-9)


class AskingTheLastState(ContextAttention):
    """The mistake to be caught: the score asks the last state of the text, as a decoder would."""

    def keys(self, annotations: Tensor) -> Tensor:
        return (annotations + annotations[-1:]).tanh()


@pytest.mark.row("AT20")
@pytest.mark.parametrize("hidden", [None, 3])
def test_the_score_knows_no_state_beside_the_annotation(hidden):
    assert follows_from_annotations_alone(attention(hidden))
    assert not follows_from_annotations_alone(AskingTheLastState(WIDTH).double())


@pytest.mark.row("AT20")
def test_a_text_changes_no_other_text():
    attend, packed = attention(3), annotations([3, 4])
    changed = torch.cat([packed[:3], packed[3:] * 2 + 1])
    before, after = attend(packed, [3, 4]), attend(changed, [3, 4])
    assert torch.equal(before[0], after[0])
    assert not torch.allclose(before[1], after[1])
    before, after = attend.shares(packed, [3, 4]), attend.shares(changed, [3, 4])
    assert torch.equal(before[:3], after[:3])
    assert not torch.allclose(before[3:], after[3:])


def test_softmax_is_stable_and_shift_invariant():
    scores = torch.tensor([1e4, 1e4 - 1, -1e4, 5.0])
    weights = segment_softmax(scores, [3, 1])
    torch.testing.assert_close(weights, torch.tensor([*torch.tensor([1.0, 0.0, -2e4]).softmax(0), 1.0]))


def test_half_precision_scores_are_normalised_in_single():
    scores = torch.randn(1000, generator=torch.Generator().manual_seed(0)).bfloat16()
    weights = segment_softmax(scores, [1000])
    assert weights.dtype == torch.float32
    assert abs(weights.sum().item() - 1) < 1e-5


@pytest.mark.parametrize("lengths", [[0], [0, 0], [0, 2, 0]])
def test_texts_without_tokens_give_zeros_and_finite_gradients(lengths):
    attend, packed = attention(3), annotations(lengths).requires_grad_()
    pooled = attend(packed, lengths)
    assert torch.equal(pooled[0], torch.zeros(WIDTH, dtype=torch.float64))
    pooled.square().sum().backward()
    assert packed.grad.isfinite().all()
    assert all(parameter.grad.isfinite().all() for parameter in attend.parameters())
