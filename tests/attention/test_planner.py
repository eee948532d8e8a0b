"""Which kernel the planner takes and what it says, and that a kernel that is asked for is taken or says why not."""

import warnings
from collections import Counter

import pytest
import torch
from tests.attention.grid import HEADS, SCOPE_MAKERS, VALUE_WIDTH, WIDTH, Point, pairwise, texts_of
from tests.attention.test_grid import together
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from headwork.attention import attend as call
from headwork.attention import plan as planner
from headwork.attention.attend import attend, request_of
from headwork.attention.kernels.base import Request
from headwork.attention.layout import Packed, Padded
from headwork.attention.mechanism import Mechanism
from headwork.attention.normalisers import Entmax15, Proportional
from headwork.attention.plan import KERNELS, plan
from headwork.attention.positions import T5, ALiBi, Rotary, Shaw, ShawValues
from headwork.attention.scopes import Causal, Full, Given, Global, Hashed, LocalP, LocalPStar, Strided, Window
from headwork.attention.scores import L2, Additive, Features
from headwork.base.errors import HeadworkError

PAIR = 2 * 64 * 64 * 4
"""bytes of one number for each pair of the request below"""


def request(**given) -> Request:
    return Request(**{"heads": 2, "queries": 64, "keys": 64, "width": 8, "value_width": 8, **given})


LINEAR = Mechanism(Features("elu"), normaliser=Proportional())
LONG = {"queries": 2048, "keys": 2048}

TABLE = {
    "softmax": (Mechanism(), {}, "fused", "torch's fused softmax attention", False),
    "l2": (Mechanism(L2()), {}, "fused", "fused", False),
    "short-training": (Mechanism(), {"trains": True}, "dense", "scores and weights written out", False),
    "training": (Mechanism(), {"trains": True, "queries": 128, "keys": 128}, "fused", "fused", False),
    "a-decoders-step": (Mechanism(), {"queries": 1}, "dense", "scores and weights written out", False),
    "a-decoders-step-on-a-gpu": (Mechanism(), {"queries": 1, "device": "cuda"}, "fused", "fused", False),
    "half": (Mechanism(), {"dtype": torch.bfloat16}, "dense", "written out", False),
    "long-half": (Mechanism(), {"dtype": torch.bfloat16, **LONG}, "fused", "fused", False),
    "half-on-a-gpu": (Mechanism(), {"dtype": torch.bfloat16, "device": "cuda"}, "fused", "fused", False),
    "entmax": (Mechanism(normaliser=Entmax15()), {}, "dense", "not fused: Entmax15 is no softmax", True),
    "additive": (Mechanism(Additive(2, 8)), {}, "dense", "not fused: Additive is no product of a query", True),
    "shaw-values": (Mechanism(mix=ShawValues(8, clip=2)), {}, "dense", "ShawValues is not the plain sum", True),
    "local-p": (Mechanism(scope=LocalP(2, 8, half=2)), {}, "dense", "LocalP weighs after the softmax", True),
    "t5": (Mechanism(position=(T5(2),)), {}, "fused", "fused", False),
    "t5-training": (Mechanism(position=(T5(2),)), {"trains": True, **LONG}, "dense", "T5 learns a bias", True),
    "t5-gpu": (Mechanism(position=(T5(2),)), {"trains": True, "device": "cuda"}, "fused", "fused", False),
    "alibi-training": (Mechanism(position=(ALiBi(),)), {"trains": True, **LONG}, "fused", "fused", False),
    "dropout": (Mechanism(dropout=0.1), {}, "dense", "not fused: weights are dropped", True),
    "twice": (Mechanism(), {"twice": True}, "dense", "not fused: gradients of gradients are asked", True),
    "window": (Mechanism(scope=Window(16)), {}, "windows", "chunks with their neighbours", False),
    "wide-window": (Mechanism(scope=Window(17)), {}, "fused", "fused", False),
    "entmax-window": (Mechanism(scope=Window(8), normaliser=Entmax15()), {}, "windows", "chunks", False),
    "windows-across": (Mechanism(scope=Window(8)), {"layout": "across"}, "fused", "aligned differently in each", True),
    "given-window": (
        Mechanism(scope=Window(8) & Given(torch.ones(64, 64, dtype=torch.bool))),
        {},
        "fused",
        "not windows: Given judges all keys of a text together",
        True,
    ),
    "strided": (Mechanism(scope=Strided(8) & Causal()), {}, "fused", "fused", False),
    "longformer": (Mechanism(scope=Window(2) | Global((0,))), {}, "fused", "fused", False),
    "linear": (LINEAR, {"trains": True}, "linear", "in linear time", False),
    "linear-causal": (Mechanism(LINEAR.score, (), Causal(), Proportional()), {}, "linear", "in linear time", False),
    "linear-cross": (
        Mechanism(LINEAR.score, (), Causal(), Proportional()),
        {"queries": 63},
        "dense",
        "not linear: the scope is neither full nor causal over as many queries as keys; not fused: Proportional",
        True,
    ),
    "linear-alibi": (
        Mechanism(LINEAR.score, (ALiBi(),), Full(), Proportional()),
        {},
        "dense",
        "not linear: a position or scope weighs each pair",
        True,
    ),
    "linear-dropout": (
        Mechanism(LINEAR.score, normaliser=Proportional(), dropout=0.1),
        {},
        "dense",
        "not linear: weights that are never held cannot be dropped",
        True,
    ),
    "packed": (Mechanism(), {"layout": "packed"}, "runs", "texts of one length together", False),
    "one-query": (Mechanism(), {"layout": "packed", "one_query": True}, "segments", "a softmax over segments", False),
    "one-query-entmax": (
        Mechanism(normaliser=Entmax15()),
        {"layout": "packed", "one_query": True},
        "runs",
        "not segments: not a softmax with a plain sum",
        True,
    ),
    "one-query-dropout": (
        Mechanism(dropout=0.1),
        {"layout": "packed", "one_query": True},
        "runs",
        "not segments: the score is no product, or weights are dropped",
        True,
    ),
    "one-query-causal": (
        Mechanism(scope=Causal()),
        {"layout": "packed", "one_query": True},
        "runs",
        "not segments: a scope or position",
        True,
    ),
    "hashed": (Mechanism(scope=Hashed(2, 8, buckets=8)), LONG, "buckets", "each bucket alone", False),
    "short-hashed": (Mechanism(scope=Hashed(2, 8, buckets=8)), {}, "fused", "fused", False),
    "hashed-twice": (Mechanism(scope=Hashed(2, 8, buckets=8, rounds=2)), LONG, "fused", "not buckets: 2 rounds", True),
    "hashed-or": (
        Mechanism(scope=Causal() & (Hashed(2, 8, buckets=8) | Causal())),
        LONG,
        "fused",
        "not buckets: the scope is not of one sort of buckets",
        True,
    ),
}


@pytest.mark.parametrize("case", TABLE)
def test_the_planner_takes_and_says(case):
    mechanism, asked, kernel, reason, fallback = TABLE[case]
    found = plan(mechanism, request(**asked))
    assert (found.kernel, found.fallback) == (kernel, fallback)
    assert reason in found.reason
    assert str(found).startswith(f"{kernel} ({'fallback: ' if fallback else ''}")


@pytest.mark.parametrize(
    "mechanism, asked, inner",
    [
        (Mechanism(scope=Window(8)), {}, "fused"),
        (Mechanism(scope=Window(256)), {"trains": True, **LONG}, "fused"),
        (Mechanism(scope=Window(8), normaliser=Entmax15()), {}, "dense"),
        (Mechanism(), {"layout": "packed"}, "fused"),
        (Mechanism(scope=Window(8)), {"layout": "packed"}, "windows"),
    ],
)
def test_runs_and_chunks_have_a_plan_of_their_own(mechanism, asked, inner):
    found = plan(mechanism, request(**asked))
    assert found.inner is not None and found.inner.kernel == inner
    assert f" > {inner} (" in str(found)


@pytest.mark.parametrize(
    "mechanism, asked, held",
    [
        (Mechanism(), {}, 0),
        (Mechanism(), {"layout": "padded"}, PAIR),
        (Mechanism(scope=Causal()), {}, 0),
        (Mechanism(position=(Rotary(),), scope=Causal()), {}, 0),
        (Mechanism(position=(ALiBi(),), scope=Causal()), {}, PAIR),
        (Mechanism(scope=Causal()), {"queries": 32}, PAIR // 2),
        (Mechanism(normaliser=Entmax15()), {}, 2 * PAIR),
        (Mechanism(normaliser=Entmax15()), {"trains": True}, 3 * PAIR),
        (Mechanism(dropout=0.1), {"trains": True}, 4 * PAIR),
    ],
)
def test_extra_memory_is_a_number_a_pair_for_each_map_that_is_held(mechanism, asked, held):
    assert plan(mechanism, request(**asked)).extra_bytes == held


def test_windows_hold_memory_in_proportion_to_the_text():
    short, long = (plan(Mechanism(scope=Window(8)), request(queries=n, keys=n)) for n in (1024, 4096))
    assert long.extra_bytes == 4 * short.extra_bytes
    assert long.inner is not None and short.inner is not None
    assert long.inner.extra_bytes == 4 * short.inner.extra_bytes


class Nothing(TorchDispatchMode):
    """No tensor is touched."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        raise AssertionError(f"the planner called {func}")


def test_a_plan_follows_from_what_is_asked_alone_and_touches_no_tensor():
    """The reach of a learned span is a number in a tensor: it alone has to be read."""
    for point in pairwise():
        if point.scope == "span":
            continue
        mechanism, asked = point.mechanism(), request(trains=True, layout=point.layout)
        with Nothing():
            first = plan(mechanism, asked)
            assert plan(mechanism, asked) == first


@pytest.fixture
def taken(monkeypatch) -> Counter:
    """How often each kernel is chosen by calls, chunks included."""
    counts: Counter[str] = Counter()

    def counted(*given, **named):
        found = choose(*given, **named)
        counts[found.kernel] += 1
        return found

    choose = planner.choose
    monkeypatch.setattr(planner, "choose", counted)
    monkeypatch.setattr(call, "choose", counted)
    return counts


def test_every_kernel_is_taken_by_the_cover_of_the_grid(taken):
    with torch.no_grad():
        for point in pairwise():
            together(point.mechanism(), texts_of(point.shape), point.layout, point.shape, "auto")
    for kernel in ("fused", "windows", "linear", "segments", "runs", "dense"):
        assert taken[kernel] >= 3, taken


def called(point: Point) -> tuple[list[Tensor], Padded | Packed | None]:
    """Query, key, value and layout of the texts of a point, in one call."""
    texts = texts_of(point.shape)
    queries, keys = zip(*((q.shape[1], k.shape[1]) for q, k, _ in texts), strict=True)
    if point.layout == "packed":
        return [torch.cat([x.transpose(0, 1) for x in side]) for side in zip(*texts, strict=True)], Packed(
            keys, queries
        )
    sides = [[x.transpose(0, 1) for x in side] for side in zip(*texts, strict=True)]
    padded = [torch.nn.utils.rnn.pad_sequence(side, batch_first=True).transpose(1, 2) for side in sides]
    return padded, Padded(keys, queries) if point.layout == "padded" else None


@torch.no_grad()
def test_what_is_planned_is_what_runs(monkeypatch):
    """A call outside chunks and runs is planned by the same choice."""
    ran = []
    for name, kernel in call.RUN.items():
        monkeypatch.setitem(
            call.RUN, name, lambda *given, name=name, kernel=kernel: (ran.append(name), kernel(*given))[1]
        )
    for point in pairwise():
        mechanism, ((query, key, value), layout) = point.mechanism(), called(point)
        planned = plan(mechanism, request_of(mechanism, query, key, value, layout))
        ran.clear()
        attended = call.run(mechanism, query, key, value, layout=layout)
        assert attended.shape[-1] == VALUE_WIDTH
        if point.layout == "packed":
            assert bool(ran) == (planned.kernel == "runs")
        else:
            assert ran[0] == planned.kernel
            assert ran[1:] == ([planned.inner.kernel] if planned.inner else [])


REFUSED = {
    "fused": ({"normaliser": Entmax15()}, "not fused: Entmax15 is no softmax; dense is taken instead"),
    "linear": ({}, "not linear: the weights are not products over their sum; fused is taken instead"),
    "windows": ({"scope": Strided(2)}, "not windows: the scope is no band with two ends; fused is taken instead"),
    "buckets": ({}, "not buckets: the scope is not of one sort of buckets; fused is taken instead"),
    "segments": ({}, "not segments: the texts are not packed; fused is taken instead"),
    "runs": ({}, "not runs: the texts are not packed; fused is taken instead"),
}


@pytest.mark.parametrize("kernel", REFUSED)
def test_a_kernel_asked_for_that_cannot_serve_says_so_and_the_result_is_right(kernel):
    given, message = REFUSED[kernel]
    query, key, value = (torch.randn(2, HEADS, 9, WIDTH, dtype=torch.float64) for _ in range(3))
    with pytest.warns(UserWarning, match=f"^attend: .*{message}$"):
        found = attend(query, key, value, kernel=kernel, **given)
    torch.testing.assert_close(found, attend(query, key, value, kernel="dense", **given))


def test_segments_asked_for_that_cannot_serve_say_so():
    x, lengths = torch.randn(8, HEADS, WIDTH, dtype=torch.float64), Packed((3, 5))
    with pytest.warns(UserWarning, match="not segments: more than one query in a text; runs is taken instead$"):
        found = attend(x, x, x, layout=lengths, kernel="segments")
    torch.testing.assert_close(found, attend(x, x, x, layout=lengths, kernel="dense"))


@pytest.mark.parametrize("kernel", ["auto", *KERNELS])
def test_a_kernel_asked_for_that_can_serve_is_taken_without_a_word(kernel, taken):
    """Each where it is not what the planner would take."""
    given = {
        "linear": {"score": LINEAR.score, "normaliser": Proportional()},
        "windows": {"scope": Window(9)},
        "buckets": {"scope": Hashed(HEADS, WIDTH, buckets=2)},
    }.get(kernel, {})
    x, layout = torch.randn(6, HEADS, WIDTH), None
    query = x[:2] if kernel in ("segments", "padded", "runs", "dense") else x
    if kernel in ("segments", "padded", "runs", "dense"):
        layout = Packed((2, 4), (1, 1))
    else:
        x = query = x.transpose(0, 1)[None]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        attend(query, x, x, layout=layout, kernel=kernel, **given)
    assert kernel == "auto" or taken[kernel] >= 1


def test_plan_takes_a_kernel_that_is_asked_for_too():
    one_query = request(layout="packed", one_query=True)
    assert plan(Mechanism(), request(), kernel="dense").kernel == "dense"
    assert plan(Mechanism(), one_query, kernel="runs").kernel == "runs"
    found = plan(Mechanism(), one_query, kernel="dense")
    assert found.inner is not None and (found.kernel, found.inner.kernel) == ("runs", "dense")
    assert plan(Mechanism(scope=LocalPStar(2, 8, count=2)), request(), kernel="fused").fallback


def test_an_unknown_kernel_is_refused():
    x = torch.zeros(1, HEADS, 3, WIDTH)
    with pytest.raises(HeadworkError, match=f"^attend: kernel 'fast'; expected auto or one of {', '.join(KERNELS)}$"):
        attend(x, x, x, kernel="fast")


@pytest.mark.parametrize("side", range(3))
def test_gradients_of_any_side_are_training(side):
    given = [torch.zeros(1, HEADS, 3, WIDTH) for _ in range(3)]
    given[side].requires_grad_()
    assert request_of(Mechanism(), *given, None).trains
    with torch.no_grad():
        assert not request_of(Mechanism(), *given, None).trains
    assert request_of(Mechanism(position=(Shaw(WIDTH, clip=1),)), *(x.detach() for x in given), None).trains


def test_every_scope_is_planned():
    for maker in SCOPE_MAKERS.values():
        assert plan(Mechanism(scope=maker()), request()).kernel in KERNELS
