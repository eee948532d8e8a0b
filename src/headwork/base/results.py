"""What a run and a comparison write down: the structs behind result.json.

The terminal table, the pages and scripts are views of these. Scores are fractions in [0, 1], times are seconds or
milliseconds as their names say, sizes are bytes. Differences are in accuracy, this model minus the other.
"""

from collections.abc import Sequence

import msgspec


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """Mean over seeds on the test side with a 95% bootstrap interval."""

    mean: float
    low: float
    high: float
    spread: float
    """standard deviation over seeds (0 where there is one)"""


class Calibration(msgspec.Struct, frozen=True, kw_only=True):
    """Test-side negative log-likelihood and expected calibration error, before and after temperature scaling."""

    nll_before: float
    nll_after: float
    ece_before: float
    ece_after: float
    temperature: float


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    train_seconds: float
    parameters: int
    bytes: int
    """what must be stored to predict, a frozen encoder included"""
    peak_bytes: int
    """largest resident memory of the trial's process"""
    crowded: float | None = None
    """share of its training time that a trial waited for a core, the most of any seed; None where nothing is known"""


class Latency(msgspec.Struct, frozen=True, kw_only=True):
    p50_ms: float
    p95_ms: float
    texts_per_second: float


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """A score of this model minus that of another on the same test rows; accuracy for classifiers."""

    difference: float
    low: float
    high: float
    p: float
    """two-sided, paired bootstrap"""
    p_holm: float


class AccuracyDifference(Difference, frozen=True, kw_only=True):
    """With McNemar's exact test, which counts rows that one model alone got right."""

    mcnemar_p: float
    mcnemar_p_holm: float


class Bin(msgspec.Struct, frozen=True, kw_only=True):
    """One bin of a reliability diagram: rows whose highest probability falls into it."""

    confidence: float
    accuracy: float
    rows: int


class Calibrated(msgspec.Struct, frozen=True, kw_only=True):
    """How sure a model is and how often it is right, before and after temperature scaling."""

    numbers: Calibration
    before: list[Bin]
    after: list[Bin]


class ClassScore(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    precision: float
    recall: float
    f1: float
    rows: int


class Mistake(msgspec.Struct, frozen=True, kw_only=True):
    """A test row that a model got wrong, with the probability it gave to its wrong answer."""

    row: int
    text: str
    label: str
    predicted: str
    probability: float


class Faithfulness(msgspec.Struct, frozen=True, kw_only=True):
    """Mean drop of the predicted class's probability when words are deleted from `texts` test texts."""

    top: float
    """the most weighted fifth of the words deleted"""
    random: float
    """as many words deleted at random"""
    texts: int


class Cut(msgspec.Struct, frozen=True, kw_only=True):
    """What of the texts a model did not see."""

    rows: int
    """texts longer than the model takes"""
    tokens: int
    """tokens left out of them"""
    of_tokens: int
    """tokens in all texts"""


WHOLE = Cut(rows=0, tokens=0, of_tokens=0)
"""nothing was cut"""


class CurvePoint(msgspec.Struct, frozen=True, kw_only=True):
    """A point of the learning curve."""

    share: float
    rows: int
    accuracy: float
    spread: float


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a comparison, whatever the task."""

    name: str
    title: str
    seeds: list[int]
    scores: dict[str, Score]
    """accuracy and macro_f1; bleu and chrf; …"""
    cost: Cost
    against_best: Difference
    """in the score that models are ranked by"""
    stopped: list[str]
    """why each seed's training ended: epochs, patience, budget or fitted"""
    curve: tuple[CurvePoint, ...] = ()


class Swaps(msgspec.Struct, frozen=True, kw_only=True):
    """Test texts that are asked about several things whose labels differ. A blind model has none of them right."""

    texts: int
    right: Score
    """share of them that are answered rightly for each of their things"""
    moved: Score
    """share of them in which the answer is not the same for all"""


class ModelResult(Standing, frozen=True, kw_only=True):
    """One row of a comparison of classifiers."""

    calibration: Calibration
    latency: Latency
    against_best: AccuracyDifference
    against_tfidf: AccuracyDifference | None
    cut: Cut
    train_cut: Cut = WHOLE
    """of the training texts, as the steps of training saw them"""
    reliability_before: list[Bin]
    reliability_after: list[Bin]
    faithfulness: Faithfulness | None = None
    swaps: Swaps | None = None
    """where texts are asked about something that they name"""


class Split(msgspec.Struct, frozen=True, kw_only=True):
    train: int
    dev: int
    test: int


class DataFacts(msgspec.Struct, frozen=True, kw_only=True):
    """data.json: where the rows came from and what became of them. split and dropped add up to rows."""

    source: str
    fingerprint: str
    """sha256 over the kept texts, labels and sides"""
    text_column: str
    label_column: str
    rows: int
    """or units of another kind, see `unit`"""
    classes: list[str]
    split: Split
    dropped: dict[str, int]
    split_by: str
    """how sides were chosen: stratified, group COLUMN, or files"""
    class_rows: dict[str, int] = {}
    """kept rows of each class"""
    notes: list[str] = []
    """what a reader of the report should know about the data"""
    unit: str = "rows"
    """what is counted: characters of a running text, dimensions of pictures"""
    about_column: str = ""
    """of the name of what is asked about in the text; or two of the characters where it stands, with a comma between"""
    second_column: str = ""
    """of the second text, where a row is a pair of texts"""
    word_columns: dict[str, str] = {}
    """of the word that is meant in a text and of its index there, where columns say so"""
    cardinality: float | None = None
    """labels of a row, on average, where it may have several or none; `classes` are the labels then"""
    picture: tuple[int, int, int] | None = None
    """height, width and channels, where pictures are read"""
    listed: bool = False
    """of documents: do they come as lists of sentences"""

    @property
    def columns(self) -> dict[str, str]:
        """What each column holds, and its name."""
        if self.second_column and not self.label_column:
            return {"query": self.text_column, "document": self.second_column}
        if self.second_column:
            target = "label" if self.classes else "score"
            return {"text": self.text_column, "second text": self.second_column, target: self.label_column}
        names = ("text", "label") if self.classes else ("from", "into")
        told = dict(zip(names, (self.text_column, self.label_column), strict=True)) | self.word_columns
        return told | ({"about": self.about_column} if self.about_column else {})


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    model: str
    reason: str


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    processor: str
    threads: int
    device: str
    python: str
    torch: str
    headwork: str
    bf16: bool = False
    """does the processor multiply bfloat16, so that recipes which ask for it compute so"""

    @property
    def hardware(self) -> str:
        threads = "1 thread" if self.threads == 1 else f"{self.threads} threads"
        return f"{self.processor}{' with bf16' if self.bf16 else ''}, {threads}, {self.device}"


class Compared(msgspec.Struct, frozen=True, kw_only=True, tag_field="task"):
    """What result.json of a comparison says whatever the task."""

    name: str
    data: DataFacts
    models: Sequence[Standing]
    verdict: Verdict
    warnings: list[str]
    machine: Machine
    budget_seconds: float | None
    total_seconds: float
    command: str


class Comparison(Compared, frozen=True, kw_only=True, tag="classify"):
    """result.json of a comparison of classifiers."""

    models: Sequence[ModelResult]
    best: str
    """the model with the highest mean accuracy"""
    confusion: list[list[int]]
    """of the best model's first seed: rows are true classes, columns predicted ones"""
    per_class: list[ClassScore]
    """of the best model, first seed"""
    mistakes: dict[str, list[Mistake]]
    """most confident first, of the best two models"""


class Finished(msgspec.Struct, frozen=True, kw_only=True, tag_field="task"):
    """result.json of one run, a model with one seed, whatever the task. Its presence means that the run is finished."""

    model: str
    title: str
    seed: int
    recipe_sha256: str
    data_fingerprint: str
    stopped: str
    """why training ended: epochs, patience, budget or fitted"""
    steps: int
    epochs: float
    seconds: float
    """of the whole trial: training, predicting, measuring"""
    cost: Cost


class RunResult(Finished, frozen=True, kw_only=True, tag="classify"):
    """result.json of a run of a classifier."""

    dev_accuracy: float
    test_accuracy: float
    test_macro_f1: float
    temperature: float
    latency: Latency
    cut: Cut
    train_cut: Cut = WHOLE
    """of the training texts, as the steps of training saw them"""
    faithfulness: Faithfulness | None = None


class WordWeight(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of the text with its weight in [0, 1], largest 1; pieces without weight stand as they are."""

    text: str
    weight: float | None


class SeenText(msgspec.Struct, frozen=True, kw_only=True):
    """One text as a model saw it. `words` joined give the text back; `sentences` are (first word, weight) marks."""

    row: int
    label: str
    predicted: str
    probability: float
    words: list[WordWeight]
    sentences: list[tuple[int, float]] = []
    """for hierarchical models: index into `words` where a sentence starts, and its weight"""


class Explanations(msgspec.Struct, frozen=True, kw_only=True):
    """explanations.json of a run."""

    method: str
    """what the weights are, in words"""
    texts: list[SeenText]
