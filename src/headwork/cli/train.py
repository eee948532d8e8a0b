"""headwork train"""

from pathlib import Path

import click

from headwork.cli.options import (
    Duration,
    choose_device,
    data_options,
    is_plain,
    model_options,
    reading_of,
    run_options,
    set_threads,
    task_option,
)


@click.command()
@click.argument("model")
@click.argument("data")
@click.option("--budget", type=Duration(), help="Training time, as in 2m; without one the recipe's epochs.")
@click.option("-o", "--out", metavar="FOLDER", help="The run folder  [default: runs/MODEL-NAME].")
@task_option
@data_options
@model_options
@run_options
def train(
    model, data, budget, out, task, size, parameters, settings, seed, device, threads, offline, plain, **reading
) -> None:
    """Train MODEL on DATA.

    The same command continues an interrupted run; on a finished one it does nothing.
    """
    set_threads(threads)
    from headwork.base.runs import Run
    from headwork.cli.progress import by_pace, progress
    from headwork.cli.show import describe_data, show_run
    from headwork.compare.lineup import line_up
    from headwork.compare.trial import run_trial
    from headwork.compare.work import Settings, work_of
    from headwork.report.views import write_run_report

    (recipe,) = line_up(
        [model], task=task, settings=settings, size=size, parameters=parameters, offline=offline
    ).recipes
    rows = work_of(recipe.task).prepare(data, **reading_of(recipe.task, reading))
    run = Run(Path(out or f"runs/{model}-{rows.name}"))
    if run.finished:
        click.echo(f"{run.folder} is finished; nothing to do", err=True)
    describe_data(rows)
    options = Settings(budget_seconds=budget, device=choose_device(device), offline=offline)
    with progress(is_plain(plain)) as tell:
        result = run_trial(run, recipe, rows, seed=seed, settings=options, progress=by_pace(tell, model))
    show_run(result, write_run_report(run))
