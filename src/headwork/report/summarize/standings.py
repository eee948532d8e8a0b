"""The main table of a comparison of models that summarise: all models, and beneath them what no choice can beat."""

from headwork.base.summary import SummaryComparison, SummaryStanding
from headwork.report import numbers
from headwork.report.columns import (
    GAP,
    MEMORY,
    NAME,
    SIZE,
    TRAINING,
    Maker,
    P,
    best_first,
    points,
    share,
    shares,
    speed,
    spread,
    table_of,
)
from headwork.report.standings import standings
from headwork.report.table import DASH, Cell, Column, Row, Table

CALLED = {"rouge_l": "ROUGE-L", "rouge_1": "ROUGE-1", "rouge_2": "ROUGE-2"}
"""scores; the one that models are ranked by comes first"""
ORACLE = "oracle (upper bound)"


def ranked(comparison: SummaryComparison) -> list[SummaryStanding]:
    return best_first(comparison.models, "rouge_l", comparison.best)


@standings.register
def summary_table(comparison: SummaryComparison) -> Table:
    """One row a model, highest ROUGE-L first, then the oracle."""
    makers = [
        NAME,
        shares(CALLED["rouge_l"], "rouge_l", "whole"),
        spread("rouge_l"),
        shares(CALLED["rouge_1"], "rouge_1", "no"),
        shares(CALLED["rouge_2"], "rouge_2", "no"),
        *([_LEAD] if any(model.against_lead for model in comparison.models) else []),
        GAP,
        P,
        TRAINING,
        SIZE,
        *speed("document"),
        MEMORY,
    ]
    table = table_of(comparison, ranked(comparison), makers)
    known = {CALLED[name]: share(score) for name, score in comparison.oracle.scores.items()}
    known[NAME.column.title] = Cell(ORACLE)
    row = Row(cells=[known.get(column.title, Cell(DASH)) for column in table.columns])
    return Table(columns=table.columns, rows=[*table.rows, row])


def lengths_table(comparison: SummaryComparison) -> Table:
    """How long summaries are, of each model, of the oracle and of people."""
    named = {model.name: model.written for model in ranked(comparison)}
    named |= {ORACLE: comparison.oracle.written, "people": comparison.references}
    return Table(
        columns=[
            Column(title="summaries of", align="left"),
            Column(title="sentences", detail="mean"),
            Column(title="words", detail="mean"),
            Column(title="of the document's words", detail="mean"),
        ],
        rows=[
            Row(
                cells=[
                    Cell(name),
                    Cell(numbers.decimal(found.sentences, 1) if found.sentences else DASH),
                    Cell(numbers.decimal(found.words, 1)),
                    Cell(numbers.percent(found.compression)),
                ]
            )
            for name, found in named.items()
        ],
    )


_LEAD = Maker(
    Column(title="against lead", detail="points, interval", brief="text"),
    lambda model: points(model.against_lead),
    "lead",
)
