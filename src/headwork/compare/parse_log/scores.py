"""Scores of parsed lines: of fields, as those of entities, and of whole lines.

Axes: n lines, F facts of a line (hits, true and predicted fields of each kind).
"""

from collections.abc import Mapping, Sequence

import numpy as np

from headwork.data.tagged import TaggedExamples
from headwork.measure.entities import FACTS, OF_ENTITIES, facts_of, macro_f1
from headwork.measure.sums import Formula

OF_FIELDS: Mapping[str, Formula] = {**OF_ENTITIES, "macro_f1": macro_f1}


def scores_of(examples: TaggedExamples, found: Sequence[Sequence[str]]) -> dict[str, float]:
    """The score that models are ranked by comes first."""
    facts = facts_of(examples.truth, found, examples.tags)
    scores = {name: float(formula(facts.sum(0))) for name, formula in OF_FIELDS.items()}
    return {**scores, "whole": float(whole(facts).mean())}


def whole(facts: np.ndarray) -> np.ndarray:
    """(…, F) to (…) 1 where all fields of a line are found and no others."""
    hits, true, predicted = np.moveaxis(facts.reshape(*facts.shape[:-1], FACTS, -1), -2, 0)
    return ((hits == true) & (hits == predicted)).all(-1).astype(float)
