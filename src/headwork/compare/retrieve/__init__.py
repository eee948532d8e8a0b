"""Comparing models of search."""

from headwork.compare.asked import pairs_asked
from headwork.compare.retrieve.answer import answers
from headwork.compare.retrieve.assemble import assemble
from headwork.compare.retrieve.trial import check, trial
from headwork.compare.work import Work
from headwork.data.searched import SearchCorpus, prepare_searched
from headwork.tasks.retrieve import load_retriever

WORK = Work(
    reading=frozenset({"text", "text_b", "dev", "test", "group", "limits"}),
    prepare=prepare_searched,
    load=SearchCorpus.load,
    check=check,
    trial=trial,
    assemble=assemble,
    open=load_retriever,
    asked=pairs_asked,
    answers=answers,
)
