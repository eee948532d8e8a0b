"""Comparing disambiguators of words."""

from headwork.compare.disambiguate.answer import answers, occurrences_asked
from headwork.compare.disambiguate.assemble import assemble
from headwork.compare.disambiguate.trial import trial
from headwork.compare.work import Work
from headwork.data.senses import SenseCorpus, prepare_senses
from headwork.tasks.disambiguate import load_disambiguator
from headwork.train.any import check_recipe

WORK = Work(
    reading=frozenset({"text", "label", "word", "index", "dev", "test", "group", "limits"}),
    prepare=prepare_senses,
    load=SenseCorpus.load,
    check=check_recipe,
    trial=trial,
    assemble=assemble,
    open=load_disambiguator,
    asked=occurrences_asked,
    answers=answers,
)
