"""What a run and a comparison of models write down whose answer is a set of labels, beside what `results` says.

Lists of numbers, one a label, are in the order of `DataFacts.classes`. AUC and average precision are absent where they
are not defined: of a label that no test row has, and AUC also of one that all have.
"""

from collections.abc import Sequence

import msgspec

from headwork.base.results import Bin, Compared, Cut, Finished, Latency, Score, Standing


class MultilabelRun(Finished, frozen=True, kw_only=True, tag="multilabel"):
    """result.json of a run. `scores` are macro_f1, micro_f1, subset_accuracy, auc and average_precision."""

    dev_score: float
    """macro-F1 on dev, where the thresholds were fitted"""
    scores: dict[str, float]
    temperatures: list[float]
    thresholds: list[float]
    """of the probabilities after temperature scaling"""
    latency: Latency
    cut: Cut


class LabelScore(msgspec.Struct, frozen=True, kw_only=True):
    """How a model does on one label."""

    name: str
    rows: int
    """test rows that have it"""
    given: int
    """test rows that got it; this, precision, recall, F1 and threshold are of the first seed"""
    precision: float
    recall: float
    f1: float
    threshold: float
    auc: Score | None
    average_precision: Score | None
    probability: float | None = None
    """mean over test rows and seeds; absent where an older version wrote the file"""


class LabelCalibration(msgspec.Struct, frozen=True, kw_only=True):
    """Does what a model says of a label come true? Before and after temperature scaling, a mean over the seeds."""

    nll_before: float
    nll_after: float
    """mean over rows and labels, in nats"""
    ece_before: float
    ece_after: float
    """mean over labels"""
    before: list[Bin]
    after: list[Bin]
    """all labels together; `confidence` is the probability of a label, `accuracy` the share of rows that have it"""


class MultilabelStanding(Standing, frozen=True, kw_only=True):
    """One row of a comparison; scores as in `MultilabelRun`."""

    latency: Latency
    cut: Cut
    calibration: LabelCalibration
    labels: list[LabelScore]


class LabelChance(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    probability: float


class LabelMistake(msgspec.Struct, frozen=True, kw_only=True):
    """A test row that got a wrong set of labels."""

    row: int
    text: str
    right: list[LabelChance]
    """given, and there"""
    wrong: list[LabelChance]
    """given, and not there"""
    missed: list[LabelChance]
    """there, and not given"""


class MultilabelComparison(Compared, frozen=True, kw_only=True, tag="multilabel"):
    """result.json of a comparison."""

    models: Sequence[MultilabelStanding]
    best: str
    """the model with the highest mean macro-F1"""
    together: list[list[int]]
    """test rows that have both labels; on the diagonal those that have the one"""
    together_given: list[list[int]]
    """test rows that got both, from the best model's first seed"""
    mistakes: dict[str, list[LabelMistake]]
    """least expected first, of the best two models"""
