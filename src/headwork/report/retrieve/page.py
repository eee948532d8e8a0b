"""report.html and report.md of models of search."""

from headwork.base.retrieve import RetrieveComparison, RetrieveRun
from headwork.base.runs import ComparisonFolder, Run
from headwork.report.every import of_comparison, of_run, write_both
from headwork.report.page import run_page, write_pages
from headwork.report.render import render
from headwork.report.retrieve.markdown import retrieve_markdown
from headwork.report.retrieve.pictures import RetrievePictures, draw_all
from headwork.report.retrieve.standings import ranked
from headwork.report.retrieve.terms import TERMS


@write_pages.register
def _(comparison: RetrieveComparison, folder: ComparisonFolder) -> None:
    models = ranked(comparison)
    curves = folder.curves(models)
    write_both(folder, retrieve_page(comparison, draw_all(comparison, curves)), retrieve_markdown(comparison))


@run_page.register
def _(result: RetrieveRun, run: Run) -> str:
    return render(
        "retrieve_run.html.jinja",
        **of_run(result, run, TERMS, score="MRR"),
    )


def retrieve_page(comparison: RetrieveComparison, pictures: RetrievePictures) -> str:
    """The whole page as text."""
    models = ranked(comparison)
    return render(
        "retrieve.html.jinja",
        **of_comparison(comparison, models, TERMS),
        pictures=pictures,
    )
