"""report.md of a comparison of models of text pairs."""

from headwork.base.pair import PairComparison
from headwork.report.classes import class_table
from headwork.report.markdown import closing, joined, listed, opening, plain, written
from headwork.report.pair.standings import ranked
from headwork.report.pair.terms import terms
from headwork.report.text import quoted


def pair_markdown(comparison: PairComparison) -> str:
    """The report of a comparison of models of text pairs without pictures."""
    blocks = opening(comparison, "Which model of pairs for", "Pictures, and maps of attention in both directions, are")
    if comparison.per_class:
        blocks += [f"## Classes, as {plain(comparison.best)} tells them", written(class_table(comparison.per_class))]
    for model, mistakes in comparison.mistakes.items():
        lines = [
            f"row {each.row}: {quoted(each.first)} / {quoted(each.second)}: {each.target}, answered {each.predicted}"
            for each in mistakes
        ]
        blocks += [f"## Worst mistakes of {plain(model)}", listed(lines)]
    blocks += closing(comparison, ranked(comparison), terms(classes=bool(comparison.per_class)))
    return joined(blocks)
