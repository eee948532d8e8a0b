"""report.html and report.md of models that summarise."""

from headwork.base.files import write_text
from headwork.base.runs import ComparisonFolder, Run
from headwork.base.summary import BASELINE, SummaryComparison, SummaryRun
from headwork.report.charts.drawing import looks
from headwork.report.limits import budget_note, limits_table
from headwork.report.page import run_page, write_pages
from headwork.report.pictures import draw_training
from headwork.report.render import render
from headwork.report.summarize.markdown import summary_markdown
from headwork.report.summarize.pictures import SummaryPictures, draw_all
from headwork.report.summarize.samples import shown
from headwork.report.summarize.standings import CALLED, lengths_table, ranked, summary_table
from headwork.report.summarize.terms import TERMS


@write_pages.register
def _(comparison: SummaryComparison, folder: ComparisonFolder) -> None:
    curves = folder.curves(comparison.models)
    write_text(folder.report_file, summary_page(comparison, draw_all(comparison, curves)))
    write_text(folder.markdown_file, summary_markdown(comparison))


@run_page.register
def _(result: SummaryRun, run: Run) -> str:
    return render(
        "summarize_run.html.jinja",
        result=result,
        data=run.data(),
        scores=CALLED,
        training=draw_training({result.model: [run.metrics()]}, looks([result.model]), score="ROUGE-L"),
        terms=TERMS,
    )


def summary_page(comparison: SummaryComparison, pictures: SummaryPictures) -> str:
    """The whole page as text."""
    models, verdict = ranked(comparison), comparison.verdict.model
    beside = dict.fromkeys([verdict, comparison.best, BASELINE])
    writers = [model.name for model in models if not model.places]
    named = [name for name in (*beside, *writers) if any(model.name == name for model in models)]
    return render(
        "summarize.html.jinja",
        comparison=comparison,
        data=comparison.data,
        chosen=next(model for model in models if model.name == verdict),
        scores=CALLED,
        table=summary_table(comparison),
        lengths=lengths_table(comparison),
        pictures=pictures,
        samples=[shown(sample, verdict, list(dict.fromkeys(named))) for sample in comparison.samples],
        limits=limits_table(models),
        budget_note=budget_note(models),
        terms=TERMS,
    )
