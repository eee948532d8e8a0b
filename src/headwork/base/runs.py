"""The run folder, the only place where making and showing meet.

    run.json  recipe.toml  data.json  split.json  plan.json  metrics.jsonl  predictions.parquet  explanations.json
    alignments.json  looks.json  maps.json  senses.json  result.json  report.html
    model/{config.json, model.safetensors, tokenizer.json, README.md}  checkpoint/ (gone when done)
    model/datastore.safetensors, where a language model has one
    imported.json in place of what training writes, where `headwork import` made the folder
    model/pixels.json, where the model reads pictures
    beside/<task>/{recipe.toml, imported.json, model/}, what was learnt on the same encoder (train.beside)

A comparison is a folder with `result.json`, `report.html` and `trials/<model>-<seed>/`, each of them a run folder.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeVar, cast

import msgspec

from headwork.base.algorithm import AlgorithmComparison, AlgorithmRun, Looks
from headwork.base.disambiguate import SenseComparison, SenseMaps, SenseRun
from headwork.base.errors import HeadworkError
from headwork.base.files import read_json
from headwork.base.language import LanguageComparison, LanguageRun
from headwork.base.multilabel import MultilabelComparison, MultilabelRun
from headwork.base.pair import PairComparison, PairMaps, PairRun
from headwork.base.parse_log import LogComparison, LogRun
from headwork.base.recipes import Recipe, decode_recipe
from headwork.base.results import Compared, Comparison, DataFacts, Explanations, Finished, RunResult, Standing
from headwork.base.retrieve import RetrieveComparison, RetrieveRun
from headwork.base.span import SpanComparison, SpanRun
from headwork.base.summary import SummaryComparison, SummaryRun
from headwork.base.table import TableComparison, TableRun
from headwork.base.tag import TagComparison, TagRun
from headwork.base.translation import Alignments, TranslationComparison, TranslationRun

ANY_RUN = cast(
    type[Finished],
    RunResult
    | TranslationRun
    | LanguageRun
    | AlgorithmRun
    | PairRun
    | MultilabelRun
    | TagRun
    | SpanRun
    | LogRun
    | SenseRun
    | RetrieveRun
    | SummaryRun
    | TableRun,
)
ANY_COMPARISON = cast(
    type[Compared],
    Comparison
    | TranslationComparison
    | LanguageComparison
    | AlgorithmComparison
    | PairComparison
    | MultilabelComparison
    | TagComparison
    | SpanComparison
    | LogComparison
    | SenseComparison
    | RetrieveComparison
    | SummaryComparison
    | TableComparison,
)
"""the structs of all tasks; a file says which of them it holds"""
F = TypeVar("F", bound=Finished)
C = TypeVar("C", bound=Compared)
T = TypeVar("T")


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """run.json: what makes a run this run. A folder takes up no other."""

    recipe_sha256: str
    data_fingerprint: str
    seed: int
    budget_seconds: float | None
    share: float = 1.0
    """of the training rows, below 1 for a point of the learning curve"""


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """imported.json: where a model came from that was not trained here, and what it is."""

    source: str
    family: str
    layers: int
    width: int
    parameters: int
    tokens: int
    """of its vocabulary; of ELMo, characters"""
    heads: list[str]
    labels: list[str]
    pictures: bool = False
    """does it read them"""
    writes: bool = False
    """is it a decoder, which can go on with a text"""


class TaskPoint(msgspec.Struct, frozen=True, kw_only=True):
    """Where one of several tasks stands that are learnt at once."""

    weight: float
    """of its loss, in the step before"""
    train_loss: float | None
    """since the point before; None where it weighed nothing"""
    dev_loss: float
    dev_score: float


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """A line of metrics.jsonl."""

    step: int
    epoch: float
    seconds: float
    train_loss: float
    dev_loss: float
    dev_accuracy: float
    alphas: dict[str, list[float]] = {}
    """learned exponents of entmax, of each head, by layer"""
    linear: bool = False
    """was the softmax over the memories left out until then (train.linear_start)"""
    tasks: Mapping[str, TaskPoint] = {}
    """by name, where several are learnt at once (train.beside)"""


class Run:
    """Paths and readers of one run folder."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.identity_file = folder / "run.json"
        self.recipe_file = folder / "recipe.toml"
        self.data_file = folder / "data.json"
        self.split_file = folder / "split.json"
        self.plan_file = folder / "plan.json"
        self.metrics_file = folder / "metrics.jsonl"
        self.predictions_file = folder / "predictions.parquet"
        self.explanations_file = folder / "explanations.json"
        self.alignments_file = folder / "alignments.json"
        self.looks_file = folder / "looks.json"
        self.maps_file = folder / "maps.json"
        self.senses_file = folder / "senses.json"
        self.result_file = folder / "result.json"
        self.report_file = folder / "report.html"
        self.imported_file = folder / "imported.json"
        self.model = folder / "model"
        self.checkpoint = folder / "checkpoint"

    @property
    def finished(self) -> bool:
        return self.result_file.is_file()

    def recipe(self) -> Recipe:
        if not self.recipe_file.is_file():
            raise HeadworkError(
                f"{self.folder}: no run folder (recipe.toml is missing); name a folder that "
                "`headwork train -o` or `headwork compare -o` wrote"
            )
        return decode_recipe(self.recipe_file.read_text(encoding="utf-8"), where=str(self.recipe_file))

    def imported(self) -> Imported:
        return read_json(self.imported_file, Imported)

    def identity(self) -> Identity:
        return read_json(self.identity_file, Identity)

    def data(self) -> DataFacts:
        return read_json(self.data_file, DataFacts)

    def result(self, kind: type[F] = Finished) -> F:
        """result.json; `kind` is the struct of the task, where that is known."""
        return of_kind(read_json(self.result_file, ANY_RUN), kind, self.folder)

    def explanations(self) -> Explanations | None:
        return read_json(self.explanations_file, Explanations) if self.explanations_file.is_file() else None

    def alignments(self) -> Alignments | None:
        return read_json(self.alignments_file, Alignments) if self.alignments_file.is_file() else None

    def looks(self) -> Looks | None:
        return read_json(self.looks_file, Looks) if self.looks_file.is_file() else None

    def maps(self) -> PairMaps | None:
        return read_json(self.maps_file, PairMaps) if self.maps_file.is_file() else None

    def senses(self) -> SenseMaps | None:
        return read_json(self.senses_file, SenseMaps) if self.senses_file.is_file() else None

    def metrics(self) -> list[Point]:
        if not self.metrics_file.is_file():
            return []
        try:
            return [msgspec.json.decode(line, type=Point) for line in self.metrics_file.read_bytes().splitlines()]
        except msgspec.DecodeError as error:
            raise HeadworkError(f"{self.metrics_file}: damaged ({error}); copy the run folder again") from error


class ComparisonFolder:
    """Paths and readers of a comparison."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.result_file = folder / "result.json"
        self.report_file = folder / "report.html"
        self.markdown_file = folder / "report.md"
        self.rows_file = folder / "rows.parquet"
        self.data_file = folder / "data.json"
        self.trials = folder / "trials"

    def trial(self, model: str, seed: int, share: float = 1.0) -> Run:
        """The run folder of a trial; a share below 1 is a point of the learning curve."""
        suffix = "" if share == 1.0 else f"-{round(100 * share)}percent"
        return Run(self.trials / f"{model}-{seed}{suffix}")

    def result(self, kind: type[C] = Compared) -> C:
        """result.json; `kind` is the struct of the task, where that is known."""
        return of_kind(read_json(self.result_file, ANY_COMPARISON), kind, self.folder)

    def curves(self, models: Sequence[Standing]) -> dict[str, list[list[Point]]]:
        """Of each model the metrics of its seeds; those that did not train by steps have none."""
        return {model.name: [self.trial(model.name, seed).metrics() for seed in model.seeds] for model in models}


def of_kind(found: object, kind: type[T], folder: Path) -> T:
    if not isinstance(found, kind):
        raise HeadworkError(f"{folder}: holds a {type(found).__name__}, which this command cannot use")
    return found
