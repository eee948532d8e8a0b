"""The main table of a comparison of models of search."""

from headwork.base.retrieve import RetrieveComparison, RetrieveStanding
from headwork.report import numbers
from headwork.report.columns import (
    MEMORY,
    NAME,
    SIZE,
    TRAINING,
    Maker,
    P,
    best_first,
    decimal_difference,
    decimal_gap,
    decimals,
    shares,
    speed,
    spread,
    table_of,
)
from headwork.report.standings import standings
from headwork.report.table import DASH, Cell, Column, Table


def ranked(comparison: RetrieveComparison) -> list[RetrieveStanding]:
    return best_first(comparison.models, "mrr", comparison.best)


@standings.register
def retrieve_table(comparison: RetrieveComparison) -> Table:
    """One row a model, highest MRR first; columns against BM25 and of mixed scores where there is something to say."""
    models = ranked(comparison)
    makers = [
        NAME,
        decimals("MRR", "mrr", "whole"),
        spread("mrr", numbers.thousandths),
        shares("found first", "recall_1", "text"),
        shares("among 5", "recall_5", "no"),
        shares("among 10", "recall_10", "text"),
        decimal_gap("MRR"),
        P,
        *([_AGAINST_BM25] if any(model.against_bm25 for model in models) else []),
        *([_SHARE] if any(model.shares for model in models) else []),
        TRAINING,
        SIZE,
        *speed("query", "queries"),
        _INDEXING,
        MEMORY,
    ]
    return table_of(comparison, models, makers)


def _against_bm25(model: RetrieveStanding) -> Cell:
    return decimal_difference(model.against_bm25) if model.against_bm25 else Cell(DASH)


def _share(model: RetrieveStanding) -> Cell:
    return Cell(numbers.percent(sum(model.shares) / len(model.shares))) if model.shares else Cell(DASH)


def _indexing(model: RetrieveStanding) -> Cell:
    found = model.indexing
    return Cell(numbers.seconds(found.seconds), f"{numbers.count(found.documents)} documents")


_AGAINST_BM25 = Maker(Column(title="against bm25", detail="MRR, interval"), _against_bm25, "bm25")
_SHARE = Maker(Column(title="of vectors", detail="the rest of words"), _share)
_INDEXING = Maker(Column(title="to index", detail="test side"), _indexing)
