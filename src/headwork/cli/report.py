"""headwork report"""

from pathlib import Path

import click


@click.command()
@click.argument("folder")
def report(folder) -> None:
    """Write the page of the comparison or run in FOLDER again."""
    from headwork.base.errors import HeadworkError
    from headwork.base.runs import ComparisonFolder, Run
    from headwork.report.views import write_report, write_run_report

    comparison, run = ComparisonFolder(Path(folder)), Run(Path(folder))
    if not comparison.result_file.is_file():
        raise HeadworkError(
            f"{folder}: nothing finished here (result.json is missing); name a folder that `headwork compare` "
            "or `headwork train` has finished"
        )
    click.echo(write_run_report(run) if run.identity_file.is_file() else write_report(comparison))
