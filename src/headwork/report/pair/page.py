"""report.html and report.md of models of text pairs."""

from collections.abc import Iterator, Mapping

from headwork.base.files import write_text
from headwork.base.pair import DrawnPair, PairComparison, PairMaps, PairRun
from headwork.base.runs import ComparisonFolder, Run
from headwork.base.translation import Drawn
from headwork.report.charts.drawing import looks
from headwork.report.classes import class_table, shown_confusion
from headwork.report.limits import budget_note, limits_table
from headwork.report.page import run_page, write_pages
from headwork.report.pair.markdown import pair_markdown
from headwork.report.pair.pictures import PairPictures, draw_all
from headwork.report.pair.standings import pair_table, ranked
from headwork.report.pair.terms import terms
from headwork.report.pictures import draw_training
from headwork.report.render import render

DRAWN = 3
"""pairs of each model whose maps stand on a page"""

Shown = dict[str, list[tuple[DrawnPair, list[Drawn]]]]
"""by model its pairs, each with a map in either direction"""


@write_pages.register
def _(comparison: PairComparison, folder: ComparisonFolder) -> None:
    models = ranked(comparison)
    curves = folder.curves(models)
    found = {model.name: folder.trial(model.name, model.seeds[0]).maps() for model in models}
    write_text(folder.report_file, pair_page(comparison, draw_all(comparison, curves), found))
    write_text(folder.markdown_file, pair_markdown(comparison))


@run_page.register
def _(result: PairRun, run: Run) -> str:
    data = run.data()
    score = "accuracy" if data.classes else "spearman"
    return render(
        "pair_run.html.jinja",
        result=result,
        data=data,
        training=draw_training({result.model: [run.metrics()]}, looks([result.model]), score=score),
        maps=_shown({result.model: run.maps()}),
        terms=terms(classes=bool(data.classes)),
    )


def pair_page(comparison: PairComparison, pictures: PairPictures, found: Mapping[str, PairMaps | None]) -> str:
    """The whole page as text; `found` says where the first seed of each model looked."""
    models, classes = ranked(comparison), comparison.data.classes
    return render(
        "pair.html.jinja",
        comparison=comparison,
        data=comparison.data,
        chosen=next(model for model in models if model.name == comparison.verdict.model),
        models=models,
        table=pair_table(comparison),
        pictures=pictures,
        confusion=shown_confusion(comparison.confusion, classes) if classes else None,
        class_table=class_table(comparison.per_class) if classes else None,
        maps=_shown(found),
        limits=limits_table(models),
        budget_note=budget_note(models),
        terms=terms(classes=bool(classes)),
    )


def _shown(found: Mapping[str, PairMaps | None]) -> Shown:
    """The same few pairs of each model."""
    return {name: [(pair, list(_both(pair))) for pair in maps.pairs[:DRAWN]] for name, maps in found.items() if maps}


def _both(pair: DrawnPair) -> Iterator[Drawn]:
    """Rows look at columns."""
    yield Drawn(row=pair.row, source=pair.second, target=pair.first, weights=pair.of_first)
    yield Drawn(row=pair.row, source=pair.first, target=pair.second, weights=pair.of_second)
