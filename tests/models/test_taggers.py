"""Networks and baselines of tagging: a batch is its sentences, what is learnt, what is stored."""

import numpy as np
import pytest
import torch

from headwork.base.errors import HeadworkError
from headwork.base.recipes import load_recipe, with_settings
from headwork.models import config_of, kind_of
from headwork.models.tag_linear import TagCounts, TagCountsConfig, TagLinear, TagLinearConfig, features_of, shape
from headwork.ops.packed import WordBatch, pack
from headwork.ops.spelling import spelling, spelt

VOCABULARY, TAGS = 30, 5
TAG_NAMES = ["O", "B-x", "I-x", "B-y"]
SCRATCH = ("model.pretrained=", "model.tokens=wordpiece", "model.freeze=nothing")
SENTENCES = [[2, 3, 4, 5, 6], [7], [8, 9, 10, 2, 2, 2, 4], [11, 3]]


def build(name: str, *settings: str):
    words = SCRATCH if name == "minilm" else ()
    recipe = with_settings(load_recipe(name, "tag"), (*words, *settings), size="tiny")
    model, _ = kind_of(recipe).load()
    torch.manual_seed(0)
    return model(config_of(recipe), vocabulary=VOCABULARY, classes=TAGS)


def batch_of(sentences, every: int = 1) -> WordBatch:
    """Every word, or every second one, is asked for."""
    ids = [token for sentence in sentences for token in sentence]
    firsts = torch.tensor([place for place in range(len(ids)) if place % every == 0])
    return WordBatch(pack(sentences), firsts, spelt([spelling(f"w{token}") for token in ids], 8))


@pytest.mark.parametrize("name", ["bilstm", "minilm"])
def test_a_batch_is_its_sentences(name):
    model = build(name).double().eval()
    together = model(batch_of(SENTENCES))
    alone = torch.cat([model(batch_of([sentence])) for sentence in SENTENCES])
    assert together.shape == (sum(map(len, SENTENCES)), TAGS)
    torch.testing.assert_close(together, alone, rtol=0, atol=1e-10)
    torch.testing.assert_close(model(batch_of(SENTENCES, 2)), together[::2], rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", ["bilstm", "minilm"])
def test_every_weight_learns(name):
    model = build(name, *(["model.layers=2"] if name == "bilstm" else [])).train()
    model(batch_of(SENTENCES)).square().sum().backward()
    lazy = [key for key, weight in model.named_parameters() if weight.grad is None or not weight.grad.any()]
    assert lazy == []


@pytest.mark.parametrize("name", ["bilstm", "minilm"])
def test_both_neighbours_count(name):
    model = build(name).eval()
    plain = model(batch_of([[2, 3, 4]]))
    for place in (0, 2):
        changed = [2, 3, 4]
        changed[place] = 20
        assert not torch.allclose(model(batch_of([changed]))[1], plain[1])


def test_letters_tell_words_apart_that_are_unknown():
    batch = batch_of([[1, 1]])
    batch = WordBatch(batch.pieces, batch.firsts, spelt([spelling("Ada"), spelling("ran")], 8))
    model = build("bilstm").eval()
    vectors = model._words(batch)
    assert torch.equal(vectors[0, :32], vectors[1, :32]) and not torch.allclose(vectors[0, 32:], vectors[1, 32:])
    assert build("bilstm", "model.letters=0").spelling is None


@pytest.mark.parametrize(
    ("name", "setting", "told"),
    [
        ("bilstm", "model.letters=3", "letters is 3"),
        ("minilm", "model.pooling=cls", "pooling is 'cls'"),
        ("minilm", "model.between=tanh", "between is 'tanh'"),
        ("minilm", "model.heads=7", "pretrained|heads"),
    ],
)
def test_impossible_settings_are_refused(name, setting, told):
    with pytest.raises(HeadworkError, match=told):
        config_of(with_settings(load_recipe(name, "tag"), (setting,)))


WORDS = [("Ada", "met", "Bob"), ("ada", "Met", "a", "Bob"), ("the", "Bob")]
LABELS = np.array([1, 0, 1, 1, 0, 0, 2, 0, 1])


def test_counts_are_shares_of_each_words_tags():
    model = TagCounts(TagCountsConfig())
    model.fit(WORDS, LABELS, tags=TAG_NAMES, seed=0)
    shares = np.exp(model.logits([("Bob", "Zoe", "met")]))
    assert shares[0] == pytest.approx([0, 2 / 3, 1 / 3, 0], abs=1e-6)
    assert shares[1] == pytest.approx([4 / 9, 4 / 9, 1 / 9, 0], abs=1e-6)  # of all words
    assert shares[2] == pytest.approx([1, 0, 0, 0], abs=1e-6)


def test_features_are_of_the_word_and_of_its_neighbours():
    first, second, third = map(set, features_of([("Ada", "U2", "met")]))
    assert {"word Ada", "small ada", "shape Xx", "first ad", "last da", "-1=", "+1=u2", "+1~Xd", "+2=met"} <= first
    assert {"-1=ada", "+1=met", "-2=", "+2=", "-=ada=u2", "+=u2=met"} <= second
    assert {"-1=u2", "-2=ada", "+1="} <= third
    assert not any(feature.startswith("first adaa") for feature in first)


@pytest.mark.parametrize(("word", "found"), [("Ada", "Xx"), ("McDonald's", "XxXx'x"), ("A-1234", "X-d"), ("", "")])
def test_shapes(word, found):
    assert shape(word) == found


def test_features_tell_a_word_that_was_never_seen():
    """Names of a shape and an end, verbs behind them."""
    train = [(f"{start}nia", f"{stem}ed") for start in "BDGKL" for stem in ("ask", "walk")]
    model = TagLinear(TagLinearConfig(min_words=1))
    model.fit(train, np.array([1, 0] * len(train)), tags=TAG_NAMES[:2], seed=0)
    assert model.logits([("Vonia", "jumped")]).argmax(1).tolist() == [1, 0]


@pytest.mark.parametrize("kind", [(TagCounts, TagCountsConfig), (TagLinear, TagLinearConfig)])
def test_baselines_come_back_to_the_bit_and_damage_is_refused(kind):
    model = kind[0](kind[1]())
    model.fit(WORDS, LABELS, tags=TAG_NAMES[:3], seed=0)
    again = kind[0].restore(model.settings(), model.tensors())
    assert np.array_equal(again.logits(WORDS), model.logits(WORDS))
    for name, array in model.tensors().items():
        with pytest.raises(HeadworkError, match="expected finite"):
            kind[0].restore(model.settings(), {**model.tensors(), name: array[:-1]})
        with pytest.raises(HeadworkError, match=name):
            kind[0].restore(model.settings(), {key: value for key, value in model.tensors().items() if key != name})
    listed = "words" if kind[0] is TagCounts else "features"
    settings = model.settings()
    settings[listed][0] = settings[listed][1]
    with pytest.raises(HeadworkError, match="stands twice"):
        kind[0].restore(settings, model.tensors())
