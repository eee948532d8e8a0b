"""report.md of a comparison of taggers."""

from headwork.base.tag import TagComparison
from headwork.report.markdown import closing, listed, plain, written
from headwork.report.tag.sentences import lines_of
from headwork.report.tag.standings import ranked, tag_table
from headwork.report.tag.terms import terms
from headwork.report.tag.types import kind_table
from headwork.report.text import quoted


def tag_markdown(comparison: TagComparison) -> str:
    """The report of a comparison of taggers without pictures."""
    blocks = [
        f"# Which tagger for {plain(quoted(comparison.name))}?",
        f"**Take {plain(comparison.verdict.model)}**",
        listed([comparison.verdict.reason]),
        "Pictures are in `report.html`; all numbers in `result.json`.",
        *(["## Notes", listed(comparison.warnings)] if comparison.warnings else []),
        "## All models",
        written(tag_table(comparison)),
        f"## {'Types' if comparison.of_entities else 'Tags'}, as {plain(comparison.best)} tells them",
        written(kind_table(comparison)),
    ]
    for model, mistakes in comparison.mistakes.items():
        lines = [
            f"row {mistake.row}, {line.who}: "
            + " ".join(f"[{piece.text} {piece.label}]" if piece.label else piece.text for piece in line.pieces)
            for mistake in mistakes
            for line in lines_of(mistake, of_entities=comparison.of_entities)
        ]
        blocks += [f"## Worst sentences of {plain(model)}", listed(lines)]
    blocks += closing(comparison, ranked(comparison), terms(of_entities=comparison.of_entities))
    return "\n\n".join(block for block in blocks if block) + "\n"
