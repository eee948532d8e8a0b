"""report.md of a comparison of disambiguators."""

from headwork.base.disambiguate import SenseComparison
from headwork.report.classes import class_table
from headwork.report.disambiguate.mistakes import shown
from headwork.report.disambiguate.standings import ranked, word_table
from headwork.report.disambiguate.terms import TERMS
from headwork.report.markdown import closing, joined, listed, opening, plain, written


def sense_markdown(comparison: SenseComparison) -> str:
    """The report of a comparison of disambiguators without pictures."""
    blocks = [
        *opening(comparison, "Which model of word senses for", "Pictures, and maps of the words' vectors, are"),
        f"## Words, as {plain(comparison.best)} tells them",
        written(word_table(comparison)),
        "## Senses",
        written(class_table(comparison.per_class, name="sense")),
    ]
    for model, mistakes in comparison.mistakes.items():
        lines = [
            f"row {each.row}: {each.before}[{each.word}]{each.behind}: {each.target}, answered {each.predicted}"
            for each in map(shown, mistakes)
        ]
        blocks += [f"## Worst mistakes of {plain(model)}", listed(lines)]
    blocks += closing(comparison, ranked(comparison), TERMS)
    return joined(blocks)
