"""Learning the senses of words: cross-entropy over the senses of each text's word, or keeping the training vectors.

The weights with the best accuracy on dev are kept. Of vectors that are kept, dev says from which layer they come and
how many neighbours vote; where dev is too small to tell them apart, training texts do, each asked of the others.
"""

from typing import ClassVar, NamedTuple

import numpy as np

from headwork.base.results import Cut
from headwork.data.senses import SenseExamples
from headwork.models.sense_encoder import Layer
from headwork.models.sense_memory import SenseMemory, unit
from headwork.tasks.neural_disambiguate import NeighbourDisambiguator, NeuralDisambiguator
from headwork.train.classify import Classify
from headwork.train.logistic import LogisticFit, fit_logistic_head

LEFT_OUT = 1000
"""training texts that decide between what is equal on dev"""
NEIGHBOURS = (0, 1, 5, 15)
"""numbers that are tried; 0: the means of senses"""


class Tried(NamedTuple):
    accuracy: float
    """on dev"""
    place: int
    """of the layer among those tried"""
    layer: Layer
    k: int


class Choice(NamedTuple):
    """What was chosen on dev."""

    layer: Layer
    k: int
    accuracy: float
    cut: Cut
    """what of the training texts was not seen"""


def keep_vectors(model: NeighbourDisambiguator, train: SenseExamples, dev: SenseExamples) -> Choice:
    """Keep the vectors of `train` at the layer, and with the number of neighbours, that suit `dev` best."""
    config, of_class = model.config, model.inventory.of_class
    vectors, asked = model.at_layers(train.items), model.at_layers(dev.items)
    words, tried = of_class[dev.labels], []
    for place, layer in enumerate(model.network.layers):
        for k in NEIGHBOURS if config.k == "chosen" else (config.k,):
            memory = SenseMemory.of(vectors[:, place], train.labels, of_class, k=k)
            accuracy = float((memory.logits(asked[:, place], words).argmax(1) == dev.labels).mean())
            tried.append(Tried(accuracy, place, layer, k))
    accuracy, place, layer, k = _best(tried, vectors, train.labels, of_class)
    model.remember(unit(vectors[:, place]), train.labels, train.items, layer=layer, k=k)
    return Choice(layer, k, accuracy, model.cut(train.items))


def _best(tried: list[Tried], vectors: np.ndarray, labels: np.ndarray, of_class: np.ndarray) -> Tried:
    """The most accurate on dev; of equals the best on training texts, each asked of the others; then the first."""
    equal = [each for each in tried if each.accuracy == max(one.accuracy for one in tried)]
    if len(equal) == 1:
        return equal[0]
    rows = np.sort(np.random.default_rng(0).permutation(len(labels))[:LEFT_OUT])

    def others(each: Tried) -> float:
        memory = SenseMemory.of(vectors[:, each.place], labels, of_class, k=each.k)
        return float((memory.left_out(rows).argmax(1) == labels[rows]).mean())

    return max(equal, key=others)


def fit_apart(model: NeuralDisambiguator, train: SenseExamples, dev: SenseExamples) -> Choice | LogisticFit:
    """What is fitted without a step of training: vectors to be kept, or a head on features."""
    if isinstance(model, NeighbourDisambiguator):
        return keep_vectors(model, train, dev)
    return fit_logistic_head(model, train, dev)


class Disambiguate(Classify):
    """The training texts of a neural disambiguator, whose network leaves only the senses of the word."""

    fit_head: ClassVar = staticmethod(fit_apart)
