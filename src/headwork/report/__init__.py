"""Pages that a stranger can read: the report of a comparison and that of a run, and the table of both. No torch."""

from headwork.report.standings import comparison_table
from headwork.report.views import write_report, write_run_report

__all__ = ["comparison_table", "write_report", "write_run_report"]
