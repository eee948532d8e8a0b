"""Comparing learners of algorithms on a generated data set."""

from headwork.compare.algorithm.assemble import assemble
from headwork.compare.algorithm.trial import check, meet, trial
from headwork.compare.work import Work
from headwork.data.drawn import Drawn, prepare_drawn

WORK = Work(
    reading=frozenset(),
    prepare=prepare_drawn,
    load=Drawn.load,
    check=check,
    meet=meet,
    trial=trial,
    assemble=assemble,
    has_shares=False,
)
