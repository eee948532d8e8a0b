"""report.md of a comparison of models of search."""

from headwork.base.retrieve import RetrieveComparison, SearchExample
from headwork.report.markdown import closing, listed, plain, written
from headwork.report.retrieve.standings import ranked, retrieve_table
from headwork.report.retrieve.terms import TERMS
from headwork.report.text import quoted


def retrieve_markdown(comparison: RetrieveComparison) -> str:
    """The report of a comparison of models of search, without pictures and documents."""
    models = ranked(comparison)
    blocks = [
        f"# Which model finds {plain(quoted(comparison.name))}?",
        f"**Take {plain(comparison.verdict.model)}**",
        listed([comparison.verdict.reason]),
        "Pictures, and the documents that were found, are in `report.html`; all numbers in `result.json`.",
        *(["## Notes", listed(comparison.warnings)] if comparison.warnings else []),
        "## All models",
        written(retrieve_table(comparison)),
        "## Some queries",
        listed([_told(example) for example in comparison.examples]),
        *closing(comparison, models, TERMS),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _told(example: SearchExample) -> str:
    places = ", ".join(f"{name} {found.rank:,}" for name, found in example.found.items())
    return f"row {example.row}: {quoted(example.query)} (place of the right document: {places})"
