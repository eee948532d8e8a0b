"""Comparing language models on a running text, or on pictures read as one."""

from headwork.compare.language.answer import answers, documents_asked
from headwork.compare.language.assemble import assemble
from headwork.compare.language.trial import check, trial
from headwork.compare.work import Work
from headwork.data.picture_text import prepare_documents
from headwork.data.running_text import RunningText
from headwork.tasks.language import load_language_model

WORK = Work(
    reading=frozenset({"dev", "test", "documents", "limits"}),
    prepare=prepare_documents,
    load=RunningText.load,
    check=check,
    trial=trial,
    assemble=assemble,
    open=load_language_model,
    asked=documents_asked,
    answering=frozenset(),
    answers=answers,
    has_shares=False,
)
