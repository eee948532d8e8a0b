"""report.html and report.md of taggers."""

from headwork.base.files import write_text
from headwork.base.runs import ComparisonFolder, Run
from headwork.base.tag import TagComparison, TagRun, is_iob2
from headwork.report.charts.drawing import looks
from headwork.report.classes import shown_confusion
from headwork.report.limits import budget_note, limits_table
from headwork.report.page import run_page, write_pages
from headwork.report.pictures import draw_training
from headwork.report.render import render
from headwork.report.several_tasks import tasks_table
from headwork.report.tag.markdown import tag_markdown
from headwork.report.tag.pictures import TagPictures, draw_all
from headwork.report.tag.sentences import lines_of
from headwork.report.tag.standings import OF_ENTITIES, OF_WORDS, called, ranked, tag_table
from headwork.report.tag.terms import terms
from headwork.report.tag.types import kind_table


@write_pages.register
def _(comparison: TagComparison, folder: ComparisonFolder) -> None:
    curves = {
        model.name: [folder.trial(model.name, seed).metrics() for seed in model.seeds] for model in comparison.models
    }
    write_text(folder.report_file, tag_page(comparison, draw_all(comparison, curves)))
    write_text(folder.markdown_file, tag_markdown(comparison))


@run_page.register
def _(result: TagRun, run: Run) -> str:
    data = run.data()
    of_entities = is_iob2(data.classes)
    return render(
        "tag_run.html.jinja",
        result=result,
        data=data,
        scores=OF_ENTITIES if of_entities else OF_WORDS,
        training=draw_training(
            {result.model: [run.metrics()]}, looks([result.model]), score="F1" if of_entities else "accuracy"
        ),
        tasks=tasks_table(run.metrics()),
        terms=terms(of_entities=of_entities),
    )


def tag_page(comparison: TagComparison, pictures: TagPictures) -> str:
    """The whole page as text."""
    models = ranked(comparison)
    return render(
        "tag.html.jinja",
        comparison=comparison,
        data=comparison.data,
        chosen=next(model for model in models if model.name == comparison.verdict.model),
        scores=called(comparison),
        table=tag_table(comparison),
        pictures=pictures,
        confusion=shown_confusion(comparison.confusion, comparison.kinds),
        kind_table=kind_table(comparison),
        mistakes={
            name: [(mistake.row, lines_of(mistake, of_entities=comparison.of_entities)) for mistake in found]
            for name, found in comparison.mistakes.items()
        },
        limits=limits_table(models),
        budget_note=budget_note(models),
        terms=terms(of_entities=comparison.of_entities),
    )
