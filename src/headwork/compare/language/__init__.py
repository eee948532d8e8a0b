"""Comparing language models on a running text."""

from headwork.compare.language.answer import answers
from headwork.compare.language.assemble import assemble
from headwork.compare.language.trial import check, trial
from headwork.compare.work import Work
from headwork.data.running_text import RunningText, prepare_running_text
from headwork.tasks.language import load_language_model

WORK = Work(
    reading=frozenset({"dev", "test", "documents", "limits"}),
    prepare=prepare_running_text,
    load=RunningText.load,
    check=check,
    trial=trial,
    assemble=assemble,
    open=load_language_model,
    answering=frozenset(),
    answers=answers,
    has_shares=False,
)
