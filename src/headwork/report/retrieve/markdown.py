"""report.md of a comparison of models of search."""

from headwork.base.retrieve import RetrieveComparison, SearchExample
from headwork.report.markdown import closing, joined, listed, opening
from headwork.report.retrieve.standings import ranked
from headwork.report.retrieve.terms import TERMS
from headwork.report.text import quoted


def retrieve_markdown(comparison: RetrieveComparison) -> str:
    """The report of a comparison of models of search, without pictures and documents."""
    models = ranked(comparison)
    blocks = [
        *opening(comparison, "Which model finds", "Pictures, and the documents that were found, are"),
        "## Some queries",
        listed([_told(example) for example in comparison.examples]),
        *closing(comparison, models, TERMS),
    ]
    return joined(blocks)


def _told(example: SearchExample) -> str:
    places = ", ".join(f"{name} {found.rank:,}" for name, found in example.found.items())
    return f"row {example.row}: {quoted(example.query)} (place of the right document: {places})"
