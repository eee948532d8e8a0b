"""report.html and report.md of models that summarise."""

from headwork.base.runs import ComparisonFolder, Run
from headwork.base.summary import BASELINE, SummaryComparison, SummaryRun
from headwork.report.every import of_comparison, of_run, write_both
from headwork.report.page import run_page, write_pages
from headwork.report.render import render
from headwork.report.summarize.markdown import summary_markdown
from headwork.report.summarize.pictures import SummaryPictures, draw_all
from headwork.report.summarize.samples import shown
from headwork.report.summarize.standings import CALLED, lengths_table, ranked
from headwork.report.summarize.terms import TERMS


@write_pages.register
def _(comparison: SummaryComparison, folder: ComparisonFolder) -> None:
    curves = folder.curves(comparison.models)
    write_both(folder, summary_page(comparison, draw_all(comparison, curves)), summary_markdown(comparison))


@run_page.register
def _(result: SummaryRun, run: Run) -> str:
    return render(
        "summarize_run.html.jinja",
        **of_run(result, run, TERMS, score="ROUGE-L"),
        scores=CALLED,
    )


def summary_page(comparison: SummaryComparison, pictures: SummaryPictures) -> str:
    """The whole page as text."""
    models, verdict = ranked(comparison), comparison.verdict.model
    beside = dict.fromkeys([verdict, comparison.best, BASELINE])
    writers = [model.name for model in models if not model.places]
    named = [name for name in (*beside, *writers) if any(model.name == name for model in models)]
    return render(
        "summarize.html.jinja",
        **of_comparison(comparison, models, TERMS),
        scores=CALLED,
        lengths=lengths_table(comparison),
        pictures=pictures,
        samples=[shown(sample, verdict, list(dict.fromkeys(named))) for sample in comparison.samples],
    )
