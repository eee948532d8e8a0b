"""The module beside torch.nn.MultiheadAttention, and what it and the call refuse."""

import copy

import pytest
import torch
from tests.attention.grid import (
    HEADS,
    NORMALISER_MAKERS,
    POSITION_MAKERS,
    SCOPE_MAKERS,
    SCORE_MAKERS,
    VALUE_WIDTH,
    WIDTH,
    Point,
)
from torch import Tensor, nn

from headwork.attention.attend import attend, run
from headwork.attention.layout import Packed, Padded
from headwork.attention.mechanism import dense
from headwork.attention.memory.persistent import Persistent
from headwork.attention.module import Attention
from headwork.attention.normalisers import Entmax15
from headwork.attention.positions import Rotary, Shaw, ShawValues
from headwork.attention.record import record
from headwork.attention.scopes import Causal, Document, Given, Prefix, Window
from headwork.attention.scores import Additive
from headwork.attention.where import Where
from headwork.base.errors import HeadworkError

B, Q, K, DIM, H = 3, 5, 7, 12, 4
MASKS = ("none", "padding", "bool", "float", "bool-3d", "float-3d", "padding-and-bool", "causal")
TOLERANCE = {torch.float32: 1e-5, torch.float64: 1e-12}


def normal(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def coin(*shape: int, seed: int = 0) -> Tensor:
    """True for some 40 %, but never at the first key."""
    drawn = torch.rand(shape, generator=torch.Generator().manual_seed(seed)) < 0.4
    drawn[..., 0] = False
    return drawn


def pair(dtype: torch.dtype = torch.float64, *, bias: bool = True, **given) -> tuple[nn.MultiheadAttention, Attention]:
    """torch's module and ours with its weights."""
    torch.manual_seed(0)
    theirs = nn.MultiheadAttention(DIM, H, bias=bias, batch_first=True).to(dtype)
    for parameter in theirs.parameters():
        nn.init.normal_(parameter, std=0.5)
    ours = Attention(DIM, heads=H, bias=bias, **given).to(dtype)
    ours.load_state_dict(theirs.state_dict())
    return theirs.eval(), ours.eval()


def masks_of(kind: str, queries: int, keys: int, dtype: torch.dtype) -> dict[str, Tensor]:
    given = {}
    if kind.startswith("padding"):
        given["key_padding_mask"] = coin(B, keys)
    if kind.endswith("bool"):
        given["attn_mask"] = coin(queries, keys, seed=1)
    elif kind.startswith("float"):
        given["attn_mask"] = normal(*((B * H,) if kind.endswith("3d") else ()), queries, keys, dtype=dtype)
    elif kind == "bool-3d":
        given["attn_mask"] = coin(B * H, queries, keys, seed=1)
    elif kind == "causal":
        given["attn_mask"] = torch.ones(queries, keys, dtype=torch.bool).triu(1)
    return given


@pytest.mark.row("TR01")
@pytest.mark.parametrize("dtype", TOLERANCE, ids=str)
@pytest.mark.parametrize("keys", [Q, K])
@pytest.mark.parametrize("kind", MASKS)
def test_the_module_is_torchs_with_its_weights(kind, keys, dtype):
    theirs, ours = pair(dtype)
    query = normal(B, Q, DIM, dtype=dtype)
    key, value = (query, query) if keys == Q else (normal(B, keys, DIM, seed=s, dtype=dtype) for s in (1, 2))
    masks = masks_of(kind, Q, keys, dtype)
    for average in (True, False):
        asked = {"need_weights": True, "average_attn_weights": average}
        expected, found = theirs(query, key, value, **masks, **asked), ours(query, key, value, **masks, **asked)
        for one, other in zip(found, expected, strict=True):
            torch.testing.assert_close(one, other, rtol=0, atol=TOLERANCE[dtype])
    alone, nothing = ours(query, key, value, **masks)
    torch.testing.assert_close(alone, expected[0], rtol=0, atol=TOLERANCE[dtype])
    assert nothing is None


@pytest.mark.row("TR01")
def test_gradients_of_the_module_are_torchs():
    theirs, ours = pair()
    masks, upstream = masks_of("padding-and-bool", Q, Q, torch.float64), normal(B, Q, DIM, seed=4)
    inputs = [normal(B, Q, DIM).requires_grad_() for _ in range(2)]
    for module, x in zip((theirs, ours), inputs, strict=True):
        (module(x, x, x, **masks)[0] * upstream).sum().backward()
    torch.testing.assert_close(inputs[1].grad, inputs[0].grad)
    for name, parameter in theirs.named_parameters():
        torch.testing.assert_close(ours.get_parameter(name).grad, parameter.grad)


@pytest.mark.row("TR01")
def test_causal_needs_no_mask_and_no_bias_is_needed_either():
    theirs, ours = pair(bias=False)
    x, later = normal(B, Q, DIM), masks_of("causal", Q, Q, torch.float64)["attn_mask"]
    expected, found = theirs(x, x, x, attn_mask=later), ours(x, is_causal=True, need_weights=True)
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-12)
    assert not any("bias" in name for name in ours.state_dict())


@pytest.mark.row("TR01")
@pytest.mark.parametrize("kernel", ["auto", "dense"])
def test_a_query_without_any_key_gets_zeros_where_torch_gives_nan(kernel):
    theirs, ours = pair(kernel=kernel)
    x, masked = normal(B, Q, DIM).requires_grad_(), torch.zeros(Q, Q, dtype=torch.bool)
    masked[2] = True
    assert theirs(x, x, x, attn_mask=masked)[0][:, 2].isnan().all()
    output, weights = ours(x, attn_mask=masked, need_weights=True)
    assert (weights[:, 2] == 0).all()
    torch.testing.assert_close(output[:, 2], ours.out_proj.bias.expand(B, -1))
    for gradient in torch.autograd.grad(output.sum(), [x, *ours.parameters()]):
        assert gradient.isfinite().all()


@pytest.mark.row("TR01")
def test_fewer_heads_of_keys_and_values_serve_neighbouring_heads_of_queries():
    torch.manual_seed(0)
    shared, whole = Attention(DIM, heads=H, kv_heads=2).double(), Attention(DIM, heads=H).double()
    nn.init.normal_(shared.in_proj_bias)
    width = DIM // H
    with torch.no_grad():
        for name in ("in_proj_weight", "in_proj_bias"):
            query, key, value = getattr(shared, name).split([DIM, 2 * width, 2 * width])
            twice = [x.unflatten(0, (2, width))[[0, 0, 1, 1]].flatten(0, 1) for x in (key, value)]
            getattr(whole, name).copy_(torch.cat([query, *twice]))
        whole.out_proj.load_state_dict(shared.out_proj.state_dict())
    x = normal(B, Q, DIM)
    for one, other in zip(*(m(x, need_weights=True, average_attn_weights=False) for m in (shared, whole)), strict=True):
        torch.testing.assert_close(one, other)
    assert shared.in_proj_weight.numel() == 2 * width * 4 * DIM


def test_fewer_heads_of_keys_and_values_serve_packed_texts_too():
    query, key, value = normal(8, 4, 3), normal(8, 2, 3, seed=1), normal(8, 2, 5, seed=2)
    found = attend(query, key, value, layout=Packed((3, 5)))
    for head in range(4):
        of_head = [x[:, place : place + 1] for x, place in ((query, head), (key, head // 2), (value, head // 2))]
        torch.testing.assert_close(found[:, head : head + 1], attend(*of_head, layout=Packed((3, 5))))


MECHANISMS = {
    "additive": lambda: {"score": Additive(H, DIM // H)},
    "entmax-window": lambda: {"normaliser": Entmax15(), "scope": Window(1)},
    "rotary-causal": lambda: {"position": (Rotary(base=10.0),), "scope": Causal()},
    "shaw": lambda: {"position": (Shaw(DIM // H, clip=2),), "mix": ShawValues(DIM // H, clip=2)},
}


@pytest.mark.row("TR01")
@pytest.mark.parametrize("name", MECHANISMS)
def test_any_mechanism_goes_inside_and_its_weights_are_the_modules(name):
    torch.manual_seed(0)
    dim = 4 * H if name == "rotary-causal" else DIM
    module, x = Attention(dim, heads=H, **MECHANISMS[name]()).double(), normal(B, Q, dim)
    query, key, value = module.project(x, x, x)
    where = Where.of(query, key, scale=module.mechanism.score.scale(dim // H))
    expected = dense(module.mechanism, value, where)
    output, weights = module(x, need_weights=True, average_attn_weights=False)
    torch.testing.assert_close(weights, expected.weights)
    torch.testing.assert_close(output, module.out_proj(expected.output.transpose(1, 2).flatten(2)))
    output.square().sum().backward()
    assert all(parameter.grad is not None and parameter.grad.abs().sum() > 0 for parameter in module.parameters())
    again = copy.deepcopy(module)
    with torch.no_grad():
        for parameter in again.parameters():
            parameter.zero_()
    torch.testing.assert_close(module(x)[0], output)
    again.load_state_dict(module.state_dict())
    torch.testing.assert_close(again(x)[0], output)


def test_a_memory_lengthens_the_keys():
    module, x = Attention(DIM, heads=H, memory=Persistent(H, 2, DIM // H)).double(), normal(B, Q, DIM)
    query, key, value = module.project(x, x, x)
    expected = attend(query, *module.memory.extend(key, value)).transpose(1, 2).flatten(2)
    output, weights = module(x, need_weights=True)
    torch.testing.assert_close(output, module.out_proj(expected))
    assert weights.shape == (B, Q, Q + 2)
    assert {"memory.key", "memory.value"} <= module.state_dict().keys()


@pytest.mark.row("TR01")
@pytest.mark.parametrize("kind", MASKS)
def test_what_is_recorded_is_what_the_module_weighs(kind):
    _, module = pair()
    x, masks = normal(B, Q, DIM), masks_of(kind, Q, Q, torch.float64)
    _, expected = module(x, **masks, need_weights=True, average_attn_weights=False)
    with record(module) as tape:
        module(x, **masks)
    for text in range(B):
        torch.testing.assert_close(tape.map(0, text=text), expected[text])


def test_masks_beside_lengths_are_recorded_for_each_text_alone():
    _, module = pair()
    x, mask, lengths = normal(B, Q, DIM), normal(Q, Q, seed=3), (2, 5, 4)
    _, expected = module(x, attn_mask=mask, layout=Padded(lengths), need_weights=True, average_attn_weights=False)
    with record(module) as tape:
        module(x, attn_mask=mask, layout=Padded(lengths))
    for text, length in enumerate(lengths):
        torch.testing.assert_close(tape.map(0, text=text), expected[text, :, :length, :length])
        assert (expected[text, :, length:] == 0).all() and (expected[text, :, :, length:] == 0).all()


def test_lengths_say_the_same_as_a_padding_mask():
    _, module = pair()
    x, lengths = normal(B, Q, DIM), (2, 5, 4)
    padding = torch.arange(Q) >= torch.tensor(lengths)[:, None]
    by_mask, by_lengths = module(x, key_padding_mask=padding)[0], module(x, layout=Padded(lengths))[0]
    torch.testing.assert_close(by_lengths[~padding], by_mask[~padding])
    torch.testing.assert_close(by_lengths[padding], module.out_proj.bias.expand(int(padding.sum()), -1))


@pytest.mark.parametrize(
    "scope",
    [Prefix((2, 0, 1)), Document(coin(3, 6).long()), Given(~coin(3, 1, 6, 6))],
    ids=lambda scope: type(scope).__name__,
)
def test_what_differs_from_text_to_text_follows_it_into_a_packed_batch(scope):
    lengths, x = (4, 6, 6), normal(16, H, 3)
    found = attend(x, x, x, scope=scope, layout=Packed(lengths)).split(lengths)
    padded = nn.utils.rnn.pad_sequence(x.split(lengths), batch_first=True).transpose(1, 2)
    expected = attend(padded, padded, padded, scope=scope, layout=Padded(lengths), kernel="dense").transpose(1, 2)
    for text, length in enumerate(lengths):
        torch.testing.assert_close(found[text], expected[text, :length])


@pytest.mark.parametrize("kernel", ["auto", "fused", "linear", "windows", "dense"])
@pytest.mark.parametrize("trains", [True, False])
@pytest.mark.filterwarnings("ignore:attend")
def test_dropped_weights_are_dropped_with_or_without_gradients(kernel, trains):
    """A first pass without gradients, as checkpointing does, must drop what the second drops."""
    module = Attention(DIM, heads=H, dropout=0.5, kernel=kernel).double()
    x, outputs = normal(B, Q, DIM), []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        with torch.set_grad_enabled(trains or len(outputs) == 1):
            outputs.append(module(x)[0])
    assert torch.equal(outputs[0], outputs[1]) and not torch.equal(outputs[0], outputs[2])
    module.eval()
    assert torch.equal(module(x)[0], module(x)[0]) and not torch.allclose(module(x)[0], outputs[0])


def test_dropped_weights_of_one_query_a_text_are_dropped():
    query, key = normal(2, H, 3), normal(9, H, 3, seed=1)
    torch.manual_seed(0)
    found = [attend(query, key, key, layout=Packed((4, 5), (1, 1)), dropout=rate) for rate in (0.0, 0.5)]
    assert not torch.allclose(*found)


def test_dropout_keeps_the_mean():
    query, key, value = normal(1, 1, 2, 3), normal(1, 1, 4, 3, seed=1), normal(1, 1, 4, 2, seed=2)
    torch.manual_seed(0)
    many = torch.stack([attend(query, key, value, dropout=0.3) for _ in range(3000)])
    errors = (many.mean(0) - attend(query, key, value)) / (many.std(0) / len(many) ** 0.5)
    assert errors.abs().max() < 4


AXES = {
    **{f"score-{name}": (name, "full", "softmax", "none") for name in SCORE_MAKERS},
    **{f"scope-{name}": ("scaled_dot", name, "softmax", "none") for name in SCOPE_MAKERS},
    **{f"normaliser-{name}": ("features", "full", name, "none") for name in NORMALISER_MAKERS},
    **{f"position-{name}": ("scaled_dot", "full", "softmax", name) for name in POSITION_MAKERS},
}


@pytest.mark.parametrize("queries, keys", [(3, 0), (0, 3), (0, 0)])
@pytest.mark.parametrize("name", AXES)
def test_no_keys_or_no_queries_are_no_error_and_give_zeros(name, queries, keys):
    mechanism = Point(*AXES[name], "whole", "self").mechanism()
    query, key, value = (
        normal(1, HEADS, queries, WIDTH),
        normal(1, HEADS, keys, WIDTH),
        normal(1, HEADS, keys, VALUE_WIDTH),
    )
    for kernel in ("auto", "dense"):
        found = run(mechanism, query, key, value, kernel=kernel)
        assert torch.equal(found, torch.zeros(1, HEADS, queries, VALUE_WIDTH, dtype=torch.float64))


def module() -> Attention:
    return Attention(DIM, heads=H)


x = torch.zeros(B, Q, DIM)
REFUSED = {
    "width": (lambda: module()(torch.zeros(B, Q, 9)), r"expected query \(texts, places, 12\); found \(3, 5, 9\)"),
    "no-batch": (lambda: module()(x[0]), r"expected query \(texts, places, 12\); found \(5, 12\)"),
    "value": (lambda: module()(x, x, x[..., 1:]), r"expected value \(texts, places, 12\); found \(3, 5, 11\)"),
    "texts": (lambda: module()(x, x[1:]), r"must agree .* found query \(3, 4, 5, 3\), key \(2, 4, 5, 3\)"),
    "values": (lambda: module()(x, x, x[:, 1:]), r"must agree .* key \(3, 4, 5, 3\), value \(3, 4, 4, 3\)"),
    "padding": (
        lambda: module()(x, key_padding_mask=coin(B, Q + 1)),
        r"key_padding_mask must be bool or float, \(3, 5\); found torch.bool, \(3, 6\)",
    ),
    "padding-of-all": (lambda: module()(x, key_padding_mask=coin(1, Q)), r"\(3, 5\); found torch.bool, \(1, 5\)"),
    "mask": (
        lambda: module()(x, attn_mask=coin(Q + 1, Q)),
        r"attn_mask must be bool or float, \(5, 5\) or \(12, 5, 5\); found torch.bool, \(6, 5\)",
    ),
    "mask-of-texts": (lambda: module()(x, attn_mask=coin(B, Q, Q)), r"\(12, 5, 5\); found torch.bool, \(3, 5, 5\)"),
    "mask-of-numbers": (
        lambda: module()(x, attn_mask=coin(Q, Q).long()),
        r"bool or float.* found torch.int64, \(5, 5\)",
    ),
    "heads": (lambda: Attention(10, heads=4), r"dim 10, heads 4, kv_heads 4; heads must divide dim"),
    "kv-heads": (lambda: Attention(12, heads=4, kv_heads=3), r"heads 4, kv_heads 3; .*kv_heads heads"),
    "lengths": (lambda: module()(x, layout=Padded((5, 5))), r"2 lengths of queries up to 5, .* \(3, 4, 5, 3\)"),
    "long-lengths": (lambda: module()(x, layout=Padded((5, 6, 1))), r"3 lengths of queries up to 6, .* \(3, 4, 5, 3\)"),
    "kernel": (lambda: Attention(DIM, heads=H, kernel="fast")(x), r"kernel 'fast'; expected auto or one of segments"),
    "packed": (lambda: attend(x, x, x, layout=Packed((2, 2))), r"add up to 4 queries, .* \(3, 5, 12\)"),
    "packed-rank": (
        lambda: attend(x[None], x[None], x[None], layout=Packed((3,))),
        r"expected \(tokens, heads, width\)",
    ),
    "grouped": (lambda: attend(x[None], x[None, :2], x[None, :2]), r"heads of keys must divide .* \(1, 2, 5, 12\)"),
}


@pytest.mark.row("TR01")
@pytest.mark.parametrize("case", REFUSED)
def test_what_does_not_fit_is_refused_in_one_line_that_says_what_was_found(case):
    call, message = REFUSED[case]
    with pytest.raises(HeadworkError, match=message) as refused:
        call()
    assert "\n" not in str(refused.value)
