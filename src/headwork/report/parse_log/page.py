"""report.html and report.md of parsers of logs."""

from markupsafe import Markup
from msgspec.structs import replace

from headwork.base.parse_log import LogComparison, LogRun
from headwork.base.runs import ComparisonFolder, Run
from headwork.report.charts.drawing import looks
from headwork.report.charts.intervals import interval_chart
from headwork.report.every import write_both
from headwork.report.markdown import written
from headwork.report.page import run_page, write_pages
from headwork.report.parse_log.degraded import damage_table
from headwork.report.parse_log.standings import OF_FIELDS, ranked
from headwork.report.parse_log.terms import terms
from headwork.report.pictures import score_marks
from headwork.report.render import render
from headwork.report.tag.markdown import markdown_of
from headwork.report.tag.page import shown, shown_run
from headwork.report.tag.pictures import draw_all


@write_pages.register
def _(comparison: LogComparison, folder: ComparisonFolder) -> None:
    pictures = draw_all(comparison, folder.curves(comparison.models))
    damages = damage_table(comparison)
    page = render(
        "parse_log.html.jinja",
        **{**shown(comparison, pictures, terms()), "more": [("degraded", "Degraded lines")]},
        damages=damages,
        degraded=_degraded_chart(comparison),
        best_degraded=next(model for model in comparison.models if model.name == comparison.best_degraded),
    )
    more = ["## Degraded lines, F1 by what was done to them", written(damages)]
    write_both(folder, page, markdown_of(comparison, who="parser of logs", terms=terms(), more=more))


@run_page.register
def _(result: LogRun, run: Run) -> str:
    return render("parse_log_run.html.jinja", **shown_run(result, run, OF_FIELDS, terms()))


def _degraded_chart(comparison: LogComparison) -> Markup:
    models = [replace(model, scores=model.degraded) for model in ranked(comparison)]
    marks = score_marks(
        models, looks([model.name for model in models]), score=comparison.score, chosen=comparison.best_degraded
    )
    title = "F1 of fields of each model on degraded lines with its 95% interval"
    return interval_chart(marks, name="degraded", title=title, axis="F1 of fields, degraded lines")
