"""What a run and a comparison of models of tables write down, beside what `results` says of every task.

What is right is a set of answers, which a model finds by a program over the table, or a label of a statement on it.
Scores are fractions in [0, 1].
"""

from collections.abc import Sequence

import msgspec

from headwork.base.results import ClassScore, Compared, Finished, Latency, Score, Standing


class Searched(msgspec.Struct, frozen=True, kw_only=True):
    """What the search for programs found on the test side."""

    reachable: float
    """share of the questions that some program answers rightly: no model can answer more"""
    programs: float
    """of a question, on average"""
    bounded: int
    """questions with more programs than were looked at"""


class TableRead(msgspec.Struct, frozen=True, kw_only=True):
    """How a network read the test questions and their tables."""

    texts_cut: int = 0
    """questions longer than it takes"""
    columns_left_out: int = 0
    """questions about tables of which some columns did not fit"""


class TableRun(Finished, frozen=True, kw_only=True, tag="table"):
    """result.json of a run. `scores` are accuracy, and macro_f1 where there are labels."""

    dev_accuracy: float
    scores: dict[str, float]
    temperature: float
    """of labels; 1 where answers are asked for"""
    latency: Latency
    """of questions"""
    read: TableRead
    searched: Searched | None
    """None where no program is looked for"""
    not_learnt: int = 0
    """training questions that no program answers rightly"""


class TableStanding(Standing, frozen=True, kw_only=True):
    """One row of a comparison; scores as in `TableRun`."""

    latency: Latency
    read: TableRead
    searched: Searched | None
    not_learnt: int


class TablePart(msgspec.Struct, frozen=True, kw_only=True):
    """The test questions of one kind, and the accuracy of each model on them."""

    name: str
    rows: int
    accuracy: dict[str, Score]


class TableParting(msgspec.Struct, frozen=True, kw_only=True):
    """The test questions parted by something about them."""

    by: str
    parts: list[TablePart]


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """How a model answered by programs of one kind."""

    kind: str
    rows: int
    right: int


class ShownCell(msgspec.Struct, frozen=True, kw_only=True):
    text: str
    read: bool = False
    """was the answer read from it"""


class ShownSheet(msgspec.Struct, frozen=True, kw_only=True):
    """Some rows and columns of a table."""

    header: list[str]
    rows: list[list[ShownCell]]
    left_out: int
    """rows that are not shown"""
    columns_left_out: int = 0


class TableExample(msgspec.Struct, frozen=True, kw_only=True):
    """A test question with what a model answered."""

    row: int
    title: str
    text: str
    right: list[str]
    answers: list[str]
    program: str
    probability: float
    is_right: bool
    sheet: ShownSheet


class TableComparison(Compared, frozen=True, kw_only=True, tag="table"):
    """result.json of a comparison."""

    models: Sequence[TableStanding]
    best: str
    """the model with the highest mean accuracy"""
    tables: int
    """of the test questions; they are drawn again for intervals"""
    partings: list[TableParting]
    kinds: dict[str, list[Kept]]
    """of the first seed of each model that answers by programs"""
    confusion: list[list[int]] | None
    """of labels, of the best model's first seed: rows are true ones, columns predicted ones"""
    per_class: list[ClassScore]
    """of the same; none where answers are asked for"""
    examples: dict[str, list[TableExample]]
    """some right ones, then the surest mistakes, of the best two models"""
