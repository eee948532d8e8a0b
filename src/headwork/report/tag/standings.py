"""The main table of a comparison of taggers."""

from collections.abc import Mapping
from functools import singledispatch

from headwork.base.tag import TagComparison, TagStanding
from headwork.report.columns import GAP, MEMORY, NAME, SIZE, TRAINING, P, best_first, shares, speed, spread, table_of
from headwork.report.standings import standings
from headwork.report.table import Table

OF_ENTITIES: Mapping[str, str] = {"f1": "entity F1", "precision": "precision", "recall": "recall"}
OF_WORDS: Mapping[str, str] = {"accuracy": "accuracy", "macro_f1": "macro-F1"}
"""scores and what they are called; the one that models are ranked by comes first"""


@singledispatch
def called(comparison: TagComparison) -> Mapping[str, str]:
    """The scores, and what they are called."""
    return OF_ENTITIES if comparison.of_entities else OF_WORDS


def ranked(comparison: TagComparison) -> list[TagStanding]:
    return best_first(comparison.models, comparison.score, comparison.best)


@standings.register
def tag_table(comparison: TagComparison) -> Table:
    """One row a model, best first."""
    scores = called(comparison)
    first, *others = scores
    makers = [
        NAME,
        shares(scores[first], first, "whole"),
        spread(first),
        *(shares(scores[name], name, "text" if len(others) == 1 else "no") for name in others),
        GAP,
        P,
        TRAINING,
        SIZE,
        *speed("sentence"),
        MEMORY,
    ]
    return table_of(comparison, ranked(comparison), makers)
