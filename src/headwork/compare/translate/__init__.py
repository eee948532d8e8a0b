"""Comparing translators on a bitext."""

from headwork.compare.translate.answer import answers
from headwork.compare.translate.assemble import assemble
from headwork.compare.translate.trial import check, trial
from headwork.compare.work import Work
from headwork.data.bitext import Bitext, prepare_bitext
from headwork.tasks.translate import Translator

WORK = Work(
    reading=frozenset({"source", "target", "dev", "test", "limits"}),
    prepare=prepare_bitext,
    load=Bitext.load,
    check=check,
    trial=trial,
    assemble=assemble,
    open=Translator.load,
    answering=frozenset({"explain", "beam", "length_penalty", "coverage_penalty"}),
    answers=answers,
)
