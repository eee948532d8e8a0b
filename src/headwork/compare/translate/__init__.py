"""Comparing translators on a bitext, or on pictures with their captions."""

from headwork.compare.translate.answer import answers, sources_asked
from headwork.compare.translate.assemble import assemble
from headwork.compare.translate.trial import check, trial
from headwork.compare.work import Work
from headwork.data.bitext import Bitext
from headwork.data.captions import prepare_pairs
from headwork.tasks.translate import Translator

WORK = Work(
    reading=frozenset({"source", "target", "dev", "test", "limits"}),
    prepare=prepare_pairs,
    load=Bitext.load,
    check=check,
    trial=trial,
    assemble=assemble,
    open=Translator.load,
    asked=sources_asked,
    answering=frozenset({"explain", "beam", "length_penalty", "coverage_penalty"}),
    answers=answers,
)
