"""From finished trials of models of tables to one result: scores with intervals, the verdict, parts, examples.

Questions about one table fare alike, so that whole tables are drawn again for intervals.

Axes: S seeds, n test questions, G tables, C classes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from headwork.base.results import ClassScore, Score
from headwork.base.runs import Run
from headwork.base.table import TableComparison, TableExample, TableRun, TableStanding
from headwork.compare.predictions import tested
from headwork.compare.seeds import by_model
from headwork.compare.standing import compared, middle_latency, placed, standing
from headwork.compare.table.excerpt import excerpt
from headwork.compare.table.parts import partings, used_kinds
from headwork.compare.work import Conditions
from headwork.data.table_questions import TableCorpus, TableQuestions
from headwork.measure.means import mean_differences, mean_score
from headwork.measure.scores import confusion, mean_f1, per_class
from headwork.measure.sums import summed_score
from headwork.measure.verdict import ACCURACY, best_model

RIGHT_SHOWN, WRONG_SHOWN = 4, 6
FEW = 30
"""tables below which their bootstrap is rough"""


@dataclass(frozen=True)
class Answers:
    """What a model's seeds said of the test questions."""

    runs: list[TableRun]
    hits: np.ndarray
    """(S, n)"""
    said: list[list[tuple[str, ...]]]
    """of each seed"""
    programs: list[str]
    """of the first seed, as the following"""
    kinds: list[str]
    cells: list[list[tuple[int, int]]]
    chances: np.ndarray

    @classmethod
    def of(cls, runs: Sequence[Run]) -> "Answers":
        tables = [tested(run) for run in runs]
        first = tables[0]
        cells = [[(row, column) for row, column in found] for found in first["cells"].to_pylist()]
        return cls(
            [run.result(TableRun) for run in runs],
            np.stack([table["hit"].to_numpy() for table in tables]),
            [list(map(tuple, table["answers"].to_pylist())) for table in tables],
            first["program"].to_pylist(),
            first["kind"].to_pylist(),
            cells,
            first["probability"].to_numpy(),
        )

    def given(self, classes: Sequence[str]) -> np.ndarray:
        """(S, n) labels as places in the classes."""
        return np.array([[classes.index(label) for (label,) in own] for own in self.said])


def assemble(
    corpus: TableCorpus, runs: Sequence[Run], curve_runs: Sequence[Run], conditions: Conditions
) -> TableComparison:
    """The result of a comparison from its trials; `curve_runs` saw only a share of the training questions."""
    test, train = corpus.part("test"), corpus.part("train")
    answers = {name: Answers.of(own) for name, own in by_model(runs).items()}
    models = [_describe(each, test) for each in answers.values()]
    best = best_model(models).name
    hits = {name: each.hits for name, each in answers.items()}
    models = placed(
        models, mean_differences(best, hits, groups=test.tables), answers, curve_runs, train, score="accuracy"
    )
    ranked = sorted(models, key=ACCURACY.rank)
    count = len(np.unique(test.tables))
    return TableComparison(
        **compared(corpus, models, ACCURACY, [*runs, *curve_runs], conditions),
        best=best,
        tables=count,
        partings=partings(test, hits),
        kinds={name: used_kinds(each.kinds, each.hits[0]) for name, each in answers.items() if each.runs[0].searched},
        confusion=_confusion(test, answers[best]) if test.classes else None,
        per_class=_per_class(test, answers[best]) if test.classes else [],
        examples={model.name: _examples(test, answers[model.name]) for model in ranked[:2]},
        warnings=list(_warnings(test, count, models)),
    )


def _describe(answers: Answers, test: TableQuestions) -> TableStanding:
    """One row of the comparison, not yet compared with others."""
    runs = answers.runs
    scores = {"accuracy": mean_score(answers.hits, groups=test.tables)}
    if test.classes:
        scores["macro_f1"] = macro_f1_by_table(test.labels, answers.given(test.classes), test.tables, len(test.classes))
    return TableStanding(
        **standing(runs),
        scores=scores,
        latency=middle_latency([run.latency for run in runs]),
        read=runs[0].read,
        searched=runs[0].searched,
        not_learnt=runs[0].not_learnt,
    )


def macro_f1_by_table(truth: np.ndarray, given: np.ndarray, tables: np.ndarray, classes: int) -> Score:
    """Of (n,) labels and (S, n) given ones: hits, true and given rows of each class add up over the tables drawn."""
    facts = np.zeros((len(given), len(np.unique(tables)), 3 * classes))
    places = np.unique(tables, return_inverse=True)[1]
    for seed, own in enumerate(given):
        np.add.at(facts[seed], (places, truth), truth == own)
        np.add.at(facts[seed], (places, classes + truth), 1)
        np.add.at(facts[seed], (places, 2 * classes + own), 1)
    return summed_score(lambda sums: mean_f1(*np.split(sums, 3, axis=-1)), facts)


def _confusion(test: TableQuestions, answers: Answers) -> list[list[int]]:
    return confusion(test.labels, answers.given(test.classes)[0], classes=len(test.classes)).tolist()


def _per_class(test: TableQuestions, answers: Answers) -> list[ClassScore]:
    return per_class(test.labels, answers.given(test.classes)[0], test.classes)


def _examples(test: TableQuestions, answers: Answers) -> list[TableExample]:
    """Of the first seed: the surest right answers, one of a kind, then the surest mistakes, one of a table."""
    order = np.argsort(-answers.chances, kind="stable").tolist()
    right: dict[str, int] = {}
    wrong: dict[int, int] = {}
    for place in order:
        if answers.hits[0, place]:
            right.setdefault(answers.kinds[place] or f"{test.right[place]}", place)
        else:
            wrong.setdefault(int(test.tables[place]), place)
    shown = [*list(right.values())[:RIGHT_SHOWN], *list(wrong.values())[:WRONG_SHOWN]]
    return [_example(test, answers, place) for place in shown]


def _example(test: TableQuestions, answers: Answers, place: int) -> TableExample:
    asked = test.asked[place]
    return TableExample(
        row=int(test.rows[place]),
        title=asked.sheet.title,
        text=asked.text,
        right=list(test.right[place]),
        answers=list(answers.said[0][place]),
        program=answers.programs[place],
        probability=float(answers.chances[place]),
        is_right=bool(answers.hits[0, place]),
        sheet=excerpt(asked.sheet, answers.cells[place]),
    )


def _warnings(test: TableQuestions, tables: int, models: Sequence[TableStanding]) -> Iterator[str]:
    if tables < FEW:
        yield f"{tables} test tables are few to draw again: intervals are rough, and rather too narrow"
    searching = {model.searched.reachable: model for model in models if model.searched is not None}
    for model in searching.values():
        assert model.searched is not None
        bounded = model.searched.bounded
        more = f"; {bounded:,} questions have more programs than were looked at (model.programs)" if bounded else ""
        yield (
            f"some program gives the right answer of {model.searched.reachable:.1%} of the test questions, and no "
            "model that searches them can answer more; a question has "
            f"{model.searched.programs:,.0f} programs on average{more}"
        )
    for model in models:
        if model.read.texts_cut:
            yield f"{model.name}: {model.read.texts_cut:,} test questions are longer than it takes and were cut"
        if model.read.columns_left_out:
            yield (
                f"{model.name}: of the tables of {model.read.columns_left_out:,} test questions it did not read all "
                "columns (model.max_tokens)"
            )
