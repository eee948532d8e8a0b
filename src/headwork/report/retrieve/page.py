"""report.html and report.md of models of search."""

from headwork.base.files import write_text
from headwork.base.retrieve import RetrieveComparison, RetrieveRun
from headwork.base.runs import ComparisonFolder, Run
from headwork.report.charts.drawing import looks
from headwork.report.limits import budget_note, limits_table
from headwork.report.page import run_page, write_pages
from headwork.report.pictures import draw_training
from headwork.report.render import render
from headwork.report.retrieve.markdown import retrieve_markdown
from headwork.report.retrieve.pictures import RetrievePictures, draw_all
from headwork.report.retrieve.standings import ranked, retrieve_table
from headwork.report.retrieve.terms import TERMS


@write_pages.register
def _(comparison: RetrieveComparison, folder: ComparisonFolder) -> None:
    models = ranked(comparison)
    curves = folder.curves(models)
    write_text(folder.report_file, retrieve_page(comparison, draw_all(comparison, curves)))
    write_text(folder.markdown_file, retrieve_markdown(comparison))


@run_page.register
def _(result: RetrieveRun, run: Run) -> str:
    return render(
        "retrieve_run.html.jinja",
        result=result,
        data=run.data(),
        training=draw_training({result.model: [run.metrics()]}, looks([result.model]), score="MRR"),
        terms=TERMS,
    )


def retrieve_page(comparison: RetrieveComparison, pictures: RetrievePictures) -> str:
    """The whole page as text."""
    models = ranked(comparison)
    return render(
        "retrieve.html.jinja",
        comparison=comparison,
        data=comparison.data,
        chosen=next(model for model in models if model.name == comparison.verdict.model),
        models=models,
        table=retrieve_table(comparison),
        pictures=pictures,
        limits=limits_table(models),
        budget_note=budget_note(models),
        terms=TERMS,
    )
