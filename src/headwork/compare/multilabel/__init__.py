"""Comparing models that give a text any number of labels."""

from headwork.compare.multilabel.answer import answers
from headwork.compare.multilabel.assemble import assemble
from headwork.compare.multilabel.trial import trial
from headwork.compare.work import Work
from headwork.data.multilabel import MultilabelCorpus, prepare_multilabel
from headwork.tasks.multilabel import load_labeller
from headwork.train.any import check_recipe

WORK = Work(
    reading=frozenset({"text", "label", "labels", "separator", "dev", "test", "group", "limits"}),
    prepare=prepare_multilabel,
    load=MultilabelCorpus.load,
    check=check_recipe,
    trial=trial,
    assemble=assemble,
    open=load_labeller,
    answers=answers,
)
