"""Where what was looked for stands among what was found.

    rank      1 + distractors that do not score less        the right one stands last among equals
    MRR       mean of 1 / rank                              Voorhees 1999, "The TREC-8 question answering track report"
    recall@k  share of the queries whose rank is at most k

Ties count against the model, as in the published evaluation of Feng et al. 2020, "CodeBERT": a score that says nothing
earns nothing. So does a score that is no number.

Axes: n queries, k distractors.
"""

import numpy as np

WITHIN = (1, 5, 10)
"""the k of recall"""


def rank_of(own: float, others: np.ndarray) -> int:
    """Of the right document's score among (k,) of distractors."""
    return 1 + int((~(others < own)).sum())


def within(ranks: np.ndarray, most: int) -> np.ndarray:
    """(…) ranks to (…) 0 or 1: was it found among the first `most`."""
    return (ranks <= most).astype(float)


def rank_values(ranks: np.ndarray) -> dict[str, np.ndarray]:
    """(…) ranks to what each query adds to each score; the one that models are ranked by comes first."""
    return {"mrr": 1 / ranks, **{f"recall_{most}": within(ranks, most) for most in WITHIN}}
