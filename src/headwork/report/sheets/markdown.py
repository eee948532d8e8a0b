"""report.md of a comparison of models of tables."""

from headwork.base.table import TableComparison, TableExample
from headwork.report.markdown import closing, joined, listed, opening, plain, written
from headwork.report.sheets.standings import kinds_table, parting_table, ranked
from headwork.report.sheets.terms import terms
from headwork.report.text import quoted


def sheets_markdown(comparison: TableComparison) -> str:
    """The report of a comparison of models of tables, without pictures."""
    models, labels = ranked(comparison), bool(comparison.data.classes)
    does = "judges statements on" if labels else "answers from"
    blocks = opening(comparison, f"Which model {does} the tables of", "Pictures, and the tables around answers, are")
    for parting in comparison.partings:
        table = parting_table(parting, models, comparison.data.unit)
        blocks += [f"## Accuracy by {plain(parting.by)}", written(table)]
    for model, kinds in comparison.kinds.items():
        blocks += [f"## Programs of {plain(model)}", written(kinds_table(kinds))]
    for model, examples in comparison.examples.items():
        blocks += [f"## Examples of {plain(model)}", listed([_told(example) for example in examples])]
    blocks += closing(comparison, models, terms(labels=labels))
    return joined(blocks)


def _told(example: TableExample) -> str:
    right, answers = (" / ".join(map(quoted, texts)) or "nothing" for texts in (example.right, example.answers))
    by = f", by: {quoted(example.program)}" if example.program else ""
    said = "rightly" if example.is_right else f"where {right} is right"
    return f"row {example.row}: {quoted(example.text)} Answered {answers} {said}{by}"
