"""Scores of word senses, from one word's senses to all words.

    accuracy       share of the test rows that are answered right: micro-F1, as each row has one sense and one answer
    macro-F1       mean over words of the mean F1 of the word's senses
    word accuracy  mean over words of the share of the word's rows that are answered right

The last two are the averages over words of Loureiro, Rezaee, Pilehvar and Camacho-Collados 2021, "Analysis and
evaluation of language models for word sense disambiguation", whose words differ in their rows by a factor of 60.
Senses and words that a test side or a resample lacks are not counted there.

Axes: n rows, W words, C classes (all words' senses), F = 3 C facts of a row.
"""

from collections.abc import Mapping

import numpy as np

from headwork.base.disambiguate import Inventory, WordScore
from headwork.measure.scores import mean_f1
from headwork.measure.sums import Formula

FACTS = 3
"""of each class: was it answered right, was it true, was it answered"""


def facts_of(truth: np.ndarray, predicted: np.ndarray, *, classes: int) -> np.ndarray:
    """(n, 3 C) zeros and ones from (n,) classes."""
    rows = np.arange(len(truth))
    facts = np.zeros((len(truth), FACTS, classes))
    facts[rows, 0, truth] = truth == predicted
    facts[rows, 1, truth] = 1
    facts[rows, 2, predicted] = 1
    return facts.reshape(len(truth), FACTS * classes)


def formulas_of(inventory: Inventory) -> Mapping[str, Formula]:
    """Formulas over sums of the facts; the score that models are ranked by comes first."""

    def accuracy(sums: np.ndarray) -> np.ndarray:
        hits, true, _ = _by_class(sums)
        return hits.sum(-1) / np.maximum(true.sum(-1), 1)

    def macro_f1(sums: np.ndarray) -> np.ndarray:
        by_word = [mean_f1(*(each[..., own] for each in _by_class(sums))) for own in senses]
        return _mean_over_words(np.stack(by_word, -1), _by_class(sums)[1])

    def word_accuracy(sums: np.ndarray) -> np.ndarray:
        hits, true, _ = _by_class(sums)
        by_word = [hits[..., own].sum(-1) / np.maximum(true[..., own].sum(-1), 1) for own in senses]
        return _mean_over_words(np.stack(by_word, -1), true)

    def _mean_over_words(values: np.ndarray, true: np.ndarray) -> np.ndarray:
        # A word without rows has no hits and adds nothing to the sum.
        there = np.stack([true[..., own].sum(-1) > 0 for own in senses], -1)
        return values.sum(-1) / np.maximum(there.sum(-1), 1)

    senses = [np.flatnonzero(inventory.of_class == word) for word in range(len(inventory.words))]
    return {"accuracy": accuracy, "macro_f1": macro_f1, "word_accuracy": word_accuracy}


def word_scores(
    truth: np.ndarray, predicted: np.ndarray, frequent: np.ndarray, inventory: Inventory
) -> list[WordScore]:
    """Each word of the test side, from (n,) classes; `frequent` are the (W,) most frequent ones in training."""
    of_word, found = inventory.of_class[truth], []
    classes = len(inventory.classes)
    formulas = formulas_of(inventory)
    for number, word in enumerate(inventory.words):
        own = of_word == number
        if not own.any():
            continue
        sums = facts_of(truth[own], predicted[own], classes=classes).sum(0)
        found.append(
            WordScore(
                word=word,
                senses=int((inventory.of_class == number).sum()),
                rows=int(own.sum()),
                frequent=float((truth[own] == frequent[number]).mean()),
                accuracy=float(formulas["accuracy"](sums)),
                macro_f1=float(formulas["macro_f1"](sums)),
            )
        )
    return found


def most_frequent(labels: np.ndarray, inventory: Inventory) -> np.ndarray:
    """(W,) the class that most (n,) labels of each word have; of equals the first, -1 where there is none."""
    counts = np.bincount(labels, minlength=len(inventory.classes))
    found = np.full(len(inventory.words), -1)
    for word in range(len(inventory.words)):
        own = np.flatnonzero(inventory.of_class == word)
        if counts[own].any():
            found[word] = own[counts[own].argmax()]
    return found


def _by_class(sums: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(…, 3 C) to three of (…, C): hits, true rows, answers."""
    hits, true, answered = np.moveaxis(sums.reshape(*sums.shape[:-1], FACTS, -1), -2, 0)
    return hits, true, answered
