"""report.html and report.md of labellers."""

from headwork.base.files import write_text
from headwork.base.multilabel import MultilabelComparison, MultilabelRun
from headwork.base.runs import ComparisonFolder, Run
from headwork.report.charts.drawing import looks
from headwork.report.limits import budget_note, limits_table
from headwork.report.multilabel.markdown import multilabel_markdown
from headwork.report.multilabel.pictures import LabelPictures, draw_all
from headwork.report.multilabel.standings import f1_table, label_table, multilabel_table, ranked
from headwork.report.multilabel.terms import TERMS
from headwork.report.multilabel.together import chosen_labels, shown_together
from headwork.report.page import run_page, write_pages
from headwork.report.pictures import draw_training
from headwork.report.render import render


@write_pages.register
def _(comparison: MultilabelComparison, folder: ComparisonFolder) -> None:
    models = ranked(comparison)
    curves = folder.curves(models)
    write_text(folder.report_file, multilabel_page(comparison, draw_all(comparison, curves)))
    write_text(folder.markdown_file, multilabel_markdown(comparison))


@run_page.register
def _(result: MultilabelRun, run: Run) -> str:
    return render(
        "multilabel_run.html.jinja",
        result=result,
        data=run.data(),
        training=draw_training({result.model: [run.metrics()]}, looks([result.model]), score="macro-F1"),
        terms=TERMS,
    )


def multilabel_page(comparison: MultilabelComparison, pictures: LabelPictures) -> str:
    """The whole page as text."""
    models, labels = ranked(comparison), comparison.data.classes
    kept = chosen_labels(comparison.together)
    return render(
        "multilabel.html.jinja",
        comparison=comparison,
        data=comparison.data,
        chosen=next(model for model in models if model.name == comparison.verdict.model),
        models=models,
        table=multilabel_table(comparison),
        pictures=pictures,
        label_table=label_table(models[0].labels),
        f1_table=f1_table(models),
        together=[shown_together(matrix, labels, kept) for matrix in (comparison.together, comparison.together_given)]
        if len(labels) > 1
        else [],
        limits=limits_table(models),
        budget_note=budget_note(models),
        terms=TERMS,
    )
