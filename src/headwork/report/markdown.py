"""report.md: the report's words and tables for places that show markdown."""

import re
from collections.abc import Iterable, Sequence

from headwork.base.results import Compared, Comparison, DataFacts, Mistake, Standing
from headwork.report import numbers
from headwork.report.classes import class_table
from headwork.report.faithful import faithfulness_table
from headwork.report.glossary import GLOSSARY
from headwork.report.limits import budget_note, limits_table
from headwork.report.standings import ranked, standings
from headwork.report.swaps import swaps_table
from headwork.report.table import Cell, Column, Row, Table
from headwork.report.text import quoted, visible
from headwork.report.verdict import verdict_text

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;"}
_SPECIAL = re.compile(r"([\\`*_\[\]~$#!@]|:(?=//)|(?<=www)\.)", re.IGNORECASE)
_OPENING = re.compile(r"^(\d*)([-+=.)])(?=[ =-]|$)")


def plain(text: str) -> str:
    """A user's text on one line in which markdown sees neither markup nor links."""
    text = _SPECIAL.sub(r"\\\1", " ".join(visible(text).split()))
    text = _OPENING.sub(r"\1\\\2", text)
    return re.sub(r"[&<>|]", lambda found: _ENTITIES[found.group()], text)


def comparison_markdown(comparison: Comparison, methods: dict[str, str]) -> str:
    """The report of a comparison without pictures and shaded texts; `methods` says what each model's weights are."""
    verdict = verdict_text(comparison)
    checks = {model.name: model.faithfulness for model in comparison.models if model.faithfulness}
    blocks = [
        f"# Which model for {plain(quoted(comparison.name))}?",
        f"**{plain(verdict.headline)}**",
        listed([f"{about}: {sentence}" for about, sentence in verdict.points.items()]),
        "Pictures, and the texts as the models saw them, are in `report.html`; all numbers in `result.json`.",
        "## Warnings about the data",
        listed(comparison.warnings) or "The checks of the data gave no warning.",
        "## All models",
        written(standings(comparison)),
        f"## Classes, as {plain(comparison.best)} labels them",
        written(class_table(comparison.per_class)),
    ]
    if swaps := swaps_table(ranked(comparison)):
        blocks += ["## Does the answer follow what is asked about?", written(swaps)]
    for model, mistakes in comparison.mistakes.items():
        blocks += [f"## Most confident mistakes of {plain(model)}", written(_mistake_table(mistakes))]
    if checks:
        blocks += ["## Can the word weights be believed?", written(faithfulness_table(checks, methods))]
    blocks += closing(comparison, ranked(comparison), GLOSSARY)
    return joined(blocks)


def opening(comparison: Compared, question: str, elsewhere: str) -> list[str]:
    """What a report begins with: `question` with the name of the data behind it, the verdict, all models.

    `elsewhere` is what stands in report.html alone.
    """
    return [
        f"# {question} {plain(quoted(comparison.name))}?",
        f"**Take {plain(comparison.verdict.model)}**",
        listed([comparison.verdict.reason]),
        f"{elsewhere} in `report.html`; all numbers in `result.json`.",
        *(["## Notes", listed(comparison.warnings)] if comparison.warnings else []),
        "## All models",
        written(standings(comparison)),
    ]


def joined(blocks: Iterable[str]) -> str:
    """The whole file."""
    return "\n\n".join(block for block in blocks if block) + "\n"


def closing(comparison: Compared, models: Sequence[Standing], terms: Sequence[tuple[str, str]]) -> list[str]:
    """What every report ends with: the data, what was cut, the command, and what `terms` mean."""
    return [
        "## The data",
        data_facts(comparison),
        "## What was cut, and why training ended",
        written(limits_table(models)),
        plain(budget_note(models)),
        "## How to get this again",
        again(comparison),
        "## How to read this",
        listed([f"{term}: {meaning}" for term, meaning in terms]),
    ]


def written(table: Table) -> str:
    lines = [
        [plain(str(column)) for column in table.columns],
        ["---:" if column.align == "right" else ":---" for column in table.columns],
    ]
    for row in table.rows:
        name, *rest = (plain(str(cell)) for cell in row.cells)
        marks = f" ({', '.join(row.marks)})" if row.marks else ""
        lines.append([f"**{name}**{marks}" if name else "", *rest])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def listed(lines: list[str]) -> str:
    return "\n".join(f"- {plain(line)}" for line in lines)


def _mistake_table(mistakes: list[Mistake]) -> Table:
    return Table(
        columns=[
            Column(title="row"),
            *(Column(title=title, align="left") for title in ("label", "predicted")),
            Column(title="probability"),
            Column(title="text", align="left"),
        ],
        rows=[
            Row(
                cells=[
                    Cell(str(mistake.row)),
                    Cell(quoted(mistake.label)),
                    Cell(quoted(mistake.predicted)),
                    Cell(numbers.percent(mistake.probability)),
                    Cell(quoted(mistake.text)),
                ]
            )
            for mistake in mistakes
        ],
    )


def _columns(data: DataFacts) -> str:
    if data.second_column:
        return "; ".join(f"{what}: {name}" for what, name in data.columns.items())
    if data.classes:
        about = f"; about: {data.about_column}" if data.about_column else ""
        return f"text column: {data.text_column}; label column: {data.label_column}{about}"
    return f"from {data.text_column} into {data.label_column}"


def data_facts(comparison: Compared) -> str:
    data = comparison.data
    kind = "classes" if data.cardinality is None else "labels"
    dropped = ", ".join(f"{reason} {rows:,}" for reason, rows in data.dropped.items()) or "none"
    return listed(
        [
            f"source: {data.source}",
            *([_columns(data)] if data.text_column else []),
            f"{data.unit} read: {data.rows:,}",
            f"split: train {data.split.train:,}, dev {data.split.dev:,}, test {data.split.test:,} ({data.split_by})",
            f"dropped: {dropped}",
            *([f"{kind}: " + ", ".join(quoted(name) for name in data.classes)] if data.classes else []),
            f"fingerprint (sha256): {data.fingerprint}",
            *data.notes,
        ]
    )


def again(comparison: Compared) -> str:
    machine, command = comparison.machine, visible(comparison.command)
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", command)), default=0))
    budget = f", budget {numbers.seconds(comparison.budget_seconds)} a trial" if comparison.budget_seconds else ""
    facts = (
        f"{machine.hardware}; Python {machine.python}, torch "
        f"{machine.torch}, headwork {machine.headwork}; {numbers.seconds(comparison.total_seconds)} in all{budget}."
    )
    return f"{fence}\n{command}\n{fence}\n\n{plain(facts)}"
