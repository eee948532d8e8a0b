"""Pages and tables of every task. Importing a task's page here is what makes it known."""

from headwork.report.algorithm import page as algorithm
from headwork.report.language import page as language
from headwork.report.multilabel import page as multilabel
from headwork.report.page import write_report, write_run_report
from headwork.report.pair import page as pair
from headwork.report.sheets import page as sheets
from headwork.report.span import page as span
from headwork.report.standings import standings
from headwork.report.tag import page as tag
from headwork.report.translation import page as translation

__all__ = [
    "algorithm",
    "language",
    "multilabel",
    "pair",
    "sheets",
    "span",
    "standings",
    "tag",
    "translation",
    "write_report",
    "write_run_report",
]
