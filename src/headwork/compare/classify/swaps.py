"""Does the answer follow what a text is asked about? One text, asked about things whose labels differ.

Axes: S seeds, n test rows, T such texts.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from headwork.base.about import bare
from headwork.base.results import ModelResult, Swaps
from headwork.data.corpus import Examples
from headwork.measure.means import mean_score

BLIND = 0.005
"""share of the texts in which the answer changes below which a model does not look"""


def swapped(test: Examples) -> list[np.ndarray]:
    """The rows of each text that is asked about several things whose labels differ."""
    rows: defaultdict[str, list[int]] = defaultdict(list)
    for row, text in enumerate(test.texts):
        said, places = bare(text)
        if places:
            rows[said].append(row)
    return [np.array(places) for places in rows.values() if len(set(test.labels[places].tolist())) > 1]


def swaps_of(asked: Sequence[np.ndarray], predicted: np.ndarray, truth: np.ndarray) -> Swaps | None:
    """Of the (S, n) answers of a model's seeds; None where no text is asked so."""
    if not asked:
        return None
    right = np.stack([(predicted[:, rows] == truth[rows]).all(1) for rows in asked], 1)
    moved = np.stack([(predicted[:, rows] != predicted[:, rows[:1]]).any(1) for rows in asked], 1)
    return Swaps(texts=len(asked), right=mean_score(right.astype(float)), moved=mean_score(moved.astype(float)))


def blind(models: Sequence[ModelResult]) -> Iterator[str]:
    for model in models:
        if model.swaps and model.swaps.moved.mean < BLIND and model.name != "majority":
            yield (
                f"{model.name} does not look at what is asked about: it gives one answer to all things that a text is "
                f"asked about, in {1 - model.swaps.moved.mean:.1%} of {model.swaps.texts:,} texts."
            )
