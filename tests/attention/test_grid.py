"""Every lowering of every mechanism equals the dense form of each text alone, values and gradients, in float64."""

import pytest
import torch
from tests.attention.grid import SCORE_MAKERS, SHAPES, Point, pairwise, texts_of, whole_grid_of
from torch import Tensor

from headwork.attention.attend import run
from headwork.attention.kernels.base import Request
from headwork.attention.layout import Packed, Padded
from headwork.attention.mechanism import Mechanism, dense
from headwork.attention.plan import KERNELS
from headwork.attention.where import Where

Texts = list[tuple[Tensor, Tensor, Tensor]]


def alone(mechanism: Mechanism, texts: Texts) -> list[Tensor]:
    """The definition, a text at a time: (H, Q, e) each."""
    outputs = []
    for place, (query, key, value) in enumerate(texts):
        scale = mechanism.score.scale(query.shape[-1])
        where = Where.of(query[None], key[None], torch.tensor([place]), scale)
        outputs.append(dense(mechanism, value[None], where).output[0])
    return outputs


def together(mechanism: Mechanism, texts: Texts, layout: str, shape: str, kernel: str) -> list[Tensor]:
    """The same through one call, or through one for each text where the layout is whole."""
    queries, keys = zip(*SHAPES[shape], strict=True)
    if layout == "whole":
        first = [run(mechanism, *(x[None] for x in texts[0]), kernel=kernel)[0]]
        return first + alone(mechanism, texts)[1:]
    if layout == "padded":
        padded = [
            torch.nn.utils.rnn.pad_sequence([x.transpose(0, 1) for x in side], batch_first=True, padding_value=9.0)
            for side in zip(*texts, strict=True)
        ]
        query, key, value = (x.transpose(1, 2) for x in padded)
        mixed = run(mechanism, query, key, value, layout=Padded(keys, queries), kernel=kernel)
        return [row[:, :length] for row, length in zip(mixed, queries, strict=True)]
    packed = [torch.cat([x.transpose(0, 1) for x in side]) for side in zip(*texts, strict=True)]
    mixed = run(mechanism, *packed, layout=Packed(keys, queries), kernel=kernel)
    return [x.transpose(0, 1) for x in mixed.split(queries)]


def with_gradients(function, mechanism: Mechanism, texts: Texts) -> list[Tensor]:
    """Outputs, then the gradients of all inputs and all weights."""
    leaves = [tuple(x.clone().requires_grad_() for x in text) for text in texts]
    parameters = [p for module in mechanism.modules() for p in module.parameters()]
    outputs = function(leaves)
    generator = torch.Generator().manual_seed(2)
    upstream = [torch.randn(x.shape, generator=generator, dtype=x.dtype) for x in outputs]
    wanted = [x for text in leaves for x in text] + parameters
    total = sum((one * other).sum() for one, other in zip(outputs, upstream, strict=True))
    gradients = torch.autograd.grad(total, wanted, allow_unused=True) if total.requires_grad else [None] * len(wanted)
    return outputs + [
        torch.zeros_like(x) if gradient is None else gradient for x, gradient in zip(wanted, gradients, strict=True)
    ]


def serving(mechanism: Mechanism, layout: str) -> list[str]:
    """The kernels that can serve some call of this layout."""
    requests = [
        Request(heads=2, queries=queries, keys=5, width=4, value_width=3, trains=True, layout=kind, one_query=one_query)
        for queries in (5, 3)
        for kind in (("whole", "packed") if layout == "packed" else ("whole",))
        for one_query in (False, True)
    ]
    names = KERNELS if layout == "packed" else KERNELS.keys() - {"segments", "runs"}
    return [name for name in names if any(not KERNELS[name].obstacle(mechanism, request) for request in requests)]


def holds(point: Point) -> None:
    mechanism, texts = point.mechanism(), texts_of(point.shape)
    expected = with_gradients(lambda leaves: alone(mechanism, leaves), mechanism, texts)
    assert all(x.isfinite().all() for x in expected)
    for kernel in ("auto", *serving(mechanism, point.layout)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("warnings.warn", lambda *_, **__: None)  # a kernel that cannot serve says so and gives way
            found = with_gradients(
                lambda leaves, kernel=kernel: together(mechanism, leaves, point.layout, point.shape, kernel),
                mechanism,
                texts,
            )
        for ours, theirs in zip(found, expected, strict=True):
            assert torch.allclose(ours, theirs, rtol=1e-9, atol=1e-10), f"{point} by {kernel}"


@pytest.mark.row("TR06")
@pytest.mark.parametrize("point", pairwise(), ids=str)
def test_lowerings_equal_the_dense_form(point: Point) -> None:
    holds(point)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("score", SCORE_MAKERS)
def test_lowerings_equal_the_dense_form_on_the_whole_grid(score: str) -> None:
    for point in whole_grid_of(score):
        holds(point)
