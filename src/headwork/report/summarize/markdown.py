"""report.md of a comparison of models that summarise."""

from headwork.base.summary import SummaryComparison
from headwork.report.markdown import closing, joined, listed, opening, plain, written
from headwork.report.numbers import percent
from headwork.report.summarize.samples import text_of
from headwork.report.summarize.standings import lengths_table, ranked
from headwork.report.summarize.terms import TERMS
from headwork.report.text import quoted


def summary_markdown(comparison: SummaryComparison) -> str:
    """The report of a comparison of models that summarise, without pictures."""
    models = ranked(comparison)
    blocks = [
        *opening(comparison, "Which model summarises", "Pictures, and documents with the chosen sentences marked, are"),
        plain(f"{comparison.signature}."),
        "## How long the summaries are",
        written(lengths_table(comparison)),
        "## Examples",
    ]
    for sample in comparison.samples:
        people = [f"people: {quoted(text)}" for text in sample.references]
        given = [
            f"{model.name} ({percent(sample.scores[model.name])}): {quoted(text_of(sample, model.name))}"
            for model in models
        ]
        blocks += [f"### Row {sample.row}", listed([*people, *given])]
    blocks += closing(comparison, models, TERMS)
    return joined(blocks)
