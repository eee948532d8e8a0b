"""report.md of a comparison of translators."""

from headwork.base.translation import Sample, TranslationComparison
from headwork.report.markdown import closing, listed, plain, written
from headwork.report.text import quoted
from headwork.report.translation.standings import heads_table, ranked, translation_table
from headwork.report.translation.terms import TERMS


def translation_markdown(comparison: TranslationComparison) -> str:
    """The report of a comparison of translators without pictures."""
    models = ranked(comparison)
    heads = heads_table(models)
    blocks = [
        f"# Which translator for {plain(quoted(comparison.name))}?",
        f"**Take {plain(comparison.verdict.model)}**",
        listed([comparison.verdict.reason]),
        "Pictures and alignments are in `report.html`; all numbers in `result.json`.",
        *(["## Warnings", listed(comparison.warnings)] if comparison.warnings else []),
        "## All models",
        written(translation_table(comparison)),
        listed([f"{name}: {signature}" for name, signature in comparison.signatures.items()]),
        "## What they write",
        *(listed(_sample_lines(sample, [model.name for model in models])) for sample in comparison.samples),
        *(["## How widely the heads look", written(heads)] if heads else []),
        *closing(comparison, models, TERMS),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _sample_lines(sample: Sample, models: list[str]) -> list[str]:
    written = [f"{name}: {quoted(sample.written[name])}" for name in models]
    source = "a picture" if sample.picture else quoted(sample.source)
    return [f"row {sample.row}: {source}", f"reference: {quoted(sample.reference)}", *written]
