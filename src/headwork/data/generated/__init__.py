"""Generated data sets, named on the command line as `copy` or `copy:longest=20,width=8`."""

from headwork.data.generated.asking import Tables
from headwork.data.generated.base import Examples, Generated, Guess
from headwork.data.generated.copying import Copy, RepeatCopy, Reverse
from headwork.data.generated.episodes import Episodes
from headwork.data.generated.mazes import TMaze
from headwork.data.generated.ngram import NGram
from headwork.data.generated.numbers import AddTwoNumbers, FindTheMaximum
from headwork.data.generated.parity import Parity
from headwork.data.generated.patches import MarkedPatch
from headwork.data.generated.planar import ConvexHull, Delaunay, Tsp
from headwork.data.generated.recall import Recall
from headwork.data.generated.sorting import PrioritySort
from headwork.data.generated.stories import Stories
from headwork.data.generated.worlds import GridWorld

GENERATORS: dict[str, type[Generated]] = {
    kind.NAME: kind
    for kind in (
        *(Copy, RepeatCopy, Recall, NGram, PrioritySort),
        *(Reverse, AddTwoNumbers, FindTheMaximum, MarkedPatch),
        *(Parity, ConvexHull, Delaunay, Tsp, Episodes, Stories),
        *(TMaze, GridWorld, Tables),
    )
}

__all__ = ["GENERATORS", "Examples", "Generated", "Guess"]
