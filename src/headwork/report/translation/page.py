"""report.html and report.md of translators."""

from headwork.base.files import write_text
from headwork.base.runs import ComparisonFolder, Run
from headwork.base.translation import Alignments, TranslationComparison, TranslationRun
from headwork.report.charts.drawing import looks
from headwork.report.limits import budget_note, limits_table
from headwork.report.page import run_page, write_pages
from headwork.report.pictures import draw_training
from headwork.report.render import render
from headwork.report.translation.markdown import translation_markdown
from headwork.report.translation.pictures import TranslationPictures, draw_all
from headwork.report.translation.standings import heads_table, ranked, translation_table
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
    write_text(folder.report_file, page)
    write_text(folder.markdown_file, translation_markdown(comparison))


@run_page.register
def _(result: TranslationRun, run: Run) -> str:
    alignments = run.alignments()
    return render(
        "translation_run.html.jinja",
        result=result,
        data=run.data(),
        training=draw_training({result.model: [run.metrics()]}, looks([result.model])),
        alignments=_shown({result.model: alignments} if alignments else {}),
        terms=TERMS,
    )


def translation_page(
    comparison: TranslationComparison, pictures: TranslationPictures, alignments: dict[str, Alignments]
) -> str:
    """The whole page as text; `alignments` holds where each model that attends looked."""
    models = ranked(comparison)
    return render(
        "translation.html.jinja",
        comparison=comparison,
        data=comparison.data,
        chosen=next(model for model in models if model.name == comparison.verdict.model),
        models=models,
        table=translation_table(comparison),
        pictures=pictures,
        heads=heads_table(models),
        alignments=_shown(alignments),
        limits=limits_table(models),
        budget_note=budget_note(models),
        terms=TERMS,
    )


def _shown(alignments: dict[str, Alignments]) -> dict[str, list]:
    """The same few pairs of each model."""
    return {name: drawn.pairs[:DRAWN] for name, drawn in alignments.items()}
