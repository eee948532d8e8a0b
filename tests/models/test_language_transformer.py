"""The published Transformers as settings of one: each against what it must reduce to, or its formula."""

import math

import pytest
import torch
from sklearn.cluster import KMeans
from tests.models.test_language import build, logits, text
from torch import Tensor
from torch.nn import functional as F

from headwork.attention.memory import Compressive, ProductKeyMemory
from headwork.attention.scopes import Causal, Fixed, LearnedSpan, Routed, Strided
from headwork.attention.where import Where
from headwork.base.errors import HeadworkError
from headwork.base.recipes import load_recipe, with_settings
from headwork.models import config_of
from headwork.models.language import LanguageNetwork
from headwork.models.language_transformer import LanguageTransformer
from headwork.ops.live import Live


def same_weights(network, other):
    """`other` with what it shares with `network`."""
    wanted = other.state_dict()
    both = {name: value for name, value in network.state_dict().items() if name in wanted}
    other.load_state_dict({n: v for n, v in both.items() if v.shape == wanted[n].shape}, strict=False)
    return other


@pytest.mark.row("LC03")
@pytest.mark.parametrize("how", ["mean", "max"])
def test_compression_by_one_is_a_longer_memory(how) -> None:
    sizes = ["model.remembered=8", "model.compressed=16", "model.rate=1", f"model.compression={how}"]
    compressive = build("compressive", *sizes)
    longer = same_weights(compressive, build("transformer-xl", "model.norm=post", "model.remembered=24"))
    ids = text(64)
    torch.testing.assert_close(logits(compressive, ids, pieces=8), logits(longer, ids, pieces=8), rtol=0, atol=1e-10)
    shorter = same_weights(compressive, build("transformer-xl", "model.norm=post", "model.remembered=8"))
    assert not torch.allclose(logits(compressive, ids, pieces=8), logits(shorter, ids, pieces=8))


@pytest.mark.row("LC03")
def test_the_reconstruction_loss_teaches_the_compression_alone() -> None:
    network = build("compressive", "model.remembered=8", "model.compressed=8").train()
    ids = text(25)
    memory = network(ids[:, :8]).memory
    read = network(ids[:, 8:24], memory)
    assert read.penalty is not None and read.penalty > 0
    read.penalty.backward()
    reached = {name.split(".")[0] for name, p in network.named_parameters() if p.grad is not None and p.grad.any()}
    assert reached == {"compressive"}
    for module in network.compressive:
        assert isinstance(module, Compressive) and module.rate == 4


@pytest.mark.row("LC03")
def test_a_state_of_several_documents_belongs_to_none() -> None:
    network = build("compressive", "model.remembered=4", "model.compressed=8", "model.rate=4", "model.layers=1")
    ids = text(8, rows=1)
    ids[0, 2] = 0  # the first four tokens, of two documents, will be one compressed state
    memory = network(ids).memory
    assert memory["places"].shape[1] == 1 + 4
    assert memory["places"][0, 0] < -1000 and (memory["places"][0, 1:] == 0).all()


@pytest.mark.row("LC18")
@pytest.mark.parametrize("norm", ["pre", "post"])
def test_a_closed_gate_to_older_pairs_is_recurrence_to_the_bit(norm) -> None:
    settings = ("model.remembered=8", f"model.norm={norm}")
    memorizing, ids = build("memorizing", *settings), text(64)
    recurrent = same_weights(memorizing, build("memorizing", *settings, "model.memory=recurrence"))
    torch.nn.init.constant_(memorizing.nearest.bias, -torch.inf)
    assert torch.equal(logits(memorizing, ids, pieces=8), logits(recurrent, ids, pieces=8))
    torch.nn.init.zeros_(memorizing.nearest.bias)
    assert not torch.allclose(logits(memorizing, ids, pieces=8), logits(recurrent, ids, pieces=8))


MEMORIZING = ("model.remembered=6", "model.scope=window:6,0", "model.pairs=20", "model.nearest=3")


@pytest.mark.row("LC18")
@pytest.mark.parametrize("pieces", [1, 7, 30])
def test_writing_token_by_token_finds_the_pairs_that_reading_finds(pieces) -> None:
    network, ids = build("memorizing", *MEMORIZING), text(60)
    ids[:, 40] = 0
    torch.testing.assert_close(logits(network, ids, pieces=pieces), logits(network, ids), rtol=0, atol=1e-10)


@pytest.mark.row("LC18")
def test_pairs_are_those_of_the_same_document() -> None:
    network, ids, other = build("memorizing", *MEMORIZING), text(50, seed=1), text(50, seed=2)
    other[:, 25:] = ids[:, 25:]
    assert not torch.allclose(logits(network, ids, pieces=9)[:, 45:], logits(network, other, pieces=9)[:, 45:])
    ids[:, 25] = other[:, 25] = 0
    one, two = logits(network, ids, pieces=9), logits(network, other, pieces=9)
    torch.testing.assert_close(one[:, 25:], two[:, 25:], rtol=0, atol=1e-10)


@pytest.mark.row("LC18")
@pytest.mark.parametrize(("layer", "reach"), [("1", 26), ("2", 32)])
def test_pairs_reach_further_back_than_states(layer, reach) -> None:
    """One layer sees 6 places back and the layer of the pairs 6 + 20; behind it, or before it, stands another."""
    network, ids = build("memorizing", *MEMORIZING, "model.nearest=99", f"model.nearest_layer={layer}"), text(60)
    other = ids.clone()
    other[:, 10] = (other[:, 10] - 1) % 28 + 2
    changed = (logits(network, ids) - logits(network, other)).abs().amax((0, 2)) > 1e-12
    assert changed.nonzero().max() == 10 + 32 and changed[10 + reach]
    assert network.config.memorizing == int(layer) - 1


NAMES, FILLERS = 16, 32
"""names, and places between a name and its return: more than a segment and the states remembered have"""


def recurring_names(texts: int, chance: torch.Generator) -> Tensor:
    """Start, four times a mark and the text's own name, fillers, and the same again."""
    name = 4 + torch.randint(NAMES, (texts, 1), generator=chance)
    named = torch.cat([torch.full_like(name, 3), name], 1).repeat(1, 4)
    return torch.cat([torch.zeros_like(name), named, torch.randint(1, 3, (texts, FILLERS), generator=chance), named], 1)


def memorizing_names(pairs: int) -> LanguageNetwork:
    sizes = ("model.layers=1", "model.remembered=8", "model.context=16", "model.nearest=4", f"model.pairs={pairs}")
    config = config_of(with_settings(load_recipe("memorizing", "language"), sizes, size="tiny"))
    torch.manual_seed(0)
    return LanguageTransformer(config, vocabulary=4 + NAMES)


def taught_names(network: LanguageNetwork, *, steps: int) -> LanguageNetwork:
    optimizer, chance = torch.optim.AdamW(network.train().parameters(), lr=2e-2), torch.Generator().manual_seed(0)
    for _ in range(steps):
        ids, memory = recurring_names(32, chance), None
        for segment, answers in zip(ids[:, :-1].split(16, 1), ids[:, 1:].split(16, 1), strict=True):
            loss, memory = network.learn(segment, answers, memory, done=0.0)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
    return network.eval()


@torch.no_grad()
def loss_of_the_name_that_returns(network: LanguageNetwork) -> float:
    ids = recurring_names(64, torch.Generator().manual_seed(9))
    said = logits(network, ids[:, :-1], pieces=16)[:, 9 + FILLERS].log_softmax(-1)
    return -said.gather(-1, ids[:, 10 + FILLERS, None]).mean().item()


@pytest.mark.row("LC18")
def test_a_longer_memory_foretells_a_name_that_returns_from_beyond_the_context() -> None:
    network = taught_names(memorizing_names(64), steps=100)
    forgetful = same_weights(network, memorizing_names(8)).eval()
    assert loss_of_the_name_that_returns(network) < 1.5 < 2.5 < loss_of_the_name_that_returns(forgetful)


@pytest.mark.slow
@pytest.mark.row("LC18")
def test_a_short_memory_does_not_learn_it() -> None:
    """Without a trace of the name, no loss is below log 16."""
    short, long = (loss_of_the_name_that_returns(taught_names(memorizing_names(n), steps=150)) for n in (8, 64))
    assert long < 0.2 and short > math.log(NAMES) - 0.2


def allowed(part, length: int) -> Tensor:
    x = torch.zeros(1, 1, length, 4)
    return (part & Causal()).allowed(Where.of(x, x)).expand(1, 1, length, length)[0, 0]


@pytest.mark.row("LC04")
@pytest.mark.parametrize("part", [Strided(8), Fixed(8, 2)])
def test_two_hops_reach_every_earlier_place(part) -> None:
    one = allowed(part, 64).long()
    assert torch.equal((one @ one) > 0, torch.ones(64, 64).tril() > 0)
    per_row = one.sum(1).float()
    assert per_row[-1] < 64 / 8 * 2 + 2 * 8  # about n / stride + stride of n


@pytest.mark.row("LC04")
@pytest.mark.parametrize(("name", "part"), [("sparse-strided", Strided(12)), ("sparse-fixed", Fixed(16, 4))])
def test_a_token_that_no_layer_looks_at_is_not_felt(name, part) -> None:
    network, ids = build(name, "model.layers=1"), text(32)
    seen = allowed(part, 32)[-1]
    hidden = int((~seen).nonzero()[0])
    for place, felt in ((hidden, False), (int(seen.nonzero()[0]), True)):
        other = ids.clone()
        other[:, place] = (other[:, place] - 1) % 28 + 2
        change = (logits(network, other) - logits(network, ids))[:, -1].abs().max()
        assert (change > 1e-12) == felt


@pytest.mark.row("LC04")
def test_recomputing_gives_the_same_gradients_for_less_memory() -> None:
    ids, found = text(65, rows=4), []
    for recompute in ("true", "false"):
        network = build(
            "sparse-strided", f"model.recompute={recompute}", "model.context=64", "model.layers=6", "model.dropout=0.1"
        ).train()
        torch.manual_seed(0)
        with Live() as live:
            loss, _ = network.learn(ids[:, :-1], ids[:, 1:], None, done=0.0)
            held = live.now
        loss.backward()
        found.append(({name: p.grad for name, p in network.named_parameters()}, held))
    torch.testing.assert_close(found[0][0], found[1][0], rtol=0, atol=1e-12)
    assert found[0][1] < 0.35 * found[1][1]


@pytest.mark.row("LC05")
def test_a_span_that_covers_everything_is_full_attention() -> None:
    full = build("transformer-xl", "model.remembered=24")
    spanned = same_weights(full, build("adaptive-span", "model.remembered=24", "model.scope=span:16,1.0"))
    for part in spanned.modules():
        if isinstance(part, LearnedSpan):
            torch.nn.init.ones_(part.share)
    ids = text(48)
    torch.testing.assert_close(logits(spanned, ids, pieces=12), logits(full, ids, pieces=12), rtol=0, atol=1e-10)


@pytest.mark.row("LC05")
def test_the_penalty_is_the_mean_span_and_draws_spans_in() -> None:
    network = build("adaptive-span", "model.span_penalty=2.0").train()
    spans = [part for part in network.modules() if isinstance(part, LearnedSpan)]
    for part in spans:
        torch.nn.init.constant_(part.share, 0.25)
    read = network(text(10))
    assert read.penalty is not None and read.penalty.item() == pytest.approx(2.0 * 0.25)
    read.penalty.backward()
    assert all((part.share.grad > 0).all() for part in spans)


@pytest.mark.row("LC06")
def test_with_many_hashes_it_is_full_attention_with_shared_keys() -> None:
    ids, errors = text(32), []
    for rounds in (1, 4, 200):
        hashed = build("reformer", f"model.scope=hashed:8,{rounds}")
        for block in hashed.layers:  # queries of many directions
            block.attention.qkv.weight.data.mul_(40)
            block.attention.qkv.bias.data.zero_()
        full = same_weights(hashed, build("reformer", "model.scope=full"))
        errors.append((logits(hashed, ids) - logits(full, ids)).abs().mean().item())
    assert errors[0] > errors[1] > 0
    assert errors[2] < 1e-10


@pytest.mark.row("LC06")
def test_keys_are_the_queries_at_length_one() -> None:
    network, ids = build("reformer", "model.scope=full", "model.layers=1", "model.ff_chunks=1"), text(12)
    block, x = network.layers[0], network.embeddings.segment(ids, 0)
    attention = block.attention
    q, _, v = attention.qkv(block.attention_norm(x)).unflatten(2, (3, 2, -1)).permute(2, 0, 3, 1, 4)
    scores = q @ F.normalize(q, dim=-1).mT / math.sqrt(q.shape[-1])
    weights = scores.masked_fill(~torch.ones(12, 12).tril().bool(), -torch.inf).softmax(-1)
    expected = x + attention.out((weights @ v).transpose(1, 2).flatten(2))
    other = x + block.feed_forward(block.ff_norm(expected))
    torch.testing.assert_close(network(ids).states, network.norm((expected + other) / 2), rtol=0, atol=1e-10)


@pytest.mark.row("LC07")
def test_chunks_of_the_feed_forward_network_change_nothing() -> None:
    whole, ids = build("reformer", "model.ff_chunks=1"), text(31)
    parted = same_weights(whole, build("reformer", "model.ff_chunks=5"))
    torch.testing.assert_close(logits(whole, ids), logits(parted, ids), rtol=0, atol=1e-12)


@pytest.mark.row("LC07")
def test_the_whole_model_has_exact_gradients_and_memory_flat_in_depth() -> None:
    ids, held = text(65, rows=4), {}
    for layers in (2, 8):
        network = build("reformer", f"model.layers={layers}", "model.context=64")
        exact = same_weights(network, build("reformer", f"model.layers={layers}", "model.context=64"))
        read = exact.eval()(ids[:, :-1])  # in evaluation the streams are ordinary autograd
        exact.loss(read.states, ids[:, 1:]).backward()
        with Live() as live:
            loss, _ = network.train().learn(ids[:, :-1], ids[:, 1:], None, done=0.0)
            held[layers] = live.now
        loss.backward()
        gradients = [{name: p.grad for name, p in each.named_parameters()} for each in (network, exact)]
        torch.testing.assert_close(*gradients, rtol=0, atol=1e-9)
    assert held[8] < held[2] + 6 * 2 * 5056 + 1000  # the random states of six more layers


@pytest.mark.row("LC08")
def test_one_cluster_is_full_attention() -> None:
    routed = build("routing", "model.scope=routed:1")
    full = same_weights(routed, build("transformer", "model.scope=full"))
    ids = text(30)
    torch.testing.assert_close(logits(routed, ids), logits(full, ids), rtol=0, atol=1e-10)
    many = build("routing", "model.scope=routed:4")
    assert not torch.allclose(logits(same_weights(routed, many), ids), logits(full, ids))


@pytest.mark.row("LC08")
def test_centres_move_in_training_alone_and_find_clusters_as_well_as_k_means() -> None:
    network, ids = build("routing"), text(30)
    parts = [part for part in network.modules() if isinstance(part, Routed)]
    before = [part.centres.clone() for part in parts]
    network(ids)
    assert all(torch.equal(part.centres, old) for part, old in zip(parts, before, strict=True))
    network.train()(ids)
    assert not any(torch.equal(part.centres, old) for part, old in zip(parts, before, strict=True))

    torch.manual_seed(0)
    middles = F.normalize(torch.randn(4, 16), dim=-1)
    x = F.normalize(middles[torch.randint(4, (600,))] + 0.1 * torch.randn(600, 16), dim=-1)
    part = Routed(1, 16, clusters=4, decay=0.8, seed=2)
    part.get_buffer("centres").copy_(x[[0, 7, 11, 30]][None])
    for _ in range(60):
        part.update(x[None, None])
    near = 1 - (x @ F.normalize(part.centres[0], dim=-1).T).amax(1).mean()
    best = KMeans(4, init=x[[0, 7, 11, 30]].numpy(), n_init=1).fit(x.numpy())
    centres = F.normalize(torch.tensor(best.cluster_centers_), dim=-1)
    assert near.item() == pytest.approx(1 - (x @ centres.T).amax(1).mean().item(), abs=0.01)


@pytest.mark.row("LC09")
def test_the_block_is_shared_so_that_depth_costs_no_weights_but_the_times() -> None:
    sizes = [sum(p.numel() for p in build("universal", f"model.layers={n}").parameters()) for n in (1, 2, 6)]
    width = build("universal").config.dim
    assert sizes[1] - sizes[0] == width and sizes[2] - sizes[1] == 4 * width


@pytest.mark.row("LC09")
def test_one_layer_is_one_block() -> None:
    network, ids = build("universal", "model.layers=1"), text(20)
    x = network.embeddings.segment(ids, 0) + network.times.weight[0]
    expected = network.norm(network.layers[0].segment(x, x))
    torch.testing.assert_close(network(ids).states, expected, rtol=0, atol=1e-10)
    spent = network(ids).spent
    assert spent.shape == (2, 20) and (spent == 1).all()


@pytest.mark.row("LC09")
def test_a_ponder_penalty_shortens_the_pondering() -> None:
    costs = []
    for penalty in (0.0, 1.0):
        torch.manual_seed(0)
        network = build("universal", f"model.ponder_penalty={penalty}", "model.layers=4").float().train()
        torch.nn.init.constant_(network.pondering.halt.bias, -2.0)
        optimizer, ids = torch.optim.Adam(network.parameters(), lr=1e-2), text(32, rows=4)
        for _ in range(60):
            network.learn(ids[:, :-1], ids[:, 1:], None, done=0.0)[0].backward()
            optimizer.step()
            optimizer.zero_grad()
        costs.append(network(ids).spent.mean().item())
    assert costs[1] < costs[0] - 0.3


@pytest.mark.row("ME09")
def test_the_middle_feed_forward_network_is_a_memory_of_slots() -> None:
    network, ids = build("product-key"), text(20)
    memories = [name for name, module in network.named_modules() if isinstance(module, ProductKeyMemory)]
    assert memories == ["blocks.1.slots"]
    x = network.embeddings.segment(ids, 0)
    x = network.layers[0].segment(x, x)
    block = network.layers[1]
    y = block.attention.segment(block.attention_norm(x), 20, residual=x)
    asked = block.ff_norm(y).flatten(0, 1)
    memory = block.slots
    # every slot is scored, without the trick of halves
    query = memory.queries(asked)
    halves = memory.keys
    table = torch.cat([halves[:, 0].repeat_interleave(64, 1), halves[:, 1].repeat(1, 64, 1)], -1)
    scores, best = torch.einsum("nhc,hsc->nhs", query, table).topk(memory.knn, dim=-1)
    mixed = (scores.softmax(-1)[..., None] * memory.values[best]).sum((1, 2)).view_as(y)
    torch.testing.assert_close(network(ids).states, network.norm(y + mixed), rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    ("name", "setting", "told"),
    [
        ("compressive", "model.norm=pre", "norm = 'post'"),
        ("memorizing", "model.stack=pondering", "stack = 'blocks'"),
        ("memorizing", "model.pairs=0", "pairs is 0"),
        ("memorizing", "model.nearest_layer=9", "nearest_layer 9"),
        ("memorizing", "model.absolute=learned", "relative"),
        ("reformer", "model.norm=post", "norm = 'pre'"),
        ("reformer", "model.product_keys=8", "product keys"),
        ("transformer-xl", "model.absolute=learned", "relative"),
        ("transformer", "model.scope=nowhere", "nowhere"),
        ("transformer", "model.ahead=400", "ahead"),
        ("transformer", "model.heads=5", "heads"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(name, setting, told) -> None:
    with pytest.raises((HeadworkError, ValueError), match=told):
        config_of(with_settings(load_recipe(name, "language"), (setting,)))
