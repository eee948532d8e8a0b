"""Pages and tables of every task. Importing a task's page here is what makes it known."""

from headwork.report.algorithm import page as algorithm
from headwork.report.disambiguate import page as disambiguate
from headwork.report.language import page as language
from headwork.report.multilabel import page as multilabel
from headwork.report.page import write_report, write_run_report
from headwork.report.pair import page as pair
from headwork.report.parse_log import page as parse_log
from headwork.report.retrieve import page as retrieve
from headwork.report.sheets import page as sheets
from headwork.report.span import page as span
from headwork.report.standings import standings
from headwork.report.summarize import page as summarize
from headwork.report.tag import page as tag
from headwork.report.translation import page as translation

__all__ = [
    "algorithm",
    "disambiguate",
    "language",
    "multilabel",
    "pair",
    "parse_log",
    "retrieve",
    "sheets",
    "span",
    "standings",
    "summarize",
    "tag",
    "translation",
    "write_report",
    "write_run_report",
]
