"""Comparing taggers of words."""

from headwork.compare.tag.answer import answers, sentences_asked
from headwork.compare.tag.assemble import assemble
from headwork.compare.tag.trial import check, trial
from headwork.compare.work import Work
from headwork.data.tagged import TaggedCorpus, prepare_tagged
from headwork.tasks.tag import load_tagger

WORK = Work(
    reading=frozenset({"text", "label", "dev", "test", "limits"}),
    prepare=prepare_tagged,
    load=TaggedCorpus.load,
    check=check,
    trial=trial,
    assemble=assemble,
    open=load_tagger,
    asked=sentences_asked,
    answers=answers,
)
