"""What the pages of every task have in common."""

from collections.abc import Sequence
from typing import Any

from headwork.base.files import write_text
from headwork.base.results import Compared, Finished, Standing
from headwork.base.runs import ComparisonFolder, Run
from headwork.report.charts.drawing import looks
from headwork.report.limits import budget_note, limits_table
from headwork.report.pictures import draw_training
from headwork.report.standings import standings
from headwork.report.table import Table

Terms = Sequence[tuple[str, str]]
"""words of a page, and what they mean"""


def write_both(folder: ComparisonFolder, page: str, markdown: str) -> None:
    write_text(folder.report_file, page)
    write_text(folder.markdown_file, markdown)


def of_comparison(
    comparison: Compared, models: Sequence[Standing], terms: Terms, *, limits: Table | None = None
) -> dict[str, Any]:
    """For the template of a comparison; `models` best first, `limits` where it is not texts that are cut."""
    return {
        "comparison": comparison,
        "data": comparison.data,
        "chosen": next(model for model in models if model.name == comparison.verdict.model),
        "models": models,
        "table": standings(comparison),
        "limits": limits_table(models) if limits is None else limits,
        "budget_note": budget_note(models),
        "terms": terms,
    }


def of_run(result: Finished, run: Run, terms: Terms, *, score: str = "accuracy") -> dict[str, Any]:
    """For the template of a run; `score` is what its training calls accuracy."""
    return {
        "result": result,
        "data": run.data(),
        "training": draw_training({result.model: [run.metrics()]}, looks([result.model]), score=score),
        "terms": terms,
    }
