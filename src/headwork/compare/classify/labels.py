"""How many labels of a corpus look wrong, judged by a model that has not seen them."""

import numpy as np

from headwork.base.recipes import load_recipe
from headwork.data.corpus import Corpus
from headwork.measure.calibration import softmax
from headwork.measure.confident import looks_wrong
from headwork.tasks.classical import ClassicalClassifier

FOLDS = 4
MOST_ROWS = 20_000
"""more are not needed to tell a share; a fixed sample is taken"""


def count_wrong_labels(corpus: Corpus) -> tuple[int, int]:
    """(labels that look wrong, rows looked at): confident learning on TF-IDF probabilities from other folds."""
    order = np.random.default_rng(0).permutation(len(corpus.texts))[:MOST_ROWS]
    labels, texts = corpus.labels[order], [corpus.texts[place] for place in order]
    probabilities = np.zeros((len(order), len(corpus.facts.classes)))
    for fold in range(FOLDS):
        held_out = np.arange(len(order)) % FOLDS == fold
        model = ClassicalClassifier(load_recipe("tfidf"), corpus.facts.classes)
        model.fit([text for text, out in zip(texts, held_out, strict=True) if not out], labels[~held_out], seed=0)
        probabilities[held_out] = softmax(
            model.logits([text for text, out in zip(texts, held_out, strict=True) if out])
        )
    return int(looks_wrong(labels, probabilities).sum()), len(order)
