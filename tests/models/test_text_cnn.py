"""The sentence CNN against its formula, with learned and given vectors, and on the data of its paper."""

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch.nn import functional

from headwork.base.errors import HeadworkError
from headwork.base.recipes import load_recipe, with_settings
from headwork.data.corpus import prepare
from headwork.layers.embeddings import WORD_VECTORS
from headwork.models import config_of
from headwork.models.text_cnn import TextCnn, TextCnnConfig
from headwork.ops.packed import pack
from headwork.tasks.classify import new_classifier
from headwork.train.any import fit_any

TINY = {"width": 6, "filters": 4}


def cnn(**settings) -> TextCnn:
    torch.manual_seed(0)
    return TextCnn(TextCnnConfig(**{**TINY, **settings}), vocabulary=20, classes=3).eval()


@pytest.mark.row("AT25")
@pytest.mark.parametrize("text", [[5], [5, 6], [5, 6, 7, 8, 9, 10, 11]])
def test_it_is_the_largest_answer_of_each_filter(text):
    model = cnn().double()
    words = model.embedding.table.weight[text].T[None]
    largest = []
    for window, convolution in zip((3, 4, 5), model.convolutions, strict=True):
        left = (window - 1) // 2
        filters = convolution.filters
        answers = functional.conv1d(
            functional.pad(words, (left, window - 1 - left)), filters.weight, filters.bias
        ).relu()
        largest.append(answers[0].amax(1))
    expected = model.head.weight @ torch.cat(largest) + model.head.bias
    torch.testing.assert_close(model(pack([[7, 7, 7, 7, 7, 7, 7, 7, 7], text]))[1], expected)


def test_weights_point_to_the_window_that_decided():
    model = cnn(windows=(3,), filters=1)
    with torch.no_grad():
        model.embedding.table.weight.zero_()
        model.embedding.table.weight[9, 0] = 1.0
        model.convolutions[0].filters.weight.zero_()
        model.convolutions[0].filters.weight[0, 0, 1] = 1.0
        model.convolutions[0].filters.bias.zero_()
        model.head.weight.copy_(torch.tensor([[0.0], [3.0], [0.0]]))
    weights = model.weights(pack([[5, 6, 7, 9, 8, 10], [5, 6]])).tokens
    torch.testing.assert_close(weights, torch.tensor([0, 0, 1 / 3, 1 / 3, 1 / 3, 0, 1 / 2, 1 / 2]))


@pytest.mark.row("AT25")
@pytest.mark.parametrize("vectors", ["static", "nonstatic"])
def test_given_vectors_stay_or_learn(tmp_path, teach, vectors):
    given = torch.randn(20, 6)
    save_file({WORD_VECTORS: given}, tmp_path / "model.safetensors")
    model = cnn(vectors=vectors, tokens="bert", pretrained="minilm")
    model.load_pretrained(tmp_path)
    assert torch.equal(model.embedding.table.weight, given)
    batch, labels = pack([[5, 6, 7], [8, 9], [10, 11, 12, 13]]), torch.tensor([0, 1, 2])
    teach(model, [(batch, labels)], steps=60)
    assert torch.equal(model(batch).argmax(1), labels)
    assert torch.equal(model.embedding.table.weight, given) == (vectors == "static")


@pytest.mark.row("AT25")
@pytest.mark.parametrize("name", ["text-cnn-static", "text-cnn-nonstatic"])
def test_the_recipes_take_the_vectors_of_the_real_encoder(name, minilm_folder):
    config = config_of(load_recipe(name))
    model = TextCnn(config, vocabulary=30522, classes=2).eval()
    model.load_pretrained(minilm_folder)
    assert model(pack([[101, 7592, 102]])).isfinite().all()


@pytest.mark.parametrize("word", ["model.vectors=static", "model.tokens=bert", "model.pretrained=minilm"])
def test_vectors_without_their_encoder_are_refused(word):
    with pytest.raises(HeadworkError, match=r"recipe text-cnn: .*vectors"):
        config_of(with_settings(load_recipe("text-cnn"), (word,)))


@pytest.mark.slow
@pytest.mark.row("AT25")
def test_movie_reviews(real_data):
    """Kim 2014, table 2: 76.1% for CNN-rand by ten-fold cross-validation; this is one split of the same sentences."""
    corpus = prepare("mr", text="text", label="label")
    train, dev, test = (corpus.part(side) for side in ("train", "dev", "test"))
    recipe = with_settings(load_recipe("text-cnn"), ("train.epochs=4",))
    classifier = new_classifier(recipe, corpus.facts.classes, train.texts, seed=0)
    fit_any(classifier, train, dev, seed=0)
    assert np.mean(classifier.logits(test.texts).argmax(1) == test.labels) >= 0.74
