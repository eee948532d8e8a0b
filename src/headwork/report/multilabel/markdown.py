"""report.md of a comparison of labellers."""

from collections.abc import Sequence

from headwork.base.multilabel import LabelChance, LabelMistake, MultilabelComparison
from headwork.report import numbers
from headwork.report.markdown import closing, joined, listed, opening, plain, written
from headwork.report.multilabel.standings import f1_table, label_table, ranked
from headwork.report.multilabel.terms import TERMS
from headwork.report.text import quoted


def multilabel_markdown(comparison: MultilabelComparison) -> str:
    """The report without pictures."""
    models = ranked(comparison)
    blocks = [
        *opening(comparison, "Which labeller for", "Pictures, and which labels stand together, are"),
        f"## Labels, as {plain(comparison.best)} gives them",
        written(label_table(models[0].labels)),
        "## F1 of each label",
        written(f1_table(models)),
    ]
    for model, mistakes in comparison.mistakes.items():
        blocks += [f"## Worst mistakes of {plain(model)}", listed([_told(each) for each in mistakes])]
    blocks += closing(comparison, models, TERMS)
    return joined(blocks)


def _told(mistake: LabelMistake) -> str:
    parts = {"right": mistake.right, "wrong": mistake.wrong, "missed": mistake.missed}
    said = "; ".join(f"{name} {_named(labels)}" for name, labels in parts.items() if labels)
    return f"row {mistake.row}: {quoted(mistake.text)}: {said}"


def _named(labels: Sequence[LabelChance]) -> str:
    return ", ".join(f"{quoted(label.name)} ({numbers.percent(label.probability)})" for label in labels)
