"""report.html and report.md of models that answer from passages."""

from headwork.base.runs import ComparisonFolder, Run
from headwork.base.span import SpanComparison, SpanRun
from headwork.report.every import of_comparison, of_run, write_both
from headwork.report.page import run_page, write_pages
from headwork.report.pictures import MainPictures
from headwork.report.render import render
from headwork.report.span.markdown import span_markdown
from headwork.report.span.pictures import draw_all
from headwork.report.span.standings import parting_table, ranked
from headwork.report.span.terms import TERMS


@write_pages.register
def _(comparison: SpanComparison, folder: ComparisonFolder) -> None:
    models = ranked(comparison)
    curves = folder.curves(models)
    write_both(folder, span_page(comparison, draw_all(comparison, curves)), span_markdown(comparison))


@run_page.register
def _(result: SpanRun, run: Run) -> str:
    return render(
        "span_run.html.jinja",
        **of_run(result, run, TERMS, score="F1"),
    )


def span_page(comparison: SpanComparison, pictures: MainPictures) -> str:
    """The whole page as text."""
    models = ranked(comparison)
    return render(
        "span.html.jinja",
        **of_comparison(comparison, models, TERMS),
        parts_of={parting.by: parting_table(parting, models) for parting in comparison.partings},
        pictures=pictures,
    )
