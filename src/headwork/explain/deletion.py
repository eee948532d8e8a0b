"""Are the weights faithful? Deleting the most weighted words must move the answer more than deleting random ones.

The comprehensiveness of DeYoung et al. 2020 (ERASER, equation 1) at one share of the words, beside its random baseline.
"""

from collections.abc import Sequence

import numpy as np

from headwork.base.results import Faithfulness
from headwork.explain.words import WeighedText, weigh
from headwork.tasks.classify import Classifier

SHARE = 0.2
RANDOM_DRAWS = 3


def faithfulness(classifier: Classifier, texts: Sequence[str], *, seed: int = 0) -> Faithfulness | None:
    """Mean drop of the predicted class's probability over texts of at least two words; None without weights."""
    weighed = weigh(texts, classifier)
    if weighed is None:
        return None
    kept = [look for look in weighed if len(look.words) > 1]
    if not kept:
        return None
    random = np.random.default_rng(seed)
    before = classifier.probabilities([look.text for look in kept])
    answers = before.argmax(axis=1)

    def drop(deleted: list[list[int]]) -> float:
        after = classifier.probabilities([without(look, words) for look, words in zip(kept, deleted, strict=True)])
        return float(np.mean(before.max(axis=1) - after[np.arange(len(kept)), answers]))

    top = drop([list(np.argsort([-word.weight for word in look.words], kind="stable")[: _many(look)]) for look in kept])
    draws = [
        drop([list(random.permutation(len(look.words))[: _many(look)]) for look in kept]) for _ in range(RANDOM_DRAWS)
    ]
    return Faithfulness(top=top, random=float(np.mean(draws)), texts=len(kept))


def _many(look: WeighedText) -> int:
    return max(1, round(SHARE * len(look.words)))


def without(look: WeighedText, words: Sequence[int]) -> str:
    """The text with the chosen words cut out."""
    kept, at = [], 0
    for word in sorted(words):
        kept.append(look.text[at : look.words[word].start])
        at = look.words[word].end
    return "".join([*kept, look.text[at:]])
