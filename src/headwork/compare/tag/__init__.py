"""Comparing taggers of words."""

from headwork.compare.tag.answer import answers, sentences_asked
from headwork.compare.tag.assemble import assemble
from headwork.compare.tag.trial import trial
from headwork.compare.work import Work
from headwork.data.tagged import TaggedCorpus, prepare_tagged
from headwork.tasks.tag import load_tagger
from headwork.train.any import check_recipe

WORK = Work(
    reading=frozenset({"text", "label", "dev", "test", "limits"}),
    prepare=prepare_tagged,
    load=TaggedCorpus.load,
    check=check_recipe,
    trial=trial,
    assemble=assemble,
    open=load_tagger,
    asked=sentences_asked,
    answers=answers,
)
