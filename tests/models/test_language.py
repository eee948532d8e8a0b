"""What every language network promises: it knows the past alone, memory is the past, documents are apart."""

import msgspec
import pytest
import torch
from torch import Tensor

from headwork.base.language import START_ID
from headwork.base.recipes import load_recipe, recipe_names, with_settings
from headwork.models import config_of, kind_of
from headwork.models.language import LanguageNetwork
from headwork.models.language_settings import WHOLE

VOCABULARY = 30
NETWORKS = [name for name in recipe_names("language") if kind_of(load_recipe(name, "language")).neural]


def build(name: str, *settings: str, seed: int = 0, size: str = "tiny") -> LanguageNetwork:
    recipe = with_settings(load_recipe(name, "language"), settings, size=size)
    if recipe.model.get("context") == WHOLE:  # what pictures decide
        recipe = msgspec.structs.replace(recipe, model={**recipe.model, "picture": [5, 8, 1], "context": 40})
    model, _ = kind_of(recipe).load()
    torch.manual_seed(seed)
    network = model(config_of(recipe), vocabulary=VOCABULARY)
    for parameter in network.parameters():  # what begins at zero hides mistakes
        if parameter.dim() <= 1 or not parameter.any():
            torch.nn.init.normal_(parameter, std=0.3)
    return network.double().eval()


def text(length: int, rows: int = 2, seed: int = 1) -> Tensor:
    return torch.randint(2, VOCABULARY, (rows, length), generator=torch.Generator().manual_seed(seed))


def logits(network: LanguageNetwork, ids: Tensor, *, pieces: int | None = None) -> Tensor:
    """Behind each token, read at once or in pieces."""
    memory, found = None, []
    for piece in ids.split(pieces or ids.shape[1], dim=1):
        read = network(piece, memory)
        memory = read.memory
        found.append(network.logits(read.states))
    return torch.cat(found, 1)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_future_changes_nothing(name) -> None:
    network, ids = build(name), text(24)
    other = ids.clone()
    other[:, 15:] = (other[:, 15:] - 1) % (VOCABULARY - 2) + 2
    one, two = logits(network, ids), logits(network, other)
    torch.testing.assert_close(one[:, :15], two[:, :15], rtol=0, atol=1e-10)
    assert not torch.allclose(one[:, 15:], two[:, 15:])


@pytest.mark.parametrize("name", NETWORKS)
def test_rows_do_not_know_each_other(name) -> None:
    network, ids = build(name), text(20, rows=3)
    together = logits(network, ids)
    alone = torch.cat([logits(network, row[None]) for row in ids])
    torch.testing.assert_close(together, alone, rtol=0, atol=1e-10)


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("start", [0, 7, 13])
def test_documents_are_kept_apart(name, start) -> None:
    """What follows the start of a document is the same whatever came before."""
    # Learned places are counted from the start of a segment, and would tell the two apart.
    places = ["model.absolute=none"] if hasattr(build(name).config, "absolute") else []
    network = build(name, *places)
    ids, other = text(20, seed=1), text(20, seed=2)
    other[:, start:] = ids[:, start:]
    ids[:, start] = other[:, start] = START_ID
    one, two = (logits(network, torch.cat([before, x], 1), pieces=10) for before, x in ((ids, ids), (other, other)))
    torch.testing.assert_close(one[:, 20 + start :], two[:, 20 + start :], rtol=0, atol=1e-10)
    if start:
        assert not torch.allclose(one[:, :start], two[:, :start])


@pytest.mark.parametrize("name", NETWORKS)
def test_forgetting_is_beginning_anew(name) -> None:
    network, ids = build(name), text(30)
    if not network.carries:
        return
    _, memory, *_ = network(ids[:, :15])
    forgotten = network.forget(memory, torch.tensor([True, False]))
    after = network.logits(network(ids[:, 15:], forgotten).states)
    fresh, kept = network.logits(network(ids[:, 15:]).states), network.logits(network(ids[:, 15:], memory).states)
    torch.testing.assert_close(after[0], fresh[0], rtol=0, atol=1e-10)
    torch.testing.assert_close(after[1], kept[1], rtol=0, atol=1e-10)
    assert not torch.allclose(kept[0], fresh[0])


@pytest.mark.parametrize("name", NETWORKS)
def test_gradients_reach_every_parameter(name) -> None:
    # What stays with the states is neither compressed nor among the older pairs.
    settings = ["model.remembered=6"] if name in ("compressive", "memorizing") else []
    network, ids = build(name, *settings).train(), text(25)
    _, memory = network.learn(ids[:, :12], ids[:, 1:13], None, done=0.0)
    loss, _ = network.learn(ids[:, 12:24], ids[:, 13:25], memory, done=0.0)
    loss.backward()
    unreached = [n for n, p in network.named_parameters() if p.requires_grad and (p.grad is None or not p.grad.any())]
    assert not unreached


@pytest.mark.parametrize("name", NETWORKS)
def test_the_size_dial_goes_up(name) -> None:
    sizes = [sum(p.numel() for p in build(name, size=size).parameters()) for size in ("tiny", "small", "base")]
    assert sizes == sorted(set(sizes))


@pytest.mark.parametrize("name", NETWORKS)
def test_a_sentence_is_learnt_by_heart(name) -> None:
    network = build(name).float().train()
    ids = text(25, rows=1, seed=4)
    steps = 300 if name == "awd-lstm" else 150  # all its dropouts are there against learning by heart
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-2)
    for step in range(steps):
        loss, _ = network.learn(ids[:, :-1], ids[:, 1:], None, done=step / steps)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    network.eval()
    judged = network.judge(network(ids[:, :-1]).states, ids[:, 1:])
    assert judged.nats.mean() < 0.2


@pytest.mark.row("LC02")
@pytest.mark.parametrize("pieces", [1, 5, 8])
def test_segments_with_memory_are_the_full_context(pieces) -> None:
    network, ids = build("transformer-xl", "model.remembered=64"), text(40)
    torch.testing.assert_close(logits(network, ids, pieces=pieces), logits(network, ids), rtol=0, atol=1e-10)


@pytest.mark.row("LC02")
def test_a_window_as_long_as_the_memory_makes_any_segment_the_same() -> None:
    network = build("transformer-xl", "model.remembered=6", "model.scope=window:6,0")
    ids = text(60)
    torch.testing.assert_close(logits(network, ids, pieces=7), logits(network, ids), rtol=0, atol=1e-10)
    short = build("transformer-xl", "model.remembered=5", "model.scope=window:6,0")
    assert not torch.allclose(logits(short, ids, pieces=7), logits(short, ids))


@pytest.mark.row("LC02")
def test_memory_reaches_back_layer_by_layer() -> None:
    """A change k segments back is felt as long as k is at most the number of layers (Dai et al. 2019, figure 2)."""
    network, ids = build("transformer-xl", "model.layers=3", "model.remembered=8"), text(48)
    other = ids.clone()
    other[:, 7] = (other[:, 7] - 1) % (VOCABULARY - 2) + 2  # the last place of the first segment of 8
    one, two = logits(network, ids, pieces=8), logits(network, other, pieces=8)
    changed = [(one[:, s : s + 8] != two[:, s : s + 8]).any().item() for s in range(0, 48, 8)]
    assert changed == [True, True, True, True, False, False]


def test_the_transformer_without_memory_reads_token_by_token_what_it_reads_at_once() -> None:
    network, ids = build("transformer"), text(30)
    torch.testing.assert_close(logits(network, ids, pieces=1), logits(network, ids), rtol=0, atol=1e-10)
    assert network.room(network(ids).memory) == network.config.context - 30


def test_the_lstm_is_torchs() -> None:
    network, ids = build("lstm"), text(20)
    states, _ = network.layers[0](network.table(ids))
    expected = network.logits(network.narrow(states))
    torch.testing.assert_close(logits(network, ids, pieces=6), expected, rtol=0, atol=1e-10)


@pytest.mark.row("LC01")
@pytest.mark.parametrize(("done", "lower"), [(0.0, 3), (0.13, 2), (0.3, 1), (0.4, 0), (1.0, 0)])
def test_lower_layers_stop_predicting_one_after_the_other(done, lower) -> None:
    """Layer n of 4 takes part while less than n / 8 of the training is done."""
    network, ids = build("transformer", "model.layers=4", "model.inner_losses=true"), text(21)
    read = network(ids[:, :-1])
    answers = ids[:, 1:]
    expected = network.loss(read.states, answers)
    for states in read.inner[len(read.inner) - lower :]:
        expected = expected + network.loss(network.norm(states), answers)
    loss, _ = network.learn(ids[:, :-1], answers, None, done=done)
    torch.testing.assert_close(loss, expected, rtol=0, atol=1e-10)
    assert len(read.inner) == 3


@pytest.mark.row("LC01")
def test_one_place_or_every_place_predicts() -> None:
    every, ids = build("transformer"), text(21)
    last = build("transformer", "model.predicts=last")
    last.load_state_dict(every.state_dict())
    logit, answers = logits(every, ids[:, :-1]), ids[:, 1:]
    log_p = logit.log_softmax(-1).gather(-1, answers[..., None])[..., 0]
    torch.testing.assert_close(every.learn(ids[:, :-1], answers, None, done=0.0)[0], -log_p.mean())
    torch.testing.assert_close(last.learn(ids[:, :-1], answers, None, done=0.0)[0], -log_p[:, -1].mean())


@pytest.mark.row("LC01")
def test_further_classifiers_predict_the_tokens_behind_the_next_with_half_the_weight() -> None:
    network, ids = build("transformer", "model.ahead=2"), text(21)
    states, answers = network(ids[:, :-1]).states, ids[:, 1:]
    expected = network.loss(states, answers)
    for further in (1, 2):
        said = network.further[further - 1](states[:, :-further]).log_softmax(-1)
        wanted = ids[:, 1 + further :]
        expected = expected - 0.5 * said.gather(-1, wanted[..., None]).mean()
    torch.testing.assert_close(network.learn(ids[:, :-1], answers, None, done=0.0)[0], expected)


@pytest.mark.row("AT27")
def test_a_cell_of_an_lstmn_is_its_equations() -> None:
    network, ids = build("lstmn"), text(12)
    found = logits(network, ids, pieces=5)
    x, h, c, summary = network.table(ids), [], [], torch.zeros(2, 32, dtype=torch.float64)
    expected = []
    for t in range(12):
        if t == 0:
            summary = cell = torch.zeros(2, 32, dtype=torch.float64)
        else:
            asked = network.of_input(x[:, t]) + summary @ network.of_summary.weight.T
            scores = [(network.of_state(each) + asked).tanh() @ network.score.weight[0] for each in h]
            shares = torch.stack(scores, 1).softmax(1)
            summary = sum(shares[:, i, None] * h[i] for i in range(t))
            cell = sum(shares[:, i, None] * c[i] for i in range(t))
        i, f, o, new = (torch.cat([summary, x[:, t]], 1) @ network.gates.weight.T + network.gates.bias).chunk(4, 1)
        c.append(f.sigmoid() * cell + i.sigmoid() * new.tanh())
        h.append(o.sigmoid() * c[-1].tanh())
        expected.append(network.logits(network.narrow(h[-1])))
    torch.testing.assert_close(found, torch.stack(expected, 1), rtol=0, atol=1e-10)


@pytest.mark.row("AT27")
def test_the_tape_of_an_lstmn_ends() -> None:
    network, ids = build("lstmn", "model.tape=3"), text(12)
    memory = network(ids).memory
    assert memory["h"].shape == (2, 3, 32) and memory["places"].shape == (2, 3)


def looked_by_hand(network: LanguageNetwork, h: Tensor) -> Tensor:
    """(B, T, D) states by the equations of Daniluk et al., place by place."""
    key, value, predict = network.split(h)
    score, found = network.score, []
    for t in range(h.shape[1]):
        before = range(max(0, t - network.config.window), t)
        read = torch.zeros_like(value[:, 0])
        if before:
            asked = key[:, t] @ score.query_weight[0]
            scores = [(asked + key[:, i] @ score.key_weight[0]).tanh() @ score.out[0] for i in before]
            shares = torch.stack(scores, 1).softmax(1)
            read = sum(shares[:, n, None] * value[:, i] for n, i in enumerate(before))
        found.append((network.from_read(read) + network.from_predict(predict[:, t])).tanh())
    return torch.stack(found, 1)


@pytest.mark.row("AT31")
@pytest.mark.parametrize("parts", [1, 2, 3])
def test_key_value_predict_is_its_equations(parts) -> None:
    network, ids = build("key-value-predict", f"model.parts={parts}", "model.window=4"), text(14)
    h, _ = network.recurrent.states(ids, None)
    expected = network.logits(looked_by_hand(network, h))
    torch.testing.assert_close(logits(network, ids, pieces=5), expected, rtol=0, atol=1e-10)


@pytest.mark.row("AT31")
def test_one_part_is_plain_attention_over_the_outputs() -> None:
    network, ids = build("key-value-predict", "model.parts=1"), text(10)
    h, _ = network.recurrent.states(ids, None)
    key, value, predict = network.split(h)
    assert torch.equal(key, h) and torch.equal(value, h) and torch.equal(predict, h)
