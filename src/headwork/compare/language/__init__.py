"""Comparing language models on a running text."""

from headwork.compare.language.assemble import assemble
from headwork.compare.language.trial import check, trial
from headwork.compare.work import Work
from headwork.data.running_text import RunningText, prepare_running_text

WORK = Work(
    reading=frozenset({"dev", "test", "documents", "limits"}),
    prepare=prepare_running_text,
    load=RunningText.load,
    check=check,
    trial=trial,
    assemble=assemble,
    curves=False,
)
