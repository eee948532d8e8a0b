"""Interpolated Kneser-Ney against its formula written with dictionaries."""

from collections import Counter, defaultdict

import numpy as np
import pytest

from headwork.base.errors import HeadworkError
from headwork.models.ngram import Ngram, NgramConfig

VOCABULARY = 7


def text(seed: int, length: int = 300) -> np.ndarray:
    """Random documents with repeats, each opened by token 0."""
    chance = np.random.default_rng(seed)
    ids = chance.choice(np.arange(1, VOCABULARY), size=length, p=[0.4, 0.25, 0.15, 0.1, 0.07, 0.03])
    ids[::37] = 0
    return ids.astype(np.int64)


def by_hand(ids: list[int], order: int):
    """p(w | history) by the formula, with a dictionary for each order."""
    documents: list[list[int]] = []
    for token in ids:
        if token == 0:
            documents.append([])
        documents[-1].append(token)
    occurs = [Counter() for _ in range(order + 1)]
    for document in documents:
        for n in range(1, order + 1):
            occurs[n].update(tuple(document[i : i + n]) for i in range(len(document) - n + 1))
    counts = list(occurs)
    for n in range(1, order):
        before = defaultdict(set)
        for gram in occurs[n + 1]:
            before[gram[1:]].add(gram[0])
        counts[n] = Counter({gram: len(before[gram]) or occurs[n][gram] for gram in occurs[n]})

    def p(word: int, history: tuple[int, ...], n: int) -> float:
        if n == 0:
            return 1 / VOCABULARY
        context = history[len(history) - n + 1 :] if n > 1 else ()
        if len(history) < n - 1:
            return p(word, history, len(history) + 1)
        behind = {gram[-1]: count for gram, count in counts[n].items() if gram[:-1] == context}
        lower = p(word, history, n - 1)
        if not behind:
            return lower
        ones, twos = (sum(count == k for count in counts[n].values()) for k in (1, 2))
        discount = ones / (ones + 2 * twos) if ones else 0.5
        total = sum(behind.values())
        return max(behind.get(word, 0) - discount, 0) / total + discount * len(behind) / total * lower

    return lambda word, history: p(word, history, order)


@pytest.mark.parametrize("order", [1, 2, 4])
def test_losses_are_those_of_the_formula(order) -> None:
    train, new = text(0), text(1, 80)
    model = Ngram(NgramConfig(order=order))
    model.fit(train, vocabulary=VOCABULARY)
    p = by_hand(train.tolist(), order)
    nats = model.nats(new)
    for place in range(1, len(new)):
        start = max(i for i in range(place) if new[i] == 0)
        history = tuple(new[start:place].tolist())[-(order - 1) :] if order > 1 else ()
        assert nats[place - 1] == pytest.approx(-np.log(p(int(new[place]), history)), abs=1e-10), place


def test_chances_sum_to_one_and_agree_with_the_losses() -> None:
    train, new = text(0), text(2, 60)
    model = Ngram(NgramConfig(order=4))
    model.fit(train, vocabulary=VOCABULARY)
    nats = model.nats(new)
    for place in range(1, len(new)):
        chances = np.exp(model.log_probabilities(new[:place]))
        assert chances.sum() == pytest.approx(1, abs=1e-12)
        if new[place] != 0:
            assert -np.log(chances[new[place]]) == pytest.approx(nats[place - 1], abs=1e-12)


def test_nothing_is_remembered_over_the_start_of_a_document() -> None:
    model = Ngram(NgramConfig(order=4))
    model.fit(text(0), vocabulary=VOCABULARY)
    one, other = np.array([0, 1, 2, 3, 0, 1, 2]), np.array([0, 4, 4, 4, 0, 1, 2])
    assert model.nats(one)[4:].tolist() == model.nats(other)[4:].tolist()


def test_restored_it_says_the_same() -> None:
    model = Ngram(NgramConfig(order=3))
    model.fit(text(0), vocabulary=VOCABULARY)
    again = Ngram.restore(model.config, model.tensors(), vocabulary=VOCABULARY)
    assert again.nats(text(3)).tolist() == model.nats(text(3)).tolist()
    broken = {**model.tensors(), "keys.1": model.tensors()["keys.1"][::-1].copy()}
    with pytest.raises(HeadworkError, match="grams of 2 tokens"):
        Ngram.restore(model.config, broken, vocabulary=VOCABULARY)


def test_longer_grams_help_on_real_text(real_data) -> None:
    text = (real_data / "tinyshakespeare" / "train.txt").read_text()
    letters = sorted(set(text))
    ids = np.array([0, *(2 + letters.index(letter) for letter in text[:60_000])])
    new = np.array([0, *(2 + letters.index(letter) for letter in text[60_000:70_000])])
    losses = []
    for order in (1, 2, 4):
        model = Ngram(NgramConfig(order=order))
        model.fit(ids, vocabulary=len(letters) + 2)
        losses.append(model.nats(new).mean())
    assert losses[0] > losses[1] + 0.5 > losses[2] + 0.9
