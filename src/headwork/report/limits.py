"""What a comparison kept from its models: texts cut to a length, and training ended by the budget."""

from collections import Counter
from collections.abc import Sequence

from headwork.base.disambiguate import SenseStanding
from headwork.base.multilabel import MultilabelStanding
from headwork.base.pair import PairStanding
from headwork.base.parse_log import LogStanding
from headwork.base.results import Cut, ModelResult, Standing
from headwork.base.retrieve import RetrieveStanding
from headwork.base.span import SpanStanding
from headwork.base.summary import SummaryStanding
from headwork.base.table import TableStanding
from headwork.base.tag import TagStanding
from headwork.base.translation import TranslationStanding
from headwork.report import numbers
from headwork.report.table import Cell, Column, Row, Table


def limits_table(models: Sequence[Standing]) -> Table:
    """Of models that do not take texts of any length."""
    return Table(
        columns=[
            Column(title="model", align="left"),
            *(Column(title=title) for title in _kept_from(models[0])),
            Column(title="training ended by", align="left"),
        ],
        rows=[
            Row(cells=[Cell(model.name), *map(Cell, _kept_from(model).values()), Cell(endings(model.stopped))])
            for model in models
        ],
    )


def _kept_from(model: Standing) -> dict[str, str]:
    """What it did not take whole; the same columns for all models of a task."""
    if isinstance(model, TranslationStanding):
        return {
            "texts in pieces": numbers.count(model.in_pieces),
            "training pairs left out": numbers.count(model.left_out),
        }
    if isinstance(model, TagStanding):
        unit = "lines" if isinstance(model, LogStanding) else "sentences"
        return {f"{unit} in windows": numbers.count(model.windows), "words cut": numbers.count(model.cut.rows)}
    if isinstance(model, SpanStanding):
        return {
            "passages in windows": numbers.count(model.reading.in_windows),
            "windows not read": numbers.count(model.reading.left_out),
            "questions cut": numbers.count(model.reading.questions_cut),
            "not learnt from": numbers.count(model.not_learnt),
        }
    if isinstance(model, SummaryStanding):
        return {
            "documents in windows": numbers.count(model.reading.in_windows),
            "sentences cut": numbers.count(model.reading.sentences_cut),
            "not learnt from": numbers.count(model.not_learnt),
        }
    if isinstance(model, TableStanding):
        return {
            "questions cut": numbers.count(model.read.texts_cut),
            "tables without some columns": numbers.count(model.read.columns_left_out),
            "programs not looked at": numbers.count(model.searched.bounded if model.searched else 0),
            "not learnt from": numbers.count(model.not_learnt),
        }
    if not isinstance(model, ModelResult | PairStanding | MultilabelStanding | SenseStanding | RetrieveStanding):
        raise NotImplementedError(type(model).__name__)
    told = {"texts cut": numbers.count(model.cut.rows), "tokens not seen": unseen(model.cut)}
    return {**told, "in training": unseen(model.train_cut)} if isinstance(model, ModelResult) else told


def unseen(cut: Cut) -> str:
    return numbers.percent(cut.tokens / cut.of_tokens) if cut.tokens else "none"


def endings(stopped: list[str]) -> str:
    """Why training ended, with the number of seeds where they differ."""
    counts = Counter(stopped)
    if len(counts) == 1:
        return stopped[0]
    return ", ".join(f"{reason} ({times} of {len(stopped)} seeds)" for reason, times in counts.most_common())


def budget_note(models: Sequence[Standing]) -> str:
    """Who was stopped by the budget, as a sentence; empty when nobody was."""
    names = [
        f"{model.name} ({model.stopped.count('budget')} of {len(model.stopped)} seeds)"
        for model in models
        if "budget" in model.stopped
    ]
    if not names:
        return ""
    return f"Stopped by the budget, and perhaps better with more time: {', '.join(names)}."
