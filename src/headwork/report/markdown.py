"""report.md: the report's words and tables for places that show markdown."""

import re

from headwork.base.algorithm import AlgorithmComparison
from headwork.base.results import Compared, Comparison, Mistake
from headwork.report import numbers
from headwork.report.classes import class_table
from headwork.report.faithful import faithfulness_table
from headwork.report.glossary import ALGORITHM, GLOSSARY
from headwork.report.limits import budget_note, limits_table
from headwork.report.standings import comparison_table
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
        _listed([f"{about}: {sentence}" for about, sentence in verdict.points.items()]),
        "Pictures, and the texts as the models saw them, are in `report.html`; all numbers in `result.json`.",
        "## Warnings about the data",
        _listed(comparison.warnings) or "The checks of the data gave no warning.",
        "## All models",
        _table(comparison_table(comparison)),
        f"## Classes, as {plain(comparison.best)} labels them",
        _table(class_table(comparison.per_class)),
    ]
    for model, mistakes in comparison.mistakes.items():
        blocks += [f"## Most confident mistakes of {plain(model)}", _table(_mistake_table(mistakes))]
    if checks:
        blocks += ["## Can the word weights be believed?", _table(faithfulness_table(checks, methods))]
    blocks += [
        "## The data",
        _data(comparison),
        "## What was cut, and why training ended",
        _table(limits_table(comparison)),
        plain(budget_note(comparison)),
        "## How to get this again",
        _again(comparison),
        "## How to read this",
        _listed([f"{term}: {meaning}" for term, meaning in GLOSSARY]),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def algorithm_markdown(comparison: AlgorithmComparison, table: Table) -> str:
    """The report on learners of algorithms for a terminal, a pull request or a mail."""
    baselines = [f"{baseline.name}: {baseline.does}" for baseline in comparison.baselines]
    blocks = [
        f"# Which model learns {plain(comparison.name)}?",
        plain(f"The task: {comparison.title}."),
        f"## Take {plain(comparison.verdict.model)}",
        plain(comparison.verdict.reason),
        _listed(comparison.warnings),
        "## All models",
        _table(table),
        plain(f"Score: {comparison.score}."),
        _listed(baselines),
        "## The data",
        _listed([f"generator: {comparison.data.source}", *comparison.data.notes]),
        "## How to get this again",
        _again(comparison),
        "## How to read this",
        _listed([f"{term}: {meaning}" for term, meaning in ALGORITHM]),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _table(table: Table) -> str:
    lines = [
        [plain(str(column)) for column in table.columns],
        ["---:" if column.align == "right" else ":---" for column in table.columns],
    ]
    for row in table.rows:
        name, *rest = (plain(str(cell)) for cell in row.cells)
        marks = f" ({', '.join(row.marks)})" if row.marks else ""
        lines.append([f"**{name}**{marks}" if name else "", *rest])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _listed(lines: list[str]) -> str:
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


def _data(comparison: Comparison) -> str:
    data = comparison.data
    dropped = ", ".join(f"{reason} {rows:,}" for reason, rows in data.dropped.items()) or "none"
    return _listed(
        [
            f"source: {data.source}",
            f"text column: {data.text_column}; label column: {data.label_column}",
            f"rows read: {data.rows:,}",
            f"split: train {data.split.train:,}, dev {data.split.dev:,}, test {data.split.test:,} ({data.split_by})",
            f"dropped: {dropped}",
            "classes: " + ", ".join(quoted(name) for name in data.classes),
            f"fingerprint (sha256): {data.fingerprint}",
            *data.notes,
        ]
    )


def _again(comparison: Compared) -> str:
    machine, command = comparison.machine, visible(comparison.command)
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", command)), default=0))
    budget = f", budget {numbers.seconds(comparison.budget_seconds)} a trial" if comparison.budget_seconds else ""
    facts = (
        f"{machine.processor}, {machine.threads} threads, {machine.device}; Python {machine.python}, torch "
        f"{machine.torch}, headwork {machine.headwork}; {numbers.seconds(comparison.total_seconds)} in all{budget}."
    )
    return f"{fence}\n{command}\n{fence}\n\n{plain(facts)}"
