"""report.html and report.md of disambiguators."""

from collections.abc import Mapping
from pathlib import Path

from markupsafe import Markup

from headwork.base.disambiguate import SenseComparison, SenseRun
from headwork.base.files import write_text
from headwork.base.runs import ComparisonFolder, Run
from headwork.report.classes import class_table, shown_confusion
from headwork.report.disambiguate.markdown import sense_markdown
from headwork.report.disambiguate.mistakes import shown
from headwork.report.disambiguate.pictures import SensePictures, draw_all, draw_maps
from headwork.report.disambiguate.standings import ranked, word_table
from headwork.report.disambiguate.terms import TERMS
from headwork.report.every import of_comparison, of_run, write_both
from headwork.report.page import run_page, write_pages
from headwork.report.render import render

Maps = Mapping[str, tuple[str, Markup]]


@write_pages.register
def _(comparison: SenseComparison, folder: ComparisonFolder) -> None:
    write_sense_pages(comparison, folder)


@run_page.register
def _(result: SenseRun, run: Run) -> str:
    return sense_run_page(result, run)


def write_about(folder: ComparisonFolder, run: Run, word: str) -> Path:
    """Write the page of a comparison, or of a run, again with a map of `word`."""
    if run.identity_file.is_file():
        write_text(run.report_file, sense_run_page(run.result(SenseRun), run, word=word))
        return run.report_file
    write_sense_pages(folder.result(SenseComparison), folder, word=word)
    return folder.report_file


def write_sense_pages(comparison: SenseComparison, folder: ComparisonFolder, *, word: str | None = None) -> None:
    """`word` is the one whose vectors are drawn; the first when not given."""
    models = ranked(comparison)
    curves = folder.curves(models)
    maps = draw_maps({model.name: folder.trial(model.name, model.seeds[0]).senses() for model in models}, word)
    write_both(folder, sense_page(comparison, draw_all(comparison, curves), maps), sense_markdown(comparison))


def sense_page(comparison: SenseComparison, pictures: SensePictures, maps: Maps) -> str:
    """The whole page as text."""
    models = ranked(comparison)
    return render(
        "disambiguate.html.jinja",
        **of_comparison(comparison, models, TERMS),
        word_table=word_table(comparison),
        pictures=pictures,
        maps=maps,
        confusion=shown_confusion(comparison.confusion, comparison.data.classes),
        class_table=class_table(comparison.per_class, name="sense"),
        mistakes={name: list(map(shown, found)) for name, found in comparison.mistakes.items()},
    )


def sense_run_page(result: SenseRun, run: Run, *, word: str | None = None) -> str:
    return render(
        "disambiguate_run.html.jinja",
        **of_run(result, run, TERMS),
        maps=draw_maps({result.model: run.senses()}, word),
    )
