"""Comparing classifiers of texts."""

from headwork.compare.classify.answer import answers
from headwork.compare.classify.asked import asked_texts
from headwork.compare.classify.assemble import assemble
from headwork.compare.classify.trial import trial
from headwork.compare.work import Work
from headwork.data.corpus import Corpus, prepare
from headwork.tasks.classify import load_classifier
from headwork.train.any import check_recipe

WORK = Work(
    reading=frozenset({"text", "label", "dev", "test", "group", "about", "as_classes", "limits"}),
    prepare=prepare,
    load=Corpus.load,
    check=check_recipe,
    trial=trial,
    assemble=assemble,
    open=load_classifier,
    asked=asked_texts,
    answering=frozenset({"explain"}),
    answers=answers,
)
