"""What the commands print: the data, the table of a comparison, the line of a run."""

import itertools
import sys
from functools import singledispatch
from pathlib import Path
from typing import TYPE_CHECKING

from headwork.base.algorithm import AlgorithmRun
from headwork.base.disambiguate import SenseRun
from headwork.base.language import LanguageRun
from headwork.base.multilabel import MultilabelRun
from headwork.base.pair import PairRun
from headwork.base.parse_log import LogRun
from headwork.base.results import Compared, Finished, RunResult
from headwork.base.retrieve import RetrieveRun
from headwork.base.span import SpanRun
from headwork.base.summary import SummaryRun
from headwork.base.table import TableRun
from headwork.base.tag import TagRun
from headwork.base.translation import TranslationRun

if TYPE_CHECKING:
    from headwork.compare.span.answer import Hit
    from headwork.compare.work import Data


def say(text: str) -> None:
    """A line for people: on standard error, so that standard output stays for results."""
    print(text, file=sys.stderr, flush=True)


def warn(text: str) -> None:
    say(f"warning: {text}")


def describe_data(data: "Data") -> None:
    """What was read, which columns were taken, what was dropped and how the rows were split."""
    facts = data.facts
    said = ", ".join(f"{name} {column!r}" for name, column in facts.columns.items() if column)
    say(f"{facts.source}: {facts.rows:,} {facts.unit}{f'; {said}' if said else ''}")
    if facts.classes:
        shown = ", ".join(f"{name} {count:,}" for name, count in list(facts.class_rows.items())[:12])
        kind = "classes" if facts.cardinality is None else f"labels, {facts.cardinality:.2f} a row"
        say(f"{len(facts.classes)} {kind}: {shown}{', …' if len(facts.classes) > 12 else ''}")
    if facts.dropped:
        say("dropped: " + ", ".join(f"{count:,} {reason}" for reason, count in facts.dropped.items()))
    split = facts.split
    train = f"{split.train:,} train" if split.train else "train without end"
    say(f"split ({facts.split_by}): {train}, {split.dev:,} dev, {split.test:,} test")
    for note in facts.notes:
        say(f"note: {note}")


def show_examples(data: "Data", count: int = 5) -> None:
    """Some rows of the test side, the answer first."""
    for row in itertools.islice(data.examples(), count):
        print("\t".join(f"{text[:100]}{'…' if len(text) > 100 else ''}" for text in row))


def show_comparison(result: Compared, page: Path, *, plain: bool) -> None:
    """The table, the warnings, the verdict and where the page is."""
    from rich.console import Console
    from rich.table import Table

    from headwork.report.views import standings

    console = Console(no_color=plain, highlight=False, width=120 if plain else None)
    table = standings(result).brief()
    shown = Table(box=None, pad_edge=False)
    for column in table.columns:
        shown.add_column(str(column), justify=column.align, no_wrap=True)
    for row in table.rows:
        shown.add_row(*map(str, row.cells), style="bold" if row.marks else None)
    console.print(shown)
    for warning in result.warnings:
        console.print(f"note: {warning}", markup=False, soft_wrap=True)
    console.print(f"\nverdict: {result.verdict.reason}", markup=False, soft_wrap=True)
    console.print(f"report: {page}", markup=False, soft_wrap=True)


def show_run(result: Finished, page: Path) -> None:
    cost = result.cost
    print(
        f"{result.model} (seed {result.seed}): {scores_of(result)}, "
        f"trained {cost.train_seconds:.1f} s ({result.stopped}), {cost.bytes / 1e6:.1f} MB"
    )
    print(f"report: {page}")


def show_hit(hit: "Hit") -> None:
    """An answer, where it stands, and what stands around it."""
    from headwork.report.text import visible

    print(f"{visible(hit.answer)}  (score {hit.score:.2f})")
    around = " ".join(f"… {hit.before}[{hit.answer}]{hit.behind} …".split())
    print(f"  {hit.file}, characters {hit.start} to {hit.end}: {visible(around)}")


@singledispatch
def scores_of(result: Finished) -> str:
    """The scores of a run in a few words."""
    raise NotImplementedError(type(result).__name__)


@scores_of.register
def _(result: RunResult) -> str:
    cut = f", {result.cut.rows:,} test texts cut" if result.cut.rows else ""
    return f"test accuracy {result.test_accuracy:.3f}, macro-F1 {result.test_macro_f1:.3f}{cut}"


@scores_of.register
def _(result: TranslationRun) -> str:
    return f"test BLEU {result.bleu:.1f}, chrF {result.chrf:.1f}"


@scores_of.register
def _(result: LanguageRun) -> str:
    test = result.test
    return (
        f"test {test.nats:.3f} nats a token (perplexity {test.perplexity:.2f}), {test.bits_per_character:.3f} bits per "
        f"{result.tokens.unit}, tokens are {result.tokens.kind}"
    )


@scores_of.register
def _(result: AlgorithmRun) -> str:
    return f"test score {result.accuracy:.3f}, {result.whole:.1%} of the examples without a mistake"


@scores_of.register
def _(result: PairRun) -> str:
    names = {"accuracy": "accuracy", "macro_f1": "macro-F1", "spearman": "Spearman", "pearson": "Pearson"}
    return "test " + ", ".join(f"{names[name]} {score:.3f}" for name, score in result.scores.items())


@scores_of.register
def _(result: MultilabelRun) -> str:
    scores = result.scores
    auc = f", mean AUC {scores['auc']:.3f}" if "auc" in scores else ""
    return f"test macro-F1 {scores['macro_f1']:.3f}, micro-F1 {scores['micro_f1']:.3f}{auc}"


@scores_of.register
def _(result: TagRun) -> str:
    names = {"f1": "entity F1", "macro_f1": "macro-F1"}
    return "test " + ", ".join(f"{names.get(name, name)} {score:.3f}" for name, score in result.scores.items())


@scores_of.register
def _(result: LogRun) -> str:
    return (
        f"test F1 of fields {result.scores['f1']:.3f}, whole lines {result.scores['whole']:.1%}; degraded "
        f"{result.degraded['f1']:.3f}, {result.degraded['whole']:.1%}"
    )


@scores_of.register
def _(result: RetrieveRun) -> str:
    scores = result.scores
    return (
        f"test MRR {scores['mrr']:.3f} among {result.distractors:,} others, found first {scores['recall_1']:.1%}, "
        f"among ten {scores['recall_10']:.1%}"
    )


@scores_of.register
def _(result: SpanRun) -> str:
    return f"test F1 {result.scores['f1']:.3f}, exact match {result.scores['exact']:.3f}"


@scores_of.register
def _(result: SenseRun) -> str:
    scores = result.scores
    chosen = f", {result.chosen}" if result.chosen else ""
    return f"test accuracy {scores['accuracy']:.3f}, macro-F1 {scores['macro_f1']:.3f} (mean over words){chosen}"


@scores_of.register
def _(result: SummaryRun) -> str:
    names = {"rouge_l": "ROUGE-L", "rouge_1": "ROUGE-1", "rouge_2": "ROUGE-2"}
    how = f", {result.sentences} sentences" if result.sentences else ""
    return "test " + ", ".join(f"{called} {result.scores[name]:.3f}" for name, called in names.items()) + how


@scores_of.register
def _(result: TableRun) -> str:
    names = {"accuracy": "accuracy", "macro_f1": "macro-F1"}
    return "test " + ", ".join(f"{names[name]} {score:.3f}" for name, score in result.scores.items())
