"""report.html and report.md of translators."""

from headwork.base.runs import ComparisonFolder, Run
from headwork.base.translation import Alignments, TranslationComparison, TranslationRun
from headwork.report.every import of_comparison, of_run, write_both
from headwork.report.page import run_page, write_pages
from headwork.report.render import render
from headwork.report.translation.markdown import translation_markdown
from headwork.report.translation.pictures import TranslationPictures, draw_all
from headwork.report.translation.standings import gaps_table, heads_table, ranked
from headwork.report.translation.terms import TERMS

DRAWN = 3
"""pairs whose alignments stand on a page"""


@write_pages.register
def _(comparison: TranslationComparison, folder: ComparisonFolder) -> None:
    models = comparison.models
    curves = folder.curves(models)
    found = {model.name: folder.trial(model.name, model.seeds[0]).alignments() for model in ranked(comparison)}
    alignments = {name: drawn for name, drawn in found.items() if drawn}
    page = translation_page(comparison, draw_all(comparison, curves), alignments)
    write_both(folder, page, translation_markdown(comparison))


@run_page.register
def _(result: TranslationRun, run: Run) -> str:
    alignments = run.alignments()
    return render(
        "translation_run.html.jinja",
        **of_run(result, run, TERMS),
        alignments=_shown({result.model: alignments} if alignments else {}),
    )


def translation_page(
    comparison: TranslationComparison, pictures: TranslationPictures, alignments: dict[str, Alignments]
) -> str:
    """The whole page as text; `alignments` holds where each model that attends looked."""
    models = ranked(comparison)
    return render(
        "translation.html.jinja",
        **of_comparison(comparison, models, TERMS),
        pictures=pictures,
        gaps=gaps_table(models),
        heads=heads_table(models),
        alignments=_shown(alignments),
    )


def _shown(alignments: dict[str, Alignments]) -> dict[str, list]:
    """The same few pairs of each model."""
    return {name: drawn.pairs[:DRAWN] for name, drawn in alignments.items()}
