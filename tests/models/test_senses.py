"""Models of word senses: vectors of marked words, their neighbours, counts and words around."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pytest
import torch
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from headwork.base.errors import HeadworkError
from headwork.base.recipes import load_recipe, with_settings
from headwork.models import config_of, kind_of
from headwork.models.sense_encoder import Layer, states_at
from headwork.models.sense_linear import (
    SenseContext,
    SenseContextConfig,
    SenseCounts,
    SenseCountsConfig,
    features_of,
)
from headwork.models.sense_memory import SenseMemory
from headwork.ops.packed import MarkedBatch, pack
from headwork.train.any import check_recipe

OF_CLASS = np.array([0, 0, 0, 1, 1])
SCRATCH = ("model.pretrained=", "model.tokens=wordpiece", "model.freeze=nothing")
TEXTS = [[2, 3, 4, 5, 6], [7, 8], [8, 9, 10, 2, 2, 2, 4], [11, 3, 4]]
SPANS = [(1, 2), (0, 2), (3, 6), (1, 3)]
"""pieces of the marked words"""
WORDS = [0, 1, 1, 0]


class Item(NamedTuple):
    text: str
    start: int
    end: int


def build(name: str, *settings: str):
    recipe = with_settings(load_recipe(name, "disambiguate"), (*SCRATCH, *settings), size="tiny")
    model, _ = kind_of(recipe).load()
    torch.manual_seed(0)
    return model(config_of(recipe), vocabulary=30, of_class=OF_CLASS.tolist())


def batch_of(rows: Sequence[int]) -> MarkedBatch:
    begins = np.cumsum([0, *(len(TEXTS[row]) for row in rows)])
    places = [begin + place for begin, row in zip(begins, rows, strict=False) for place in range(*SPANS[row])]
    counts = tuple(SPANS[row][1] - SPANS[row][0] for row in rows)
    return MarkedBatch(
        pack([TEXTS[row] for row in rows]), torch.tensor(places), counts, torch.tensor([WORDS[row] for row in rows])
    )


def vectors(seed: int = 0, rows: int = 60) -> tuple[np.ndarray, np.ndarray]:
    """Around a direction for each class, and the classes."""
    random = np.random.default_rng(seed)
    centres, labels = np.random.default_rng(9).normal(size=(5, 8)), random.integers(0, 5, rows)
    return (centres[labels] + random.normal(size=(rows, 8))).astype(np.float32), labels


@pytest.mark.row("BE15")
def test_a_word_has_the_mean_of_its_pieces_at_each_layer():
    model = build("sense-neighbours", "model.layers=3").double().eval()
    assert model.layers == (1, 2, 3, "all")
    layers: tuple[Layer, ...] = (*model.layers, 0, "first", "last", "static")
    found = states_at(model.core, batch_of([0, 1, 2, 3]), layers)
    for row, (ids, (start, end)) in enumerate(zip(TEXTS, SPANS, strict=True)):
        states = [each[start:end].mean(0) for each in model.core.hidden_states(pack([ids]))]
        expected = [*states[1:], torch.stack(states[1:]).mean(0), states[0], states[1], states[3]]
        expected.append(model.core.embeddings.tokens.weight[ids[start:end]].mean(0))
        torch.testing.assert_close(found[row], torch.stack(expected), rtol=0, atol=1e-10)


@pytest.mark.row("BE15")
def test_only_static_vectors_do_not_see_the_text():
    core = build("sense-neighbours").eval().core
    changed = MarkedBatch(pack([[20, 3, 21]]), torch.tensor([1]), (1,), torch.tensor([0]))
    plain = MarkedBatch(pack([[2, 3, 4, 5]]), torch.tensor([1]), (1,), torch.tensor([0]))
    expected: list[tuple[Layer, bool]] = [("static", True), (1, False), ("last", False), ("all", False)]
    for layer, same in expected:
        one, other = (states_at(core, batch, [layer]) for batch in (plain, changed))
        assert torch.equal(one, other) == same, layer


def test_layers_above_the_one_that_is_asked_for_are_not_run():
    core = build("sense-neighbours", "model.layers=3").core
    core.blocks[2].register_forward_hook(lambda *_: pytest.fail("nobody asked for it"))
    assert states_at(core, batch_of([0, 1]), [2, "first"]).shape == (2, 2, 64)


def test_only_senses_of_the_word_are_possible_and_a_batch_is_its_texts():
    model = build("minilm").double().eval()
    together = model(batch_of([0, 1, 2, 3]))
    assert torch.equal(together.isfinite(), torch.tensor(OF_CLASS)[None] == torch.tensor(WORDS)[:, None])
    for row in range(4):
        torch.testing.assert_close(model(batch_of([row]))[0], together[row], rtol=0, atol=1e-10)


def test_every_weight_learns_but_those_above_the_layer():
    model = build("minilm", "model.layer=1").train()
    torch.nn.functional.cross_entropy(model(batch_of([0, 1, 2, 3])), torch.tensor([0, 3, 4, 2])).backward()
    lazy = {name.split(".")[2] for name, weight in model.named_parameters() if weight.grad is None}
    assert lazy == {"1"}


@pytest.mark.row("BE15")
@pytest.mark.parametrize("k", [1, 5, 15])
def test_neighbours_vote_as_in_scikit_learn(k):
    known, labels = vectors()
    asked, truth = vectors(1, 40)
    words = OF_CLASS[truth]
    logits = SenseMemory.of(known, labels, OF_CLASS, k=k).logits(asked, words)
    for word in (0, 1):
        own, rows = words == word, OF_CLASS[labels] == word
        votes = KNeighborsClassifier(k, metric="cosine", algorithm="brute").fit(known[rows], labels[rows])
        shares = np.bincount(labels[rows], minlength=5) / rows.sum()
        expected = np.zeros((own.sum(), 5))
        expected[:, votes.classes_] = votes.predict_proba(asked[own])
        found = np.exp(logits[own])
        assert found == pytest.approx((k * expected + shares) / (k + 1), abs=1e-6)
        assert (found[:, word != OF_CLASS] == 0).all()


@pytest.mark.row("BE15")
def test_the_nearest_mean_of_a_sense_is_found_by_looking_at_each():
    known, labels = vectors()
    asked, truth = vectors(1, 40)
    logits = SenseMemory.of(known, labels, OF_CLASS, k=0).logits(asked, OF_CLASS[truth])
    for vector, label, row in zip(asked, truth, logits, strict=True):
        for sense in np.flatnonzero(OF_CLASS == OF_CLASS[label]):
            own = known[labels == sense]
            mean = (own / np.linalg.norm(own, axis=1, keepdims=True)).mean(0)
            cosine = vector @ mean / np.linalg.norm(vector) / np.linalg.norm(mean)
            assert row[sense] == pytest.approx(20 * cosine, abs=2e-4)


@pytest.mark.row("BE15")
@pytest.mark.parametrize("k", [0, 1, 5])
def test_vectors_that_do_not_see_the_text_answer_the_most_frequent_sense(k):
    labels = np.array([2, 0, 1, 1, 0, 1, 4, 3, 4])
    same = np.tile(np.random.default_rng(0).normal(size=8), (9, 1)).astype(np.float32)
    found = SenseMemory.of(same, labels, OF_CLASS, k=k).logits(same[:2], np.array([0, 1])).argmax(1)
    assert found.tolist() == [1, 4]


@pytest.mark.parametrize("k", [0, 1, 5])
def test_a_training_text_that_is_left_out_is_asked_of_the_others(k):
    known, labels = vectors()
    found = SenseMemory.of(known, labels, OF_CLASS, k=k).left_out(np.array([3, 17, 40]))
    for logits, row in zip(found, (3, 17, 40), strict=True):
        others = np.arange(60) != row
        alone = SenseMemory.of(known[others], labels[others], OF_CLASS, k=k).logits(
            known[[row]], OF_CLASS[labels[[row]]]
        )
        assert logits == pytest.approx(alone[0], abs=0.05)  # the shares of the senses are those of all
        assert logits.argmax() == alone[0].argmax()


def test_the_nearest_texts_are_those_of_the_word_and_come_in_order():
    known, labels = vectors()
    asked, _ = vectors(1, 1)
    rows, cosines = SenseMemory.of(known, labels, OF_CLASS, k=1).nearest(asked[0], 1, 4)
    units = known / np.linalg.norm(known, axis=1, keepdims=True)
    every = units @ asked[0] / np.linalg.norm(asked[0])
    own = np.flatnonzero(OF_CLASS[labels] == 1)
    assert rows.tolist() == own[np.argsort(-every[own])][:4].tolist()
    assert cosines == pytest.approx(every[rows], abs=1e-6)


def test_counts_are_shares_of_each_word():
    model = SenseCounts(SenseCountsConfig())
    model.fit([Item("", 0, 0)] * 6, np.array([0, 0, 1, 3, 4, 4]), of_class=OF_CLASS, seed=0)
    assert np.exp(model.logits([Item("", 0, 0)])[0]) == pytest.approx([2 / 3, 1 / 3, 0, 1 / 3, 2 / 3], abs=1e-9)
    assert np.array_equal(SenseCounts.restore(model.settings(), model.tensors()).shares, model.shares)


def items_of(labels: np.ndarray) -> list[Item]:
    """The sense is told by a word somewhere around, among others."""
    random = np.random.default_rng(0)
    telling = ("swims", "sews", "stoops", "digs", "spies")
    found = []
    for label in labels:
        words = [*random.choice(["a", "the", "then", "it", "was"], 3), telling[label]]
        random.shuffle(words)
        before, behind = " ".join(words[:2]), " ".join(words[2:])
        found.append(Item(f"{before} Word {behind}", len(before) + 1, len(before) + 5))
    return found


def test_words_around_are_weighed_for_each_word_by_itself():
    """As scikit-learn does it, on features that are counted another way."""
    labels = np.tile(np.arange(5), 12)
    items = items_of(labels)
    model = SenseContext(SenseContextConfig(min_texts=1))
    model.fit(items, labels, of_class=OF_CLASS, seed=0)
    logits = model.logits(items)
    for word in (0, 1):
        own = np.flatnonzero(OF_CLASS[labels] == word)
        values = DictVectorizer().fit_transform([dict.fromkeys(features_of(items[row]), 1.0) for row in own])
        fitted = LogisticRegression(max_iter=2000).fit(values, labels[own])
        senses = np.flatnonzero(OF_CLASS == word)
        found = np.exp(logits[np.ix_(own, senses)])
        found /= found.sum(1, keepdims=True)
        assert found == pytest.approx(fitted.predict_proba(values), abs=2e-3)
    assert np.array_equal(SenseContext.restore(model.settings(), model.tensors()).logits(items), logits)


def test_the_marked_word_itself_says_nothing():
    found = features_of(Item("It is the Duck, he said", 10, 14))
    assert not any("duck" in feature for feature in found)
    assert {"the", "said", "-1 the", "-2 is", "- the is", "+1 ,", "+2 he", "+ , he"} <= found
    assert "+1 =" in features_of(Item("a duck", 2, 6))


def test_stored_arrays_that_do_not_fit_are_refused():
    model = SenseContext(SenseContextConfig(min_texts=1))
    labels = np.tile(np.arange(5), 4)
    model.fit(items_of(labels), labels, of_class=OF_CLASS, seed=0)
    with pytest.raises(HeadworkError, match="is float32 of shape"):
        SenseContext.restore(model.settings(), {**model.tensors(), "coefficients": np.zeros((1, 1), np.float32)})
    with pytest.raises(HeadworkError, match="stands twice"):
        SenseContext.restore({**model.settings(), "features": ["a", "a"]}, model.tensors())


@pytest.mark.parametrize(
    ("name", "setting", "told"),
    [
        ("sense-neighbours", "model.layer=7", "layer is 7; expected 0 to 6"),
        ("sense-neighbours", "model.k=-1", "k is -1"),
        ("sense-neighbours", "model.pooling=cls", "pooling is 'cls'"),
        ("minilm", "model.layer=chosen", "layer is 'chosen'"),
        ("minilm", "train.fit=neighbours", "sense-encoder trains weights"),
        ("sense-neighbours", "train.fit=gradient", "sense-neighbours keeps vectors and trains nothing"),
    ],
)
def test_settings_that_mean_nothing_are_refused(name, setting, told):
    with pytest.raises((HeadworkError, ValueError), match=told):
        check_recipe(with_settings(load_recipe(name, "disambiguate"), (setting,)))
