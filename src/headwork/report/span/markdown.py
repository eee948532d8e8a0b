"""report.md of a comparison of models that answer from passages."""

from headwork.base.span import SpanComparison, SpanMistake
from headwork.report.markdown import closing, joined, listed, opening, plain, written
from headwork.report.span.standings import parting_table, ranked
from headwork.report.span.terms import TERMS
from headwork.report.text import quoted


def span_markdown(comparison: SpanComparison) -> str:
    """The report of a comparison of models that answer from passages, without pictures."""
    models = ranked(comparison)
    blocks = opening(comparison, "Which model answers from", "Pictures, and the passages around mistakes, are")
    for parting in comparison.partings:
        blocks += [f"## F1 by {plain(parting.by)}", written(parting_table(parting, models))]
    for model, mistakes in comparison.mistakes.items():
        blocks += [f"## Worst mistakes of {plain(model)}", listed([_told(mistake) for mistake in mistakes])]
    blocks += closing(comparison, models, TERMS)
    return joined(blocks)


def _told(mistake: SpanMistake) -> str:
    people = " / ".join(quoted(text) for text in mistake.people) or "no answer"
    return f"row {mistake.row}: {quoted(mistake.question)} {people}; answered {quoted(mistake.answer) or 'nothing'}"
