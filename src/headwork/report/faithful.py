"""Are a model's weights the reason for its answers? The deletion check in numbers and in words.

Words that matter move the prediction when they go; words picked at random move it less (DeYoung et al. 2020,
"comprehensiveness", here against a random deletion of the same length).
"""

from headwork.base.results import Faithfulness
from headwork.report import numbers
from headwork.report.table import Cell, Column, Row, Table

# Below this drop of probability neither deletion says anything.
_NOTICEABLE = 0.02


def in_words(check: Faithfulness) -> str:
    if check.top <= check.random + _NOTICEABLE:
        return "not faithful: the words it weights most matter no more than random ones"
    if check.top < 2 * check.random:
        return "partly faithful: the words it weights most matter more than random ones, but not twice as much"
    return "faithful: the words it weights most are those it needs"


def faithfulness_table(checks: dict[str, Faithfulness], methods: dict[str, str]) -> Table:
    """`methods` says in words what each model's weights are; the column is left out where it would be empty."""
    columns = [
        Column(title="model", align="left"),
        Column(title="its weights are", align="left"),
        *(Column(title=title) for title in ("top words deleted", "random words deleted", "texts")),
        Column(title="taken from", align="left"),
    ]
    shown = len(columns) if any(methods.get(name) for name in checks) else len(columns) - 1
    rows = []
    for name, check in checks.items():
        changes = (numbers.decimal(-check.top), numbers.decimal(-check.random), numbers.count(check.texts))
        texts = [name, in_words(check), *changes, methods.get(name, "")]
        rows.append(Row(cells=[Cell(text) for text in texts[:shown]]))
    return Table(columns=columns[:shown], rows=rows)
