"""report.html and report.md of models of tables."""

from headwork.base.runs import ComparisonFolder, Run
from headwork.base.table import TableComparison, TableRun
from headwork.report.classes import class_table, shown_confusion
from headwork.report.every import of_comparison, of_run, write_both
from headwork.report.page import run_page, write_pages
from headwork.report.pictures import MainPictures
from headwork.report.render import render
from headwork.report.sheets.markdown import sheets_markdown
from headwork.report.sheets.pictures import draw_all
from headwork.report.sheets.standings import kinds_table, parting_table, ranked
from headwork.report.sheets.terms import terms


@write_pages.register
def _(comparison: TableComparison, folder: ComparisonFolder) -> None:
    models = ranked(comparison)
    curves = folder.curves(models)
    write_both(folder, sheets_page(comparison, draw_all(comparison, curves)), sheets_markdown(comparison))


@run_page.register
def _(result: TableRun, run: Run) -> str:
    data = run.data()
    return render(
        "sheets_run.html.jinja",
        **of_run(result, run, terms(labels=bool(data.classes))),
    )


def sheets_page(comparison: TableComparison, pictures: MainPictures) -> str:
    """The whole page as text."""
    models, classes = ranked(comparison), comparison.data.classes
    matrix = comparison.confusion
    return render(
        "sheets.html.jinja",
        **of_comparison(comparison, models, terms(labels=bool(classes))),
        parts_of={part.by: parting_table(part, models, comparison.data.unit) for part in comparison.partings},
        kinds={name: kinds_table(kinds) for name, kinds in comparison.kinds.items()},
        confusion=shown_confusion(matrix, classes) if matrix else None,
        class_table=class_table(comparison.per_class) if matrix else None,
        pictures=pictures,
    )
