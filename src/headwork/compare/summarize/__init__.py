"""Comparing models that summarise documents."""

from headwork.compare.summarize.answer import answers, documents_asked
from headwork.compare.summarize.assemble import assemble
from headwork.compare.summarize.trial import check, trial
from headwork.compare.work import Work
from headwork.data.summaries import SummaryCorpus, prepare_summaries
from headwork.tasks.summarize import load_summarizer

WORK = Work(
    reading=frozenset({"text", "label", "dev", "test", "limits"}),
    prepare=prepare_summaries,
    load=SummaryCorpus.load,
    check=check,
    trial=trial,
    assemble=assemble,
    open=load_summarizer,
    asked=documents_asked,
    answers=answers,
    answering=frozenset({"sentences", "beam", "length_penalty"}),
)
