"""report.html and report.md of models that answer from passages."""

from headwork.base.files import write_text
from headwork.base.runs import ComparisonFolder, Run
from headwork.base.span import SpanComparison, SpanRun
from headwork.report.charts.drawing import looks
from headwork.report.limits import budget_note, limits_table
from headwork.report.page import run_page, write_pages
from headwork.report.pictures import MainPictures, draw_training
from headwork.report.render import render
from headwork.report.span.markdown import span_markdown
from headwork.report.span.pictures import draw_all
from headwork.report.span.standings import parting_table, ranked, span_table
from headwork.report.span.terms import TERMS


@write_pages.register
def _(comparison: SpanComparison, folder: ComparisonFolder) -> None:
    models = ranked(comparison)
    curves = folder.curves(models)
    write_text(folder.report_file, span_page(comparison, draw_all(comparison, curves)))
    write_text(folder.markdown_file, span_markdown(comparison))


@run_page.register
def _(result: SpanRun, run: Run) -> str:
    return render(
        "span_run.html.jinja",
        result=result,
        data=run.data(),
        training=draw_training({result.model: [run.metrics()]}, looks([result.model]), score="F1"),
        terms=TERMS,
    )


def span_page(comparison: SpanComparison, pictures: MainPictures) -> str:
    """The whole page as text."""
    models = ranked(comparison)
    return render(
        "span.html.jinja",
        comparison=comparison,
        data=comparison.data,
        chosen=next(model for model in models if model.name == comparison.verdict.model),
        models=models,
        table=span_table(comparison),
        parts_of={parting.by: parting_table(parting, models) for parting in comparison.partings},
        pictures=pictures,
        limits=limits_table(models),
        budget_note=budget_note(models),
        terms=TERMS,
    )
