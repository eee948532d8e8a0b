"""report.html and report.md of labellers."""

from headwork.base.multilabel import MultilabelComparison, MultilabelRun
from headwork.base.runs import ComparisonFolder, Run
from headwork.report.every import of_comparison, of_run, write_both
from headwork.report.multilabel.markdown import multilabel_markdown
from headwork.report.multilabel.pictures import LabelPictures, draw_all
from headwork.report.multilabel.standings import f1_table, label_table, ranked
from headwork.report.multilabel.terms import TERMS
from headwork.report.multilabel.together import chosen_labels, shown_together
from headwork.report.page import run_page, write_pages
from headwork.report.render import render


@write_pages.register
def _(comparison: MultilabelComparison, folder: ComparisonFolder) -> None:
    models = ranked(comparison)
    curves = folder.curves(models)
    write_both(folder, multilabel_page(comparison, draw_all(comparison, curves)), multilabel_markdown(comparison))


@run_page.register
def _(result: MultilabelRun, run: Run) -> str:
    return render(
        "multilabel_run.html.jinja",
        **of_run(result, run, TERMS, score="macro-F1"),
    )


def multilabel_page(comparison: MultilabelComparison, pictures: LabelPictures) -> str:
    """The whole page as text."""
    models, labels = ranked(comparison), comparison.data.classes
    kept = chosen_labels(comparison.together)
    return render(
        "multilabel.html.jinja",
        **of_comparison(comparison, models, TERMS),
        pictures=pictures,
        label_table=label_table(models[0].labels),
        f1_table=f1_table(models),
        together=[shown_together(matrix, labels, kept) for matrix in (comparison.together, comparison.together_given)]
        if len(labels) > 1
        else [],
    )
