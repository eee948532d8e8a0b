"""Language models of pictures: no later pixel is known, a picture is a segment, a uniform model needs 8 bits."""

import math

import numpy as np
import pytest
import torch
from tests.attention.test_scopes import memory_1d, memory_2d

from headwork.base.errors import HeadworkError
from headwork.base.language import START_ID
from headwork.base.recipes import load_recipe, with_settings
from headwork.data.picture_text import document_of
from headwork.measure.text_loss import blocks_of
from headwork.models.language_transformer import LanguageTransformer
from headwork.tasks.completing import complete, shape_of
from headwork.tasks.language import Sampling, load_language_model, new_language_model
from headwork.tasks.neural_language import NeuralLanguageModel
from headwork.train.config import TrainConfig
from headwork.train.fit import fit
from headwork.train.language import ModelLanguage

SHAPE = (6, 5, 1)
VALUES = math.prod(SHAPE)
LOCAL = {
    "image-transformer-1d": ("local-1d:4,6", lambda i, j: j in memory_1d(i, 4, 6)),
    "image-transformer-2d": ("local-2d:2,2,1,2", lambda i, j: j in memory_2d(i, 5, 2, 2, 1, 2)),
}


def pictures(count: int, seed: int = 0, shape: tuple[int, int, int] = SHAPE) -> list[str]:
    """Each of one grey in its upper half and another below, which the upper tells."""
    random = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        values = np.full(shape, (grey := int(random.choice([40, 90, 200]))), np.uint8)
        values[shape[0] // 2 :] = 255 - grey
        found.append(document_of(values))
    return found


def model_of(name: str, *words: str, shape: tuple[int, int, int] = SHAPE) -> NeuralLanguageModel:
    recipe = with_settings(load_recipe(name, "language"), words, size="tiny")
    model = new_language_model(recipe, pictures(5, shape=shape), seed=0, device="cpu", picture=shape)
    assert isinstance(model, NeuralLanguageModel)
    return model


def reach(model: NeuralLanguageModel) -> np.ndarray:
    """(P, P): by place of a logit, the places of the tokens that it has a gradient of."""
    network = model.network.double().eval()
    assert isinstance(network, LanguageTransformer)
    ids = torch.from_numpy(model.vocabulary.encode(pictures(1)[0]).ids[:-1])[None]
    taken = network.embeddings.segment(ids, 0).detach().requires_grad_()
    network.embeddings.segment = lambda ids, first: taken  # type: ignore[method-assign]
    logits = network.logits(network(ids).states)
    weights = torch.randn(logits.shape[-1], generator=torch.Generator().manual_seed(0), dtype=logits.dtype)
    rows = [torch.autograd.grad(place @ weights, taken, retain_graph=True)[0] for place in logits[0]]
    return np.array([(row[0] != 0).any(-1).numpy() for row in rows])


@pytest.mark.row("LC10")
@pytest.mark.parametrize("name", LOCAL)
def test_a_layer_sees_its_block_and_memory_and_nothing_later(name) -> None:
    scope, rule = LOCAL[name]
    found = reach(model_of(name, f"model.scope={scope}", "model.layers=1"))
    expected = [[j == i or (j <= i and rule(i, j)) for j in range(VALUES)] for i in range(VALUES)]
    np.testing.assert_array_equal(found, expected)


@pytest.mark.row("LC10")
@pytest.mark.parametrize("name", LOCAL)
@pytest.mark.parametrize("words", [(), ("model.layers=3",)])
def test_no_logit_depends_on_a_later_pixel(name, words) -> None:
    found = reach(model_of(name, f"model.scope={LOCAL[name][0]}", *words))
    assert not np.triu(found, 1).any() and found.diagonal().all()


@pytest.mark.row("LC10")
@pytest.mark.parametrize("name", [*LOCAL, "transformer", "lstm"])
def test_a_uniform_model_needs_exactly_8_bits(name) -> None:
    model = model_of(name, *([] if name in LOCAL else ["model.context=16"]))
    for weight in model.network.double().parameters():
        torch.nn.init.zeros_(weight)
    documents = pictures(4, seed=1)
    scored = model.score(documents)
    columns = zip(*((each.encoded.ids[1:], each.encoded.starts[1:], each.nats) for each in scored), strict=True)
    assert blocks_of(documents, *columns).loss.bits_per_character == pytest.approx(8, abs=1e-12)
    ids = torch.tensor([[START_ID, 9, 9, START_ID, 7]])
    loss = model.network.loss(torch.zeros(1, 4, model.config.dim, dtype=torch.double), ids[:, 1:])
    assert loss.item() == pytest.approx(8 * math.log(2)), "what opens a picture is not asked for"


@pytest.mark.parametrize("name", LOCAL)
def test_a_segment_is_a_picture_and_an_epoch_all_pictures(name) -> None:
    model, train = model_of(name), pictures(23)
    learning = ModelLanguage(model, train, pictures(3, seed=1), TrainConfig(batch_tokens=99), seed=2)
    assert model.config.context == VALUES
    for epoch in range(2):
        rows = [row for batch in learning.batches(epoch) for row in batch]
        assert sorted(rows) == list(range(0, 23 * (VALUES + 1), VALUES + 1))
        assert max(map(len, learning.batches(epoch))) == 99 // VALUES
    assert learning.batches(0) != learning.batches(1)


@pytest.mark.parametrize("name", LOCAL)
def test_a_picture_is_judged_alone_and_as_it_is_written(name) -> None:
    model, documents = model_of(name), pictures(40, seed=3)
    together = model.score(documents)
    (alone,) = model.score(documents[17:18])
    np.testing.assert_allclose(together[17].nats, alone.nats, atol=1e-5)
    ids = alone.encoded.ids
    writer, told = model.writer(ids[:1].tolist()), []
    for token in ids[1:]:
        chances = writer.log_probabilities[2:]
        told.append(np.logaddexp.reduce(chances) - writer.log_probabilities[token])
        if len(told) < VALUES:
            writer.add(int(token))
    np.testing.assert_allclose(told, alone.nats, atol=1e-4)


@pytest.mark.row("LC10")
@pytest.mark.parametrize("name", LOCAL)
def test_it_learns_what_the_upper_half_tells(name, tmp_path) -> None:
    model = model_of(name)
    config = TrainConfig(epochs=6, patience=99, lr=1e-2, batch_tokens=120, weight_decay=0.0)
    fit(ModelLanguage(model, pictures(120), pictures(6, seed=1), config, seed=0))
    document = pictures(1, seed=5)[0]
    original = np.frombuffer(document.encode("latin-1"), np.uint8).reshape(SHAPE)
    spoilt = original.copy()
    spoilt[3:] = 7
    model.save(tmp_path)
    loaded = load_language_model(tmp_path)
    drawn = complete(loaded, spoilt, rows=3, sampling=Sampling(temperature=0))
    np.testing.assert_array_equal(drawn, original)
    assert shape_of(loaded) == SHAPE


def test_colours_have_three_places_a_pixel() -> None:
    model = model_of("image-transformer-2d", shape=(4, 3, 3))
    assert isinstance(model.network, LanguageTransformer)
    assert model.config.context == 36 and model.config.attention.row == 9


def test_what_is_refused() -> None:
    with pytest.raises(HeadworkError, match="reads whole pictures"):
        new_language_model(load_recipe("image-transformer-1d", "language"), ["a text"], seed=0, device="cpu")
    with pytest.raises(HeadworkError, match="needs whole pictures"):
        model_of("transformer", "model.scope=local-2d:2,2,1,1")
    with pytest.raises(HeadworkError, match="made of intensities"):
        model_of("lstm", "model.tokens=words")
    with pytest.raises(HeadworkError, match="--rows 6"):
        complete(model_of("lstm"), np.zeros(SHAPE, np.uint8), rows=6, sampling=Sampling())
