"""report.md of a comparison of translators."""

from headwork.base.translation import Sample, TranslationComparison
from headwork.report.markdown import closing, joined, listed, opening, written
from headwork.report.text import quoted
from headwork.report.translation.standings import gaps_table, heads_table, ranked
from headwork.report.translation.terms import TERMS


def translation_markdown(comparison: TranslationComparison) -> str:
    """The report of a comparison of translators without pictures."""
    models = ranked(comparison)
    heads, gaps = heads_table(models), gaps_table(models)
    blocks = [
        *opening(comparison, "Which translator for", "Pictures and alignments are"),
        *(["## What attention brings, by the length of the source", written(gaps)] if gaps else []),
        listed([f"{name}: {signature}" for name, signature in comparison.signatures.items()]),
        "## What they write",
        *(listed(_sample_lines(sample, [model.name for model in models])) for sample in comparison.samples),
        *(["## How widely the heads look", written(heads)] if heads else []),
        *closing(comparison, models, TERMS),
    ]
    return joined(blocks)


def _sample_lines(sample: Sample, models: list[str]) -> list[str]:
    written = [f"{name}: {quoted(sample.written[name])}" for name in models]
    source = "a picture" if sample.picture else quoted(sample.source)
    return [f"row {sample.row}: {source}", f"reference: {quoted(sample.reference)}", *written]
