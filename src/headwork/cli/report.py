"""headwork report"""

from pathlib import Path

import click


@click.command()
@click.argument("folder")
@click.option("--word", metavar="WORD", help="Of word senses: the word whose vectors are drawn.")
def report(folder, word) -> None:
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
    if word is not None:
        from headwork.report.disambiguate.page import write_about

        click.echo(write_about(comparison, run, word))
        return
    click.echo(write_run_report(run) if run.identity_file.is_file() else write_report(comparison))
