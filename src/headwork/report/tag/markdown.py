"""report.md of a comparison of taggers."""

from collections.abc import Sequence

from headwork.base.tag import TagComparison
from headwork.report.markdown import closing, joined, listed, opening, plain, written
from headwork.report.tag.sentences import lines_of
from headwork.report.tag.standings import ranked
from headwork.report.tag.terms import terms
from headwork.report.tag.types import kind_table


def tag_markdown(comparison: TagComparison) -> str:
    """The report of a comparison of taggers without pictures."""
    return markdown_of(comparison, who="tagger", terms=terms(of_entities=comparison.of_entities))


def markdown_of(
    comparison: TagComparison, *, who: str, terms: Sequence[tuple[str, str]], more: Sequence[str] = ()
) -> str:
    """`who` is compared, `more` is said behind the table of all models."""
    blocks = [
        *opening(comparison, f"Which {who} for", "Pictures are"),
        *more,
        f"## {'Types' if comparison.of_entities else 'Tags'}, as {plain(comparison.best)} tells them",
        written(kind_table(comparison)),
    ]
    for model, mistakes in comparison.mistakes.items():
        lines = [
            f"row {mistake.row}, {line.who}: "
            + " ".join(f"[{piece.text} {piece.label}]" if piece.label else piece.text for piece in line.pieces)
            for mistake in mistakes
            for line in lines_of(mistake, of_entities=comparison.of_entities, glue=comparison.glue)
        ]
        blocks += [f"## Worst {comparison.data.unit} of {plain(model)}", listed(lines)]
    blocks += closing(comparison, ranked(comparison), terms)
    return joined(blocks)
