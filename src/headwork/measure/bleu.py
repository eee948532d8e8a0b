"""BLEU and chrF of a test side with intervals, and paired differences between models.

The numbers are sacreBLEU's. Both scores are functions of sums over sentences (matches and totals of n-grams, lengths),
so that a resample of sentences is a weighted sum of what each contributes (`headwork.measure.sums`).

    BLEU = 100 exp(min(0, 1 - r / c)) (p_1 p_2 p_3 p_4)^(1/4)        Papineni et al. 2002; Post 2018 for the details
    chrF = 100 (1 + 2^2) P R / (2^2 P + R), P and R means over n     Popović 2015

Axes: n sentences, S seeds, F facts of a sentence.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

from headwork.base.results import Difference, Score
from headwork.measure.sums import summed_differences, summed_score

ORDERS = 4
"""longest n-gram of BLEU"""


@dataclass(frozen=True)
class Scored:
    """What each sentence contributes, and the scores of the whole."""

    facts: dict[str, np.ndarray]
    """(n, F) by the name of the score"""
    scores: dict[str, float]
    signatures: dict[str, str]


def score_translations(written: Sequence[str], references: Sequence[Sequence[str]]) -> Scored:
    """BLEU and chrF of n translations, each with its references; BLEU counts what any of them has."""
    facts, scores, signatures = {}, {}, {}
    streams = [list(stream) for stream in zip_longest(*references)]
    for name, metric in {"bleu": BLEU(force=True), "chrf": CHRF()}.items():
        scores[name] = metric.corpus_score(list(written), streams).score
        signatures[name] = str(metric.get_signature())
        facts[name] = np.array(metric._extract_corpus_statistics(list(written), streams), dtype=np.float64)
    return Scored(facts, scores, signatures)


def bleu_of(sums: np.ndarray) -> np.ndarray:
    """(…, 10) sums of [c, r, matches of 1- to 4-grams, totals of 1- to 4-grams] to (…) BLEU.

    Smoothed as sacreBLEU does: an order without a match counts as 2^-k matches, k counting such orders up from 1.
    """
    written, reference, right, total = sums[..., 0], sums[..., 1], sums[..., 2:6], sums[..., 6:10]
    none = right == 0
    smoothed = np.where(none, 0.5 ** np.cumsum(none, -1), right)
    with np.errstate(divide="ignore", invalid="ignore"):
        precision = np.log(smoothed / total).mean(-1)
        brevity = np.minimum(0.0, 1 - reference / written)
        score = 100 * np.exp(precision + brevity)
    # Without a single match, or with no n-gram of some order at all, there is nothing to smooth.
    return np.where((right.sum(-1) == 0) | (total == 0).any(-1) | (written == 0), 0.0, score)


def chrf_of(sums: np.ndarray, beta: float = 2.0) -> np.ndarray:
    """(…, 3 x 6) sums of [n-grams written, n-grams of the reference, matches] by order to (…) chrF2."""
    by_order = sums.reshape(*sums.shape[:-1], -1, 3)
    written, reference, right = by_order[..., 0], by_order[..., 1], by_order[..., 2]
    counts = (written > 0) & (reference > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        orders = counts.sum(-1)
        precision = np.where(counts, right / written, 0).sum(-1) / orders
        recall = np.where(counts, right / reference, 0).sum(-1) / orders
        score = 100 * (1 + beta**2) * precision * recall / (beta**2 * precision + recall)
    return np.nan_to_num(score)


SCORES: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {"bleu": bleu_of, "chrf": chrf_of}


def with_intervals(seeds: Sequence[Scored], chosen: np.ndarray | None = None, *, seed: int = 0) -> dict[str, Score]:
    """Mean scores over S seeds with 95% intervals of the two-way bootstrap; `chosen` are the sentences that count."""
    return {name: summed_score(score, _facts(name, seeds, chosen), seed=seed) for name, score in SCORES.items()}


def differences_to(
    reference: str,
    models: Mapping[str, Sequence[Scored]],
    chosen: np.ndarray | None = None,
    *,
    score: str = "bleu",
    seed: int = 0,
) -> dict[str, Difference]:
    """BLEU of each model minus that of `reference`: the same sentences are drawn for both, the seeds of each apart.

    `chosen` are the sentences that count; all when not given.
    """
    facts = {name: _facts(score, seeds, chosen) for name, seeds in models.items()}
    return summed_differences(SCORES[score], reference, facts, seed=seed)


def _facts(name: str, seeds: Sequence[Scored], chosen: np.ndarray | None = None) -> np.ndarray:
    """(S, n, F)"""
    return np.stack([each.facts[name] if chosen is None else each.facts[name][chosen] for each in seeds])
