"""Do answers follow what a text is asked about, as a table."""

from collections.abc import Sequence

from headwork.base.results import ModelResult, Score
from headwork.report import numbers
from headwork.report.table import Cell, Column, Row, Table


def swaps_table(models: Sequence[ModelResult]) -> Table | None:
    """None where texts are asked as a whole."""
    found = [(model.name, model.swaps) for model in models if model.swaps]
    if not found:
        return None
    columns = [Column(title="model", align="left")]
    columns += [Column(title=title, detail="95% interval") for title in ("right for each thing", "answer changes")]
    rows = [
        Row(cells=[Cell(name), _share(swaps.right), _share(swaps.moved), Cell(numbers.count(swaps.texts))])
        for name, swaps in found
    ]
    return Table(columns=[*columns, Column(title="texts")], rows=rows)


def _share(score: Score) -> Cell:
    return Cell(numbers.percent(score.mean), f"{numbers.percent(score.low)} to {numbers.percent(score.high)}")
