"""Where a classifier looks, as drawn: the recorder's numbers, the model's own tokens, refusals in one line."""

import numpy as np
import pytest
import torch

from headwork.attention.record import record
from headwork.base.errors import HeadworkError
from headwork.base.recipes import load_recipe, with_settings
from headwork.explain.maps import attention_of, cut_note
from headwork.tasks.classify import Classifier, new_classifier

TEXTS = ["The good thing. It was good all day.", "A bad thing! It was bad all day, and worse at night."] * 2
TEXT = "The good thing. It was unheard of all day."


def classifier_of(name: str, *settings: str) -> Classifier:
    recipe = with_settings(load_recipe(name), settings, size="tiny")
    classifier = new_classifier(recipe, ["no", "yes"], TEXTS, seed=0)
    classifier.network.eval()
    return classifier


@pytest.fixture(scope="module")
def encoder() -> Classifier:
    return classifier_of("transformer")


@pytest.mark.row("AT36")
@pytest.mark.parametrize("layer", [1, 2])
def test_an_encoder_gives_the_recorded_map_of_each_head(encoder: Classifier, layer: int) -> None:
    read = encoder.reader.read([TEXT])
    with torch.inference_mode(), record(encoder.network) as tape:
        encoder.network(read.batch([0]))
    drawn = attention_of(encoder, TEXT, layer=layer, head="all")
    assert len(drawn.maps) == tape.heads(layer - 1)
    for head, each in enumerate(drawn.maps):
        np.testing.assert_array_equal(each.values, tape.map(layer - 1, head).double().numpy())
        np.testing.assert_allclose(each.values.sum(1), 1, atol=1e-6)
        np.testing.assert_array_equal(
            attention_of(encoder, TEXT, layer=layer, head=head + 1).maps[0].values, each.values
        )
    mean = attention_of(encoder, TEXT, layer=layer).maps[0]
    np.testing.assert_allclose(mean.values, np.mean([each.values for each in drawn.maps], axis=0))
    assert f"layer {layer} of 2" in drawn.title


def test_labels_are_the_models_own_tokens(encoder: Classifier) -> None:
    labels = attention_of(encoder, TEXT).maps[0].columns
    assert len(labels) == len(encoder.reader.read([TEXT]).ids[0])
    assert {"the", "thing", "was"} <= set(labels)
    assert any(
        "[UNK]" in name and "unheard" in name for name in attention_of(classifier_of("han"), TEXT).maps[0].columns
    )


@pytest.mark.row("AT36")
def test_a_pooling_model_gives_one_row_of_words() -> None:
    classifier = classifier_of("bilstm-attention")
    (words,) = attention_of(classifier, TEXT).maps
    expected = classifier.network.weights(classifier.reader.read([TEXT]).batch([0])).tokens
    np.testing.assert_allclose(words.values[0], expected.detach().numpy(), atol=1e-6)
    assert words.values.sum() == pytest.approx(1, abs=1e-5)


@pytest.mark.row("AT36")
def test_han_gives_words_and_sentences() -> None:
    words, sentences = attention_of(classifier_of("han"), TEXT).maps
    assert sentences.columns == ("The good thing.", "It was unheard of all day.")
    assert words.values.sum() == pytest.approx(1, abs=1e-5)
    assert sentences.values.sum() == pytest.approx(1, abs=1e-5)
    first = words.columns.index(".") + 1
    assert words.values[0, :first].sum() == pytest.approx(sentences.values[0, 0], abs=1e-5)


def test_a_text_that_is_cut_is_told_of(encoder: Classifier) -> None:
    short = classifier_of("transformer", "model.max_tokens=6")
    assert cut_note(encoder, TEXT) is None
    assert "first 6 of" in cut_note(short, TEXT)
    assert len(attention_of(short, TEXT).maps[0].rows) == 6


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"layer": 3}, "--layer 3: transformer has 2; give a number from 1 to 2"),
        ({"layer": 0}, "--layer 0"),
        ({"head": 3}, "--head 3: layer 2 of transformer has 2"),
        ({"head": 0}, "--head 0"),
        ({"text": " \n"}, "no token"),
    ],
    ids=str,
)
def test_what_is_not_there_is_refused(encoder: Classifier, asked: dict, told: str) -> None:
    with pytest.raises(HeadworkError, match=told):
        attention_of(encoder, asked.pop("text", TEXT), **asked)


@pytest.mark.parametrize("name", ["bilstm-mean", "text-cnn", "bag", "tfidf", "han-avg"])
def test_a_model_without_attention_is_named_and_refused(name: str) -> None:
    classifier = new_classifier(load_recipe(name), ["no", "yes"], TEXTS, seed=0)
    with pytest.raises(HeadworkError, match=rf"{name} \(.+\) has no attention to draw") as error:
        attention_of(classifier, TEXT)
    assert "\n" not in str(error.value)


def test_heads_cannot_be_chosen_where_there_are_none() -> None:
    with pytest.raises(HeadworkError, match="neither layers nor heads"):
        attention_of(classifier_of("han"), TEXT, head=1)


@pytest.mark.row("AT36")
def test_structured_attention_gives_a_row_for_each_hop() -> None:
    classifier = classifier_of("bilstm-structured")
    (hops,) = attention_of(classifier, TEXT).maps
    batch = classifier.reader.read([TEXT]).batch([0])
    assert hops.rows == tuple(f"hop {place}" for place in range(1, classifier.config.hops + 1))
    np.testing.assert_allclose(hops.values.sum(1), 1, atol=1e-5)
    np.testing.assert_allclose(hops.values.mean(0), classifier.network.weights(batch).tokens.detach(), atol=1e-6)
