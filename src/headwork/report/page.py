"""report.html and report.md from a folder: of any task, and of classifiers."""

from functools import singledispatch
from pathlib import Path

from markupsafe import Markup

from headwork.base.files import write_text
from headwork.base.results import Compared, Comparison, Explanations, Faithfulness, Finished, RunResult
from headwork.base.runs import ComparisonFolder, Run
from headwork.report.charts.drawing import looks
from headwork.report.charts.reliability import reliability_chart
from headwork.report.classes import class_table, shown_confusion
from headwork.report.faithful import faithfulness_table
from headwork.report.limits import budget_note, limits_table
from headwork.report.markdown import comparison_markdown
from headwork.report.pictures import Pictures, draw_all, draw_training
from headwork.report.predictions import Outcome, read_outcome
from headwork.report.render import render
from headwork.report.seen import side_by_side
from headwork.report.several_tasks import tasks_table
from headwork.report.standings import comparison_table, ranked
from headwork.report.swaps import swaps_table
from headwork.report.table import Table
from headwork.report.verdict import verdict_text


def write_report(folder: ComparisonFolder) -> Path:
    """Write the report of a finished comparison, as a page and as markdown; gives the page's path."""
    write_pages(folder.result(), folder)
    return folder.report_file


def write_run_report(run: Run) -> Path:
    """Write the page of one finished run; gives its path."""
    write_text(run.report_file, run_page(run.result(), run))
    return run.report_file


@singledispatch
def write_pages(comparison: Compared, folder: ComparisonFolder) -> None:
    raise NotImplementedError(type(comparison).__name__)


@singledispatch
def run_page(result: Finished, run: Run) -> str:
    raise NotImplementedError(type(result).__name__)


@write_pages.register
def _(comparison: Comparison, folder: ComparisonFolder) -> None:
    explanations = _explanations(folder, comparison)
    pictures = draw_all(comparison, folder.curves(comparison.models))
    write_text(folder.report_file, comparison_page(comparison, pictures, explanations))
    write_text(folder.markdown_file, comparison_markdown(comparison, _methods(explanations)))


@run_page.register
def _(result: RunResult, run: Run) -> str:
    data = run.data()
    outcome = read_outcome(run.predictions_file, data.classes) if run.predictions_file.is_file() else None
    look = looks([result.model])
    explanations = run.explanations()
    explained = {result.model: explanations} if explanations else {}
    return render(
        "run.html.jinja",
        result=result,
        data=data,
        outcome=outcome,
        reliability=_run_reliability(outcome, result.model),
        confusion=shown_confusion(outcome.confusion, data.classes) if outcome else None,
        class_table=class_table(outcome.per_class) if outcome else None,
        training=draw_training({result.model: [run.metrics()]}, look),
        tasks=tasks_table(run.metrics()),
        faithfulness=_faithfulness({result.model: result.faithfulness}, explained),
        seen=side_by_side(explained),
    )


def comparison_page(comparison: Comparison, pictures: Pictures, explanations: dict[str, Explanations]) -> str:
    """The whole page as text; `explanations` holds what each model with readable weights saw."""
    return render(
        "comparison.html.jinja",
        comparison=comparison,
        data=comparison.data,
        verdict=verdict_text(comparison),
        models=ranked(comparison),
        table=comparison_table(comparison),
        pictures=pictures,
        confusion=shown_confusion(comparison.confusion, comparison.data.classes),
        class_table=class_table(comparison.per_class),
        faithfulness=_faithfulness({model.name: model.faithfulness for model in comparison.models}, explanations),
        seen=side_by_side(explanations),
        swaps=swaps_table(ranked(comparison)),
        limits=limits_table(ranked(comparison)),
        budget_note=budget_note(ranked(comparison)),
    )


def _explanations(folder: ComparisonFolder, comparison: Comparison) -> dict[str, Explanations]:
    """What the first seed of each model with readable weights saw."""
    found = {model.name: folder.trial(model.name, model.seeds[0]).explanations() for model in comparison.models}
    return {name: explained for name, explained in found.items() if explained}


def _methods(explanations: dict[str, Explanations]) -> dict[str, str]:
    return {name: explained.method for name, explained in explanations.items()}


def _faithfulness(checks: dict[str, Faithfulness | None], explanations: dict[str, Explanations]) -> Table | None:
    made = {name: check for name, check in checks.items() if check}
    return faithfulness_table(made, _methods(explanations)) if made else None


def _run_reliability(outcome: Outcome | None, model: str) -> Markup | None:
    if outcome is None:
        return None
    return reliability_chart(
        outcome.reliability_before,
        outcome.reliability_after,
        looks([model])[model],
        name="reliability",
        title=f"How often {model} is right for how sure it is",
    )
