"""XLNet: both of its streams and its memory give what transformers gives, and no token sees what it is to foretell."""

import itertools
import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import torch
from tests.published import CONFIGS, in_rows, precisely
from torch import Tensor
from torch.nn import functional

from headwork.attention.memory.recurrence import Recurrence
from headwork.attention.positions.absolute import halves, sinusoids
from headwork.attention.scopes import Order
from headwork.base.errors import HeadworkError
from headwork.layers import two_streams
from headwork.layers.transformer import Core
from headwork.layers.two_streams import drawn, query_stream
from headwork.models.formats import read_published
from headwork.models.formats.xlnet import Settings
from headwork.ops.packed import TokenBatch, pack

LENGTHS = (9, 6, 6, 3)
ASKED = 2
"""tokens of each text that are asked for"""


@pytest.fixture
def batch() -> TokenBatch:
    torch.manual_seed(1)
    return pack([torch.randint(6, 50, (length,)).tolist() for length in LENGTHS])


@pytest.fixture
def order() -> Tensor:
    """(N,) z: two tokens of each text are asked for, one after the other; the others are known."""
    torch.manual_seed(2)
    rows = []
    for length in LENGTHS:
        row = torch.full((length,), -1)
        row[torch.randperm(length)[:ASKED]] = torch.arange(ASKED)
        rows.append(row)
    return torch.cat(rows)


def small(vocabulary: int = 5, **changed) -> Core:
    """An XLNet whose every weight is drawn wide."""
    torch.manual_seed(3)
    config = Settings(vocab_size=vocabulary, d_model=8, n_layer=2, n_head=2, d_inner=8).core()
    core = Core(msgspec.structs.replace(config, **changed)).double().eval()
    for parameter in core.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    return core


@torch.no_grad()
def both_streams_there(model, batch: TokenBatch, order: Tensor, types: Tensor) -> Tensor:
    """(M, V) logits of transformers for the tokens that are asked for."""
    ids, mask = in_rows(model, batch.ids, batch.lengths)
    z, padded_types = (in_rows(model, x, batch.lengths)[0] for x in (order, types))
    z = z.masked_fill(~mask, 99)
    unseen = torch.where(z[:, :, None] < 0, z[:, None] >= 0, z[:, None] >= z[:, :, None])
    targets = torch.zeros(len(ids), ASKED, ids.shape[1])
    for row, places in enumerate(((z >= 0) & mask).unbind()):
        targets[row, torch.arange(ASKED), places.nonzero().squeeze(1)] = 1
    with precisely(model):
        return model(
            input_ids=ids,
            attention_mask=mask.to(model.dtype),
            perm_mask=unseen.to(model.dtype),
            target_mapping=targets.to(model.dtype),
            token_type_ids=padded_types,
        ).logits.flatten(0, 1)


@torch.no_grad()
def both_streams_here(folder: Path, batch: TokenBatch, order: Tensor, types: Tensor, *, double: bool = True) -> Tensor:
    model = read_published(folder)
    model = model.double() if double else model
    states = query_stream(model.core, batch, order, types=types)
    return model.masked(states, model.core.embeddings.tokens.weight)


@pytest.mark.row("GP12")
def test_the_query_stream_is_that_of_transformers(published, batch: TokenBatch, order: Tensor):
    case = published("xlnet", "LMHeadModel")
    types = torch.arange(len(batch.ids)) % 2
    exact = both_streams_there(case.model, batch, order, types)
    assert (both_streams_here(case.folder, batch, order, types) - exact).abs().max() < 1e-9
    rounded = both_streams_there(case.model.float(), batch, order, types)
    case.model.double()
    found = both_streams_here(case.folder, batch, order, types, double=False)
    assert (found - exact).abs().max() < 4 * (rounded - exact).abs().max()


@torch.no_grad()
def test_its_own_sines_differ_by_their_rounding_alone(published, batch: TokenBatch):
    """As transformers computes them, in single precision in any model."""
    case = published("xlnet", "Model")
    ids, mask = in_rows(case.model, batch.ids, batch.lengths)
    expected = case.model(input_ids=ids, attention_mask=mask.long()).last_hidden_state[mask]
    assert (read_published(case.folder).double().core(batch) - expected).abs().max() < 1e-5


MISPLACED: dict[str, Callable[[dict[str, Tensor]], dict[str, Tensor]]] = {
    "the biases of content and place exchanged": lambda t: {
        n.replace("content", "#").replace("place", "content").replace("#", "place") if "parts" in n else n: x
        for n, x in t.items()
    },
    "the same segment taken for another": lambda t: {n: x.flip(1) if "kinds" in n else x for n, x in t.items()},
    "no bias of segments": lambda t: {n: x * 0 if "segments.content" in n else x for n, x in t.items()},
    "places of another head": lambda t: {n: x.flip(0) if "parts.0.weight" in n else x for n, x in t.items()},
    "queries for keys": lambda t: {
        n: torch.cat([x[16:32], x[:16], x[32:]]) if n.endswith("qkv.weight") else x for n, x in t.items()
    },
    "what is asked for embedded as nothing": lambda t: {n: x * 0 if n == "core.asked" else x for n, x in t.items()},
}


@pytest.mark.parametrize("mistake", MISPLACED)
def test_misplaced_weights_are_seen(mistake: str, published, batch: TokenBatch, order: Tensor, monkeypatch):
    case = published("xlnet", "LMHeadModel")
    types = torch.arange(len(batch.ids)) % 2
    model = read_published(case.folder)
    model.load_state_dict(MISPLACED[mistake](model.state_dict()))
    monkeypatch.setattr("tests.models.formats.test_xlnet.read_published", lambda folder: model)
    exact = both_streams_there(case.model, batch, order, types)
    assert (both_streams_here(case.folder, batch, order, types) - exact).abs().max() > 1e-6


PLACES = {
    "one further": lambda places, width: halves(places + 1, width),
    "the other way": lambda places, width: halves(-places, width),
    "sines beside cosines": sinusoids,
}


@pytest.mark.parametrize("mistake", PLACES)
def test_misplaced_tokens_are_seen(mistake: str, published, batch: TokenBatch, order: Tensor, monkeypatch):
    case = published("xlnet", "LMHeadModel")
    types = torch.arange(len(batch.ids)) % 2
    exact = both_streams_there(case.model, batch, order, types)
    monkeypatch.setattr("headwork.attention.positions.xl.halves", PLACES[mistake])
    assert (both_streams_here(case.folder, batch, order, types) - exact).abs().max() > 1e-6


class Leaking(Order):
    """A query that sees itself."""

    def __init__(self, of_key: Tensor, up_to: Tensor) -> None:
        super().__init__(of_key, of_key)


@torch.no_grad()
def chance_of_all(core: Core, order: Tensor) -> float:
    """The sum over all texts of the product of the chances of their tokens: 1 where none sees what it foretells."""
    table = core.embeddings.tokens.weight
    texts = list(itertools.product(range(len(table)), repeat=len(order)))
    batch = pack(texts)
    states = query_stream(core, batch, order.repeat(len(texts)))
    nats = (states @ table.T).log_softmax(-1).gather(1, batch.ids[:, None])
    return float(nats.view(len(texts), -1).sum(1).exp().sum())


@pytest.mark.row("GP12")
@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_chances_of_all_texts_sum_to_one_in_any_order(order: tuple[int, ...], monkeypatch):
    core = small()
    assert chance_of_all(core, torch.tensor(order)) == pytest.approx(1, abs=1e-12)
    monkeypatch.setattr(two_streams, "Order", Leaking)
    assert abs(chance_of_all(core, torch.tensor(order)) - 1) > 1e-3, "a leak would not be seen"


@torch.no_grad()
@pytest.mark.row("GP12")
def test_no_state_depends_on_its_own_token_or_on_later_ones(batch: TokenBatch):
    core, z = small(50), torch.cat([torch.randperm(length) for length in LENGTHS])
    states = query_stream(core, batch, z)
    text = torch.repeat_interleave(torch.arange(len(LENGTHS)), torch.tensor(LENGTHS))
    for place in range(len(z)):
        other = TokenBatch(batch.ids.clone(), batch.lengths)
        other.ids[place] = 6 + (other.ids[place] - 5) % 44
        moved = (query_stream(core, other, z) - states).abs().amax(1) > 0
        assert torch.equal(moved, (text == text[place]) & (z > z[place]))


@torch.no_grad()
@pytest.mark.row("GP12")
def test_in_the_order_of_reading_it_is_an_autoregressive_model(batch: TokenBatch):
    """The states of a whole text are those that each of its beginnings gives for its last token."""
    core, length = small(50), LENGTHS[0]
    ids = batch.ids[:length]
    whole = query_stream(core, TokenBatch(ids, (length,)), torch.arange(length))
    for end in range(1, length + 1):
        up_to = query_stream(core, TokenBatch(ids[:end], (end,)), torch.arange(end))
        torch.testing.assert_close(up_to[-1], whole[end - 1], rtol=0, atol=1e-12)


def test_a_drawn_order_asks_for_its_last_part():
    z, lengths = drawn((9, 12, 1, 2), one_of=6, generator=torch.Generator().manual_seed(0)), (9, 12, 1, 2)
    asked = [sorted(text[text >= 0].tolist()) for text in z.split(list(lengths))]
    assert asked == [[0], [0, 1], [0], [0]] and int(z.min()) == -1
    places = torch.stack([
        drawn((4,), one_of=4, generator=torch.Generator().manual_seed(seed)) >= 0 for seed in range(400)
    ])  # fmt: skip
    assert ((places.double().mean(0) - 0.25).abs() < 0.08).all()


@pytest.mark.row("GP12")
def test_it_learns_to_foretell_what_is_asked_for_in_any_order():
    """Texts count up from any digit, so that any known token tells all others."""
    torch.manual_seed(0)
    settings = Settings(vocab_size=6, d_model=32, n_layer=2, n_head=2, d_inner=32)
    core = Core(msgspec.structs.replace(settings.core(), dropout=0.0))
    adam, generator = torch.optim.AdamW(core.parameters(), lr=5e-3), torch.Generator().manual_seed(1)
    batch = pack([[(first + place) % 6 for place in range(8)] for first in range(6)])
    losses = []
    for _ in range(80):
        order = drawn(batch.lengths, one_of=4, generator=generator)
        logits = query_stream(core, batch, order) @ core.embeddings.tokens.weight.T
        loss = functional.cross_entropy(logits, batch.ids[order >= 0])
        adam.zero_grad()
        loss.backward()
        adam.step()
        losses.append(loss.item())
    assert losses[0] > 1.5 and sum(losses[-10:]) / 10 < 0.5


@torch.no_grad()
@pytest.mark.parametrize("length", [4, 20])
def test_its_memory_is_that_of_transformers(length: int, published, monkeypatch):
    case = published("xlnet", "Model")
    core, memory, theirs = read_published(case.folder).double().core, None, None
    monkeypatch.setattr(case.model, "mem_len", length)
    torch.manual_seed(4)
    for tokens in (6, 5, 1, 7):
        ids, types = torch.randint(6, 50, (2, tokens)), torch.randint(0, 2, (2, tokens))
        with precisely(case.model):
            expected = case.model(input_ids=ids, token_type_ids=types, mems=theirs, use_mems=True)
        theirs = expected.mems
        states, memory = core.segment(ids, memory, Recurrence(length), types=types)
        assert (states - expected.last_hidden_state).abs().max() < 1e-9
        for ours, its in zip(memory, theirs, strict=True):
            assert (ours - its.transpose(0, 1)).abs().max() < 1e-9
    forgotten, _ = core.segment(ids, None, Recurrence(length), types=types)
    assert (forgotten - states).abs().max() > 1e-3


def test_the_search_by_a_beam_is_refused_by_name(transformers, tmp_path: Path):
    _, settings = CONFIGS["xlnet"]
    transformers.XLNetForQuestionAnswering(transformers.XLNetConfig(**settings)).save_pretrained(tmp_path)
    with pytest.raises(HeadworkError, match=r"_\w+\.dense.*' is of the search for answers by a beam .*Simple is read"):
        read_published(tmp_path)


@pytest.mark.parametrize(
    "changed", [{"attn_type": "uni"}, {"clamp_len": 8}, {"bi_data": True}, {"summary_type": "first"}]
)
def test_what_no_core_has_is_refused_by_name(changed: dict, published, tmp_path: Path):
    folder = published("xlnet", "Model").folder
    config = json.loads((folder / "config.json").read_text()) | changed
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(HeadworkError, match=next(iter(changed))):
        read_published(tmp_path)


def test_weights_of_other_heads_are_refused(published, tmp_path: Path):
    from safetensors.torch import load_file, save_file

    folder, name = published("xlnet", "Model").folder, "layer.1.rel_attn.k"
    tensors = load_file(folder / "model.safetensors")
    key = next(key for key in tensors if key.endswith(name))
    (tmp_path / "config.json").write_bytes((folder / "config.json").read_bytes())
    save_file({**tensors, key: tensors[key].reshape(16, 2, 8)}, tmp_path / "model.safetensors")
    with pytest.raises(HeadworkError, match=rf"{name}' has shape \(16, 2, 8\), expected \(16, 4, 4\)"):
        read_published(tmp_path)


def test_two_streams_need_what_they_are_made_of():
    with pytest.raises(ValueError, match="two streams with norm 'pre'"):
        small(norm="pre")
