"""Comparing models that answer questions about tables, or judge statements on them."""

from headwork.compare.table.answer import answers, questions_asked
from headwork.compare.table.assemble import assemble
from headwork.compare.table.trial import check, trial
from headwork.compare.work import Work
from headwork.data.prepared_tables import prepare_tables
from headwork.data.table_questions import TableCorpus
from headwork.tasks.table import load_tabler

WORK = Work(
    reading=frozenset({"dev", "test", "limits"}),
    prepare=prepare_tables,
    load=TableCorpus.load,
    check=check,
    trial=trial,
    assemble=assemble,
    open=load_tabler,
    asked=questions_asked,
    asking=frozenset({"table"}),
    answers=answers,
)
