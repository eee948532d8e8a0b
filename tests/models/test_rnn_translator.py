"""The recurrent translators against their formulas, torch's own cells, and each other."""

import pytest
import torch
from tests.models.translators import translator
from torch import nn

from headwork.attention.scopes import LocalM
from headwork.ops.packed import pack

SOURCES = [[5, 6, 7, 8, 3], [9, 3]]
TARGETS = [[2, 10, 11], [2, 5, 6, 7]]


@pytest.mark.row("AT01")
def test_the_encoder_is_a_gru_of_torch() -> None:
    model = translator("rnn").eval()
    recurrent, half = model.encoder[0], model.config.hidden // 2
    oracle = nn.GRU(model.config.width, half, bidirectional=True, batch_first=True).double()
    with torch.no_grad():
        for direction, suffix in enumerate(("", "_reverse")):
            getattr(oracle, f"weight_ih_l0{suffix}").copy_(recurrent.inputs[direction].T)
            getattr(oracle, f"weight_hh_l0{suffix}").copy_(recurrent.states[direction].T)
            bias = recurrent.bias.view(2, -1)[direction]
            getattr(oracle, f"bias_ih_l0{suffix}").copy_(bias)
            getattr(oracle, f"bias_hh_l0{suffix}").zero_()
        for source in SOURCES:
            memory = model.encode(pack([source]))
            expected, last = oracle(model.sources(torch.tensor([source])))
            torch.testing.assert_close(memory.annotations, expected, rtol=0, atol=1e-12)
            torch.testing.assert_close(memory.summary, last.transpose(0, 1).flatten(1), rtol=0, atol=1e-12)


@pytest.mark.row("AT04", "ME04")
def test_bahdanau_by_its_formulas() -> None:
    """Bahdanau, Cho and Bengio 2015, appendix A: written out for one pair with plain sums."""
    model = translator("bahdanau").eval()
    source, target = SOURCES[0], TARGETS[0]
    with torch.no_grad():
        h = model.encode(pack([source])).annotations[0]
        score = model.mechanism.score
        w, u, v = score.query_weight[0], score.key_weight[0], score.out[0]
        s = (model.first[0].weight @ torch.cat([h[-1, :4], h[0, 4:]]) + model.first[0].bias).tanh()
        for place, token in enumerate(target):
            y = model.targets.weight[token]
            energy = torch.stack([v @ (s @ w + annotation @ u).tanh() for annotation in h])
            weights = energy.exp() / energy.exp().sum()
            context = sum(weight * annotation for weight, annotation in zip(weights, h, strict=True))
            s = model.decoder[0].cell(torch.cat([y, context])[None], s[None])[0]
            deep = model.read.weight @ torch.cat([s, context, y]) + model.read.bias
            maxout = deep.view(-1, 2).max(1).values
            logits = model.targets.weight @ maxout + model.bias
            found = model(pack([source]), pack([target]))[place]
            torch.testing.assert_close(found, logits, rtol=0, atol=1e-12)


@pytest.mark.row("AT02")
def test_the_direct_pattern_by_hand() -> None:
    """Three steps of a decoder that is given nothing but the encoder's last state."""
    model = translator("rnn-direct").eval()
    source, target = pack(SOURCES[:1]), TARGETS[0]
    with torch.no_grad():
        s = model.first[0](model.encode(source).summary).tanh()
        for place, token in enumerate(target):
            s = model.decoder[0].cell(model.targets.weight[token][None], s)
            logits = model.read(s).tanh() @ model.targets.weight.T + model.bias
            torch.testing.assert_close(model(source, pack([target]))[place], logits[0], rtol=0, atol=1e-12)
    width, hidden, vocabulary = 8, 8, 30
    encoder = 2 * (width * 3 * 4 + 4 * 3 * 4 + 3 * 4)
    decoder = 3 * hidden * (width + hidden) + 2 * 3 * hidden
    other = hidden * hidden + hidden + hidden * width + width + vocabulary * width + vocabulary
    assert sum(p.numel() for p in model.parameters()) == encoder + decoder + other


@pytest.mark.row("AT03")
@pytest.mark.parametrize("attention", ["none", "before", "after"])
def test_the_recursive_pattern_with_tied_weights_is_the_direct_one(attention: str) -> None:
    direct = translator("rnn-direct", f"attention={attention}").eval()
    recursive = translator("rnn-recursive", f"attention={attention}").eval()
    recursive.load_state_dict(direct.state_dict())
    with torch.no_grad():
        states = [model.begin(pack(SOURCES)) for model in (direct, recursive)]
        for ids in torch.tensor([[2, 2], [10, 5], [11, 6], [4, 7]]):
            one, other = (model.step(ids, state) for model, state in zip((direct, recursive), states, strict=True))
            torch.testing.assert_close(one, other, rtol=0, atol=1e-12)


@pytest.mark.row("AT19")
def test_input_feeding_off_is_the_plain_decoder() -> None:
    """With the weights of what is fed set to zero, feeding changes nothing; with others it does."""
    fed = translator("luong").eval()
    plain = translator("luong", "input_feeding=false").eval()
    width = fed.config.width
    with torch.no_grad():
        state = {key: value for key, value in fed.state_dict().items() if key in plain.state_dict()}
        key = "decoder.0.cell.weight_ih"
        state[key] = state[key][:, :width]
        # The plain model reads [context; state] at once, the fed one through its attentional state.
        fed.combine.weight.zero_()
        fed.combine.weight[:, : fed.config.hidden] = torch.eye(fed.config.hidden)
        state["read.weight"] = torch.cat([fed.read.weight, torch.zeros_like(fed.read.weight)], 1)
        plain.load_state_dict(state)
        hidden = [model.decoder[0].cell for model in (fed, plain)]
        x, h = torch.randn(1, width).double(), torch.zeros(1, fed.config.hidden).double()
        fed.decoder[0].cell.weight_ih[:, width:] = 0
        one = hidden[0](torch.cat([x, torch.randn(1, fed.config.hidden).double()], 1), (h, h))
        other = hidden[1](x, (h, h))
        torch.testing.assert_close(one, other, rtol=0, atol=1e-12)
        source, target = pack(SOURCES[:1]), pack([[2, 10, 11, 12]])
        quiet = fed(source, target)
        fed.decoder[0].cell.weight_ih[:, width:] = 0.5
        assert not torch.allclose(fed(source, target)[1:], quiet[1:])
        torch.testing.assert_close(fed(source, target)[0], quiet[0], msg="nothing is fed before the first step")


def test_local_m_looks_around_the_step() -> None:
    model = translator("luong-local-m", "scope=local-m:1").eval()
    source = [5, 6, 7, 8, 9, 10, 3]
    (found,) = model.alignment(pack([source]), pack([[2, 10, 11, 12]]))
    for step, row in enumerate(found):
        looked = set(row.nonzero().flatten().tolist())
        assert looked == {place for place in (step - 1, step, step + 1) if place >= 0}
    assert isinstance(model.mechanism.scope, LocalM)


@pytest.mark.row("AT38")
def test_gnmt_is_a_residual_stack_whose_lowest_encoder_reads_both_ways() -> None:
    model = translator("gnmt").eval()
    assert [layer.directions for layer in model.encoder] == [2, 1, 1, 1]
    hidden = model.config.hidden
    assert [step.cell.input_size for step in model.decoder] == [model.config.width + hidden] + 3 * [2 * hidden]
    with torch.no_grad():
        source = pack(SOURCES[:1])
        x = model.encoder[0](model.sources(source.ids), source.lengths)
        for layer in model.encoder[1:]:
            x = layer(x, source.lengths) + x
        torch.testing.assert_close(model.encode(source).annotations[0], x, rtol=0, atol=1e-12)
