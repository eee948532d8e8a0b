"""report.md of language models: the report's words and tables for places that show markdown."""

from headwork.base.language import LanguageComparison
from headwork.report.language.standings import endings_table, lengths_table, ranked
from headwork.report.language.terms import terms
from headwork.report.limits import budget_note
from headwork.report.markdown import again, joined, listed, opening, plain, written
from headwork.report.text import quoted


def language_markdown(comparison: LanguageComparison) -> str:
    """The report of a comparison of language models without pictures."""
    models, data = ranked(comparison), comparison.data
    lengths = lengths_table(
        {model.name: model.lengths for model in models}, {model.name: model.slopes for model in models}
    )
    blocks = [
        *opening(comparison, "Which language model for", "Pictures are"),
        *(["## What longer segments give and cost", written(lengths)] if lengths else []),
        *(_written(comparison) if comparison.prompt else []),
        "## The data",
        listed(
            [
                f"source: {data.source}",
                f"{data.unit}: train {data.split.train:,}, dev {data.split.dev:,}, test {data.split.test:,} "
                f"({data.split_by})",
                f"fingerprint (sha256): {data.fingerprint}",
                *data.notes,
            ]
        ),
        "## What was unknown, and why training ended",
        written(endings_table(models)),
        plain(budget_note(models)),
        "## How to get this again",
        again(comparison),
        "## How to read this",
        listed([f"{term}: {meaning}" for term, meaning in terms(comparison.unit)]),
    ]
    return joined(blocks)


def _written(comparison: LanguageComparison) -> list[str]:
    samples = [f"{model.name}: {quoted(model.samples[0])}" for model in ranked(comparison) if model.samples]
    return [f"## What they write behind {plain(quoted(comparison.prompt))}", listed(samples)]
