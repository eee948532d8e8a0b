"""report.md of a comparison of disambiguators."""

from headwork.base.disambiguate import SenseComparison
from headwork.report.classes import class_table
from headwork.report.disambiguate.mistakes import shown
from headwork.report.disambiguate.standings import ranked, sense_table, word_table
from headwork.report.disambiguate.terms import TERMS
from headwork.report.markdown import closing, listed, plain, written
from headwork.report.text import quoted


def sense_markdown(comparison: SenseComparison) -> str:
    """The report of a comparison of disambiguators without pictures."""
    blocks = [
        f"# Which model of word senses for {plain(quoted(comparison.name))}?",
        f"**Take {plain(comparison.verdict.model)}**",
        listed([comparison.verdict.reason]),
        "Pictures, and maps of the words' vectors, are in `report.html`; all numbers in `result.json`.",
        *(["## Notes", listed(comparison.warnings)] if comparison.warnings else []),
        "## All models",
        written(sense_table(comparison)),
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
    return "\n\n".join(block for block in blocks if block) + "\n"
