"""report.html and report.md of taggers."""

from collections.abc import Mapping
from typing import Any

from headwork.base.runs import ComparisonFolder, Run
from headwork.base.tag import TagComparison, TagRun, is_iob2
from headwork.report.classes import shown_confusion
from headwork.report.every import Terms, of_comparison, of_run, write_both
from headwork.report.page import run_page, write_pages
from headwork.report.pictures import MainPictures
from headwork.report.render import render
from headwork.report.several_tasks import tasks_table
from headwork.report.tag.markdown import tag_markdown
from headwork.report.tag.pictures import draw_all
from headwork.report.tag.sentences import lines_of
from headwork.report.tag.standings import OF_ENTITIES, OF_WORDS, called, ranked
from headwork.report.tag.terms import terms
from headwork.report.tag.types import kind_table


@write_pages.register
def _(comparison: TagComparison, folder: ComparisonFolder) -> None:
    page = tag_page(comparison, draw_all(comparison, folder.curves(comparison.models)))
    write_both(folder, page, tag_markdown(comparison))


@run_page.register
def _(result: TagRun, run: Run) -> str:
    of_entities = is_iob2(run.data().classes)
    scores = OF_ENTITIES if of_entities else OF_WORDS
    return render("tag_run.html.jinja", **shown_run(result, run, scores, terms(of_entities=of_entities)))


def shown_run(result: TagRun, run: Run, scores: Mapping[str, str], meanings: Terms) -> dict[str, Any]:
    """What the page of a run of any tagger shows."""
    return {
        **of_run(result, run, meanings, score="accuracy" if "accuracy" in scores else "F1"),
        "unit": run.data().unit.removesuffix("s"),
        "scores": scores,
        "tasks": tasks_table(run.metrics()),
    }


def tag_page(comparison: TagComparison, pictures: MainPictures) -> str:
    """The whole page as text."""
    return render("tag.html.jinja", **shown(comparison, pictures, terms(of_entities=comparison.of_entities)))


def shown(comparison: TagComparison, pictures: MainPictures, meanings: Terms) -> dict[str, Any]:
    """What the page shows of any comparison of taggers."""
    return {
        **of_comparison(comparison, ranked(comparison), meanings),
        "unit": comparison.data.unit.removesuffix("s"),
        "more": [],
        "scores": called(comparison),
        "pictures": pictures,
        "confusion": shown_confusion(comparison.confusion, comparison.kinds),
        "kind_table": kind_table(comparison),
        "mistakes": {
            name: [
                (mistake.row, lines_of(mistake, of_entities=comparison.of_entities, glue=comparison.glue))
                for mistake in found
            ]
            for name, found in comparison.mistakes.items()
        },
    }
