"""report.md of a comparison of learners of algorithms."""

from headwork.base.algorithm import AlgorithmComparison
from headwork.report.algorithm.terms import TERMS
from headwork.report.markdown import again, joined, listed, plain, written
from headwork.report.table import Table


def algorithm_markdown(comparison: AlgorithmComparison, table: Table) -> str:
    """The report on learners of algorithms for a terminal, a pull request or a mail."""
    baselines = [f"{baseline.name}: {baseline.does}" for baseline in comparison.baselines]
    blocks = [
        f"# Which model learns {plain(comparison.data.source)}?",
        plain(f"The task: {comparison.title}."),
        f"## Take {plain(comparison.verdict.model)}",
        plain(comparison.verdict.reason),
        listed(comparison.warnings),
        "## All models",
        written(table),
        plain(f"Score: {comparison.score}."),
        listed(baselines),
        "## The data",
        listed([f"generator: {comparison.data.source}", *comparison.data.notes]),
        "## How to get this again",
        again(comparison),
        "## How to read this",
        listed([f"{term}: {meaning}" for term, meaning in TERMS]),
    ]
    return joined(blocks)
