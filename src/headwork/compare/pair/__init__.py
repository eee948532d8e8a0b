"""Comparing models of text pairs."""

from headwork.compare.asked import pairs_asked
from headwork.compare.pair.answer import answers
from headwork.compare.pair.assemble import assemble
from headwork.compare.pair.trial import trial
from headwork.compare.work import Work
from headwork.data.pairs import PairCorpus, prepare_pairs
from headwork.tasks.pair import load_matcher
from headwork.train.any import check_recipe

WORK = Work(
    reading=frozenset({"text", "text_b", "label", "dev", "test", "group", "as_classes", "as_scores", "limits"}),
    prepare=prepare_pairs,
    load=PairCorpus.load,
    check=check_recipe,
    trial=trial,
    assemble=assemble,
    open=load_matcher,
    asked=pairs_asked,
    answering=frozenset({"explain"}),
    answers=answers,
)
