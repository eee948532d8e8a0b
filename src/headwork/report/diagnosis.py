"""How models fare on minimal pairs, as tables."""

from collections.abc import Sequence

from headwork.base.diagnosis import Diagnosis, Most, SuiteScore
from headwork.base.results import Difference, Score
from headwork.report import numbers
from headwork.report.markdown import written
from headwork.report.table import DASH, Cell, Column, Row, Table


def as_markdown(found: Sequence[Diagnosis]) -> str:
    """A table for each suite of several models, or one table of a single one."""
    blocks = [written(table_of(each)) for each in found[:1]] if len(found) == 1 else [written(side_by_side(found))]
    blocks += [f"note: {note}" for note in dict.fromkeys(note for each in found for note in each.notes)]
    left_out = {score.suite: score.left_out for each in found for score in each.suites if score.left_out}
    if left_out:
        told = ", ".join(f"{count} of {suite}" for suite, count in left_out.items())
        blocks.append(f"note: items with a word that the vocabulary has no token for are left out: {told}")
    return "\n\n".join(blocks)


def table_of(found: Diagnosis) -> Table:
    five = any(score.accuracy_5 for score in found.suites)
    columns = [Column(title="suite", align="left"), Column(title="items"), Column(title="accuracy")]
    columns += [Column(title="among the first five")] if five else []
    columns += [Column(title=title) for title in ("sensitivity", "wanted", "most by words", "most by word pairs")]
    return Table(columns=columns, rows=[_row(score, five) for score in found.suites])


def _row(score: SuiteScore, five: bool) -> Row:
    cells = [Cell(score.suite), Cell(f"{score.items:,}"), _score(score.accuracy)]
    cells += [_score(score.accuracy_5)] if five else []
    cells += [_score(score.sensitivity), Cell(f"{score.wanted:.0%}"), _most(score.words), _most(score.word_pairs)]
    return Row(cells=cells)


def side_by_side(found: Sequence[Diagnosis]) -> Table:
    """A row a suite and model; the differences are to the first model."""
    columns = [Column(title="suite", align="left"), Column(title="model", align="left"), Column(title="accuracy")]
    columns += [Column(title=title) for title in ("against the first", "sensitivity", "against the first", "wanted")]
    rows = [
        Row(
            cells=[
                Cell(score.suite),
                Cell(each.run),
                _score(score.accuracy),
                _gap(score.against_first.get("accuracy")),
                _score(score.sensitivity),
                _gap(score.against_first.get("sensitivity")),
                Cell(f"{score.wanted:.0%}"),
            ]
        )
        for suite in dict.fromkeys(score.suite for each in found for score in each.suites)
        for each in found
        for score in each.suites
        if score.suite == suite
    ]
    return Table(columns=columns, rows=rows)


def _score(score: Score | None) -> Cell:
    if score is None:
        return Cell(DASH)
    return Cell(numbers.percent(score.mean), numbers.percent_interval(score.low, score.high))


def _gap(gap: Difference | None) -> Cell:
    return (
        Cell(DASH) if gap is None else Cell(numbers.points(gap.difference), numbers.points_interval(gap.low, gap.high))
    )


def _most(most: Most) -> Cell:
    return Cell(f"{most.accuracy:.0%}, {most.sensitivity:.0%}")
