"""report.html and report.md of models of text pairs."""

from collections.abc import Iterator, Mapping

from headwork.base.pair import DrawnPair, PairComparison, PairMaps, PairRun
from headwork.base.runs import ComparisonFolder, Run
from headwork.base.translation import Drawn
from headwork.report.classes import class_table, shown_confusion
from headwork.report.every import of_comparison, of_run, write_both
from headwork.report.page import run_page, write_pages
from headwork.report.pair.markdown import pair_markdown
from headwork.report.pair.pictures import PairPictures, draw_all
from headwork.report.pair.standings import ranked
from headwork.report.pair.terms import terms
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
    write_both(folder, pair_page(comparison, draw_all(comparison, curves), found), pair_markdown(comparison))


@run_page.register
def _(result: PairRun, run: Run) -> str:
    data = run.data()
    score = "accuracy" if data.classes else "spearman"
    return render(
        "pair_run.html.jinja",
        **of_run(result, run, terms(classes=bool(data.classes)), score=score),
        maps=_shown({result.model: run.maps()}),
    )


def pair_page(comparison: PairComparison, pictures: PairPictures, found: Mapping[str, PairMaps | None]) -> str:
    """The whole page as text; `found` says where the first seed of each model looked."""
    models, classes = ranked(comparison), comparison.data.classes
    return render(
        "pair.html.jinja",
        **of_comparison(comparison, models, terms(classes=bool(classes))),
        pictures=pictures,
        confusion=shown_confusion(comparison.confusion, classes) if classes else None,
        class_table=class_table(comparison.per_class) if classes else None,
        maps=_shown(found),
    )


def _shown(found: Mapping[str, PairMaps | None]) -> Shown:
    """The same few pairs of each model."""
    return {name: [(pair, list(_both(pair))) for pair in maps.pairs[:DRAWN]] for name, maps in found.items() if maps}


def _both(pair: DrawnPair) -> Iterator[Drawn]:
    """Rows look at columns."""
    yield Drawn(row=pair.row, source=pair.second, target=pair.first, weights=pair.of_first)
    yield Drawn(row=pair.row, source=pair.first, target=pair.second, weights=pair.of_second)
