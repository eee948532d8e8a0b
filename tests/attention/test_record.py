"""Recorded maps are those that mixed the values, whatever kernel ran; silence and mistakes are refused."""

import pytest
import torch
from tests.attention.grid import Point, pairwise, texts_of
from torch import nn

from headwork.attention.attend import run
from headwork.attention.context import ContextAttention
from headwork.attention.layout import Packed, Padded
from headwork.attention.mechanism import Mechanism, dense
from headwork.attention.memory import ProductKeyMemory, Usage
from headwork.attention.module import Attention
from headwork.attention.normalisers import Entmax15
from headwork.attention.plan import KERNELS
from headwork.attention.positions import ALiBi
from headwork.attention.record import record
from headwork.attention.scopes import Causal, Window
from headwork.attention.where import Where
from headwork.base.errors import HeadworkError
from headwork.ops.packed import segment_softmax


class Alone(nn.Module):
    """One call of attention, so that any mechanism can be recorded."""

    def __init__(self, mechanism: Mechanism, **settings) -> None:
        super().__init__()
        self.mechanism, self.settings = mechanism, settings
        self.tape = None

    def forward(self, *given):
        return run(self.mechanism, *given, tape=self.tape, **self.settings)


class TwoLayers(nn.Module):
    def __init__(self, **settings) -> None:
        super().__init__()
        self.first, self.second = Attention(24, heads=4, **settings), Attention(24, heads=4, **settings)

    def forward(self, x):
        return self.second(self.first(x)[0])[0]


def inputs(*shape: int) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(*shape, generator=generator) for _ in range(3)]


@pytest.mark.parametrize("point", pairwise()[::3], ids=str)
def test_maps_of_any_mechanism_are_the_dense_weights(point: Point) -> None:
    mechanism, (query, key, value) = point.mechanism(), (x[None] for x in texts_of(point.shape)[0])
    alone = Alone(mechanism)
    with record(alone) as tape:
        output = alone(query, key, value)
    expected = dense(mechanism, value, Where.of(query, key, scale=mechanism.score.scale(query.shape[-1])))
    assert torch.allclose(tape.map(0), expected.weights[0], atol=1e-12)
    assert torch.allclose(output, expected.output, atol=1e-12)
    for head in (0, 1, -1):
        assert torch.allclose(tape.map(0, head), expected.weights[0, head], atol=1e-12)
    for i in (0, -1):
        assert torch.allclose(tape.row(0, 1, i), expected.weights[0, 1, i], atol=1e-12)


@pytest.mark.parametrize("kernel", KERNELS)
def test_each_layout_gives_each_text_its_own_map(kernel: str, recwarn) -> None:
    lengths = (5, 2, 7)
    packed = inputs(sum(lengths), 2, 4)
    padded = [nn.utils.rnn.pad_sequence(x.split(lengths), batch_first=True).transpose(1, 2) for x in packed]
    mechanism = Mechanism(position=(ALiBi(),), scope=Causal())
    tapes = []
    for given, layout in ((packed, Packed(lengths)), (padded, Padded(lengths))):
        alone = Alone(mechanism, layout=layout, kernel=kernel)
        with record(alone) as tape:
            alone(*given)
        tapes.append(tape)
    for text, length in enumerate(lengths):
        one, other = (tape.map(0, text=text) for tape in tapes)
        assert one.shape == (2, length, length) == other.shape
        assert torch.allclose(one, other, atol=1e-6)
        assert torch.allclose(one.sum(-1), torch.ones(2, length))


def test_tiles_give_the_whole_map(monkeypatch: pytest.MonkeyPatch) -> None:
    alone, given = Alone(Mechanism(normaliser=Entmax15())), inputs(1, 3, 50, 8)
    with record(alone) as tape:
        alone(*given)
    monkeypatch.setattr("headwork.attention.record.TILE_BYTES", 7 * 3 * 50 * 4)
    tiles = list(tape.tiles(0))
    assert [first for first, _ in tiles] == list(range(0, 50, 7))
    whole = tape.map(0)
    assert torch.allclose(torch.cat([tile for _, tile in tiles], dim=1), whole, atol=1e-6)
    assert sum(tape.reduce(lambda tile: tile.square().sum().item(), 0)) == pytest.approx(whole.square().sum().item())


def test_maps_carry_gradients() -> None:
    alone, given = Alone(Mechanism()), [x.requires_grad_() for x in inputs(1, 2, 5, 4)]
    with record(alone) as tape:
        alone(*given)
    tape.map(0).square().sum().backward()
    assert given[0].grad.abs().sum() > 0 and given[1].grad.abs().sum() > 0


@pytest.mark.row("AT20")
def test_attention_with_a_learned_query_is_recorded_alike() -> None:
    pool, (annotations, *_) = ContextAttention(6, hidden=4), inputs(9, 6)
    with record(pool) as tape:
        pool(annotations, (4, 5))
    expected = segment_softmax(pool.keys(annotations) @ pool.context, (4, 5)).split((4, 5))
    for text in (0, 1):
        assert tape.shape(0, text) == (1, (4, 5)[text])
        assert torch.allclose(tape.map(0, 0, text)[0], expected[text], atol=1e-6)


def test_what_is_not_listed_costs_and_keeps_nothing() -> None:
    model, (x, *_) = TwoLayers(), inputs(1, 5, 24)
    with record(model, layers=["second"], heads=[1]) as tape:
        assert model.first.tape is None
        model(x)
    assert model.second.tape is None
    assert tape.layers == ["second"]
    assert tape.map("second", 1).shape == (5, 5)
    with pytest.raises(HeadworkError, match="head 0 was not recorded"):
        tape.map("second", 0)


def test_a_call_after_a_call_has_a_name_of_its_own() -> None:
    model, (x, *_) = Attention(24, heads=4), inputs(1, 5, 24)
    with record(model) as tape:
        model(model(x)[0])
    assert len(tape.layers) == 2 and tape.layers[1].endswith("#2")
    assert not torch.allclose(tape.map(0), tape.map(1))


def test_silence_is_refused() -> None:
    model, (x, *_) = TwoLayers(), inputs(1, 5, 24)
    with pytest.raises(HeadworkError, match="nothing was recorded of second"), record(model):
        model.first(x)
    assert model.first.tape is None
    with pytest.raises(HeadworkError, match="no attention called 'third'"), record(model, layers=["third"]):
        pass
    with pytest.raises(HeadworkError, match="Linear has no attention"), record(nn.Linear(2, 2)):
        pass


def test_an_error_inside_leaves_nothing_behind() -> None:
    model = TwoLayers()
    with pytest.raises(ZeroDivisionError), record(model):
        raise ZeroDivisionError
    assert model.first.tape is None


def test_a_map_that_does_not_give_the_output_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    alone, given = Alone(Mechanism()), inputs(1, 2, 12, 4)
    from headwork.attention import attend

    right = attend.RUN["fused"]
    monkeypatch.setitem(attend.RUN, "fused", lambda *given: right(*given) * 1.01)
    with pytest.raises(HeadworkError, match="does not give the output"), record(alone):
        alone(*given)


def test_weights_that_are_dropped_cannot_be_recorded() -> None:
    model, (x, *_) = Attention(24, heads=4, dropout=0.5), inputs(1, 5, 24)
    with pytest.raises(HeadworkError, match=r"model\.eval"), record(model):
        model(x)
    model.eval()
    with record(model) as tape:
        model(x)
    assert tape.heads(0) == 4


def test_asking_beyond_the_tape_is_refused() -> None:
    alone = Alone(Mechanism())
    with record(alone) as tape:
        alone(*inputs(1, 2, 5, 4))
    for ask, word in (
        (lambda: tape.map("other"), "no layer 'other'"),
        (lambda: tape.map(3), "no layer 3"),
        (lambda: tape.map(0, 2), "no head 2"),
        (lambda: tape.map(0, 0, 1), "no text 1"),
    ):
        with pytest.raises(HeadworkError, match=word):
            ask()


def test_a_tape_holds_references_and_no_map() -> None:
    alone, given = Alone(Mechanism(scope=Window(4) & Causal())), inputs(1, 2, 2048, 8)
    with record(alone) as tape:
        alone(*given)
    call = tape.calls[tape.layers[0]]
    assert call.query is given[0] and call.key is given[1]
    assert not any(isinstance(x, torch.Tensor) and x.numel() > given[0].numel() for x in vars(call).values())


def test_a_row_of_a_long_document_costs_a_row() -> None:
    keys = 100_000
    alone, (query, key, value) = Alone(Mechanism(scope=Causal())), inputs(1, 12, keys, 8)
    with record(alone) as tape:
        alone(query[:, :, -1:], key, value)
    row = tape.row(0, None, 0)
    assert row.shape == (12, keys)
    assert torch.allclose(row.sum(-1), torch.ones(12), atol=1e-4)


@pytest.mark.row("ME09")
def test_a_memory_of_slots_says_what_it_read() -> None:
    memory, (x, *_) = ProductKeyMemory(8, keys=6, heads=2, knn=3, key_dim=4).eval(), inputs(5, 8)
    with record(memory) as tape:
        output = memory(x)
    (slots,) = tape.slots.values()
    assert slots.indices.shape == slots.weights.shape == (5, 2, 3)
    read = (slots.weights.unsqueeze(-1) * memory.values[slots.indices]).sum((1, 2))
    assert torch.allclose(read, output, atol=1e-5)
    usage = Usage(36)
    usage.add(slots.indices, slots.weights)
    assert 0 < usage.share <= 30 / 36
    with pytest.raises(HeadworkError, match="nothing was recorded"), record(memory):
        pass
