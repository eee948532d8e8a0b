"""Scores of tagged sentences, from what each sentence contributes to sums.

    entities   F1 = 2 hits / (true + predicted),   precision = hits / predicted,   recall = hits / true

where a hit has the same first word, last word and type in both (CoNLL-2003; seqeval). Micro scores add up all types.

    words      accuracy = right / words;   macro-F1 = the mean F1 of the tags that the truth holds

Axes: n sentences, T types or tags, F facts of a sentence.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from headwork.base.results import ClassScore
from headwork.base.tag import OUTSIDE, Reading, entities_of, is_iob2
from headwork.measure.scores import f1, mean_f1
from headwork.measure.sums import Formula

Tags = Sequence[Sequence[str]]
"""of sentences"""
FACTS = 3
"""of a type in a sentence: hits, true ones, predicted ones"""


def kinds_of(tags: Sequence[str]) -> list[str]:
    """What counts are of: the types of entities, or the different tags themselves."""
    return sorted({tag[2:] for tag in tags if tag != OUTSIDE}) if is_iob2(tags) else list(tags)


def entity_facts(truth: Tags, predicted: Tags, types: Sequence[str], reading: Reading = "strict") -> np.ndarray:
    """(n, 3 T) hits, true and predicted entities of each type in each sentence."""
    place = {name: number for number, name in enumerate(types)}
    facts = np.zeros((len(truth), FACTS, len(types)))
    for row, (right, told) in enumerate(zip(truth, predicted, strict=True)):
        true, found = set(entities_of(right, reading)), set(entities_of(told, reading))
        for number, entities in enumerate((true & found, true, found)):
            for entity in entities:
                facts[row, number, place[entity.label]] += 1
    return facts.reshape(len(truth), FACTS * len(types))


def word_facts(truth: Tags, predicted: Tags, tags: Sequence[str]) -> np.ndarray:
    """(n, 3 T) right words, true words and predicted ones of each tag in each sentence."""
    place = {name: number for number, name in enumerate(tags)}
    facts = np.zeros((len(truth), FACTS, len(tags)))
    for row, (right, told) in enumerate(zip(truth, predicted, strict=True)):
        for one, other in zip(right, told, strict=True):
            facts[row, 0, place[one]] += one == other
            facts[row, 1, place[one]] += 1
            facts[row, 2, place[other]] += 1
    return facts.reshape(len(truth), FACTS * len(tags))


def micro_f1(sums: np.ndarray) -> np.ndarray:
    """(…, 3 T) to (…)"""
    return f1(*_totals(sums))


def precision(sums: np.ndarray) -> np.ndarray:
    hits, _, predicted = _totals(sums)
    return hits / np.maximum(predicted, 1)


def recall(sums: np.ndarray) -> np.ndarray:
    """Of words, each of which has one tag, this is accuracy."""
    hits, true, _ = _totals(sums)
    return hits / np.maximum(true, 1)


def macro_f1(sums: np.ndarray) -> np.ndarray:
    return mean_f1(*_by_type(sums))


OF_ENTITIES: Mapping[str, Formula] = {"f1": micro_f1, "precision": precision, "recall": recall}
OF_WORDS: Mapping[str, Formula] = {"accuracy": recall, "macro_f1": macro_f1}
"""formulas over the facts; the score that models are ranked by comes first"""


def formulas_of(tags: Sequence[str]) -> Mapping[str, Formula]:
    return OF_ENTITIES if is_iob2(tags) else OF_WORDS


def facts_of(truth: Tags, predicted: Tags, tags: Sequence[str]) -> np.ndarray:
    """(n, 3 T) of entities where the tags mark some, else of words."""
    return (entity_facts if is_iob2(tags) else word_facts)(truth, predicted, kinds_of(tags))


def by_kind(facts: np.ndarray, kinds: Sequence[str]) -> list[ClassScore]:
    """Precision, recall and F1 of each type or tag."""
    hits, true, predicted = _by_type(facts.sum(0))
    columns = hits / np.maximum(predicted, 1), hits / np.maximum(true, 1), f1(hits, true, predicted), true
    return [
        ClassScore(name=name, precision=float(p), recall=float(r), f1=float(score), rows=int(rows))
        for name, p, r, score, rows in zip(kinds, *columns, strict=True)
    ]


def _by_type(sums: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(…, 3 T) to three of (…, T)."""
    hits, true, predicted = np.moveaxis(sums.reshape(*sums.shape[:-1], FACTS, -1), -2, 0)
    return hits, true, predicted


def _totals(sums: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    hits, true, predicted = (each.sum(-1) for each in _by_type(sums))
    return hits, true, predicted
