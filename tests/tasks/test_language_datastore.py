"""A datastore around a network: what it reads, what it adds, and that reading and writing agree."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from headwork.base.recipes import load_recipe, with_settings
from headwork.models.joining import Gated, Interpolated, Joining
from headwork.tasks.language import Sampling, joined, load_language_model, new_language_model
from headwork.tasks.language_datastore import remember, spread
from headwork.tasks.language_insights import entries_of
from headwork.tasks.language_joining import SHARES, TEMPERATURES
from headwork.tasks.neural_language import NeuralLanguageModel

pytestmark = pytest.mark.row("LC16")
TRAIN = ["the cat sat on the mat. a dog sat on the log. " * 12, "the frog sat on a cat! " * 15]
DEV, TEST = (
    ["the dog sat on the cat. the frog sat on the log. " * 4],
    ["a frog sat on the mat! the cat sat on a dog. " * 4],
)


def model_of(name: str, *settings: str, train: bool = True) -> NeuralLanguageModel:
    recipe = with_settings(load_recipe(name, "language"), ("model.context=16", *settings), size="tiny")
    model = new_language_model(recipe, TRAIN, seed=0, device="cpu")
    assert isinstance(model, NeuralLanguageModel)
    if train:
        remember(model, TRAIN, DEV)
    return model


def ids_of(model: NeuralLanguageModel, side: list[str]) -> np.ndarray:
    return joined([model.vocabulary.encode(document).ids for document in side])


@pytest.mark.parametrize("name", ["transformer", "transformer-xl", "lstm"])
def test_entries_are_the_states_and_tokens_of_the_training_text(name):
    model = model_of(name, "model.datastore=50")
    store, ids = model.datastore, ids_of(model, TRAIN)
    assert store is not None and len(store.tokens) == 50 and not (store.tokens == 0).any()
    places = spread(np.flatnonzero(ids[1:] != 0), 50)
    assert store.tokens.tolist() == [ids[place + 1] for place in places]
    with torch.no_grad():  # within the first segment, nothing depends on how the text is cut
        alone = model.network(torch.tensor(ids[None, :16])).states[0]
    early = places[places < 16]
    torch.testing.assert_close(store.states[: len(early)], alone[early], rtol=0, atol=1e-5)


def test_places_are_spread_evenly():
    assert spread(np.arange(5), 9).tolist() == [0, 1, 2, 3, 4]
    assert spread(np.arange(100, 201), 5).tolist() == [100, 125, 150, 175, 200]


@pytest.mark.row("LC17")
@pytest.mark.parametrize("joining", ["interpolated", "gated"])
@pytest.mark.parametrize("name", ["transformer-knn", "transformer-xl", "lstm"])
def test_it_lowers_the_loss_on_text_like_the_training_text(name, joining):
    model = model_of(name, "model.datastore=2000", "model.neighbours=8", f"model.joining={joining}")
    store = model.datastore
    shown = entries_of(model, ids_of(model, TEST))
    assert store is not None and shown is not None and shown.nats < shown.nats_without - 0.5
    assert shown.entries == len(store.tokens) and model.datastore is store and shown.share > 0
    assert (shown.temperature is None) == (shown.opened is not None) == (joining == "gated")


def test_share_and_temperature_are_the_best_on_dev():
    model = model_of("transformer-knn", "model.datastore=2000", "model.neighbours=8")
    store, dev = model.datastore, ids_of(model, DEV)
    assert store is not None
    chosen = model.read(dev).nats.mean()
    for share, temperature in ((share, temperature) for share in SHARES[::3] for temperature in TEMPERATURES):
        model.datastore = replace(store, joining=Interpolated(share, temperature))
        assert chosen <= model.read(dev).nats.mean() + 1e-9


def shut(width: int) -> Gated:
    gate = Gated(width)
    torch.nn.init.constant_(gate.bias, -torch.inf)
    return gate


@pytest.mark.row("LC17")
@pytest.mark.parametrize(
    ("name", "base", "joining"),
    [("transformer-knn", "transformer", Interpolated(0.0)), ("spalm", "transformer-xl", shut(32))],
)
def test_without_a_share_the_network_speaks_alone_to_the_bit(name: str, base: str, joining: Joining):
    model, alone = model_of(name), model_of(base)
    assert model.datastore is not None and alone.datastore is None
    assert not np.array_equal(model.read(ids_of(model, TEST)).nats, alone.read(ids_of(alone, TEST)).nats)
    model.datastore = replace(model.datastore, joining=joining)
    ids = ids_of(model, TEST)
    assert np.array_equal(model.read(ids).nats, alone.read(ids).nats)
    assert np.array_equal(
        model.writer(ids[:20].tolist()).log_probabilities, alone.writer(ids[:20].tolist()).log_probabilities
    )


@pytest.mark.row("LC17")
@pytest.mark.parametrize("name", ["transformer-knn", "spalm"])
def test_writing_foretells_what_reading_judges(name):
    model = model_of(name, "model.context=64")
    ids = ids_of(model, TEST)[:50]
    writer, judged = model.writer(ids[:1].tolist()), []
    for token in ids[1:]:
        assert np.exp(writer.log_probabilities).sum() == pytest.approx(1)
        judged.append(-writer.log_probabilities[token])
        writer.add(int(token))
    reading = model.read(ids)
    assert reading.nats == pytest.approx(judged, abs=1e-4)


@pytest.mark.row("LC17")
@pytest.mark.parametrize("name", ["transformer-knn", "spalm"])
def test_stored_with_the_model_it_counts_and_writes_the_same(name, tmp_path):
    model = model_of(name)
    size = model.save(tmp_path)
    assert model.datastore is not None
    assert size > model.datastore.states.numel() * 4 + sum(p.numel() for p in model.network.parameters()) * 4
    again = load_language_model(tmp_path)
    one, two = (m.generate("the ", tokens=40, sampling=Sampling(), seed=5).text for m in (model, again))
    assert one == two
    assert np.array_equal(model.score(TEST)[0].nats, again.score(TEST)[0].nats)


@pytest.mark.row("LC17")
def test_the_gate_is_counted_and_shown_for_the_tokens_it_foretold():
    model = model_of("spalm")
    store, ids = model.datastore, ids_of(model, TEST)
    assert store is not None and isinstance(store.joining, Gated)
    assert model.parameters == sum(each.numel() for each in model.network.parameters()) + 32 * 32 + 32 + 2
    torch.nn.init.normal_(store.joining.weight)
    shown = entries_of(model, ids)
    assert shown is not None and shown.opened is not None
    assert "".join(shown.opened.tokens) == TEST[0][:16]
    with torch.no_grad():
        read = model.network(torch.tensor(ids[None, :16]))
        gates = (read.states[0] @ store.joining.weight + store.joining.bias).sigmoid()
    assert shown.opened.gates == pytest.approx(gates.tolist(), abs=1e-5)
    assert 0 < shown.share < 1 and shown.share != pytest.approx(gates.mean().item())
