"""headwork train"""

from pathlib import Path

import click

from headwork.cli.options import (
    Duration,
    choose_device,
    data_options,
    is_plain,
    model_options,
    run_options,
    set_threads,
)


@click.command()
@click.argument("model")
@click.argument("data")
@click.option("--budget", type=Duration(), help="Training time, as in 2m; without one the recipe's epochs.")
@click.option("-o", "--out", metavar="FOLDER", help="The run folder  [default: runs/MODEL-NAME].")
@data_options
@model_options
@run_options
def train(model, data, budget, out, size, settings, seed, device, threads, offline, plain, **reading) -> None:
    """Train MODEL on DATA.

    The same command continues an interrupted run; on a finished one it does nothing.
    """
    set_threads(threads)
    from headwork.base.runs import Run
    from headwork.cli.progress import by_pace, progress
    from headwork.cli.show import describe_corpus, show_run
    from headwork.compare.lineup import line_up
    from headwork.compare.trial import Settings, run_trial
    from headwork.data.corpus import prepare
    from headwork.report.page import write_run_report

    (recipe,) = line_up([model], settings=settings, size=size, offline=offline).recipes
    corpus = prepare(data, **reading)
    run = Run(Path(out or f"runs/{model}-{corpus.name}"))
    if run.finished:
        click.echo(f"{run.folder} is finished; nothing to do", err=True)
    describe_corpus(corpus)
    options = Settings(budget_seconds=budget, device=choose_device(device), offline=offline)
    with progress(is_plain(plain)) as tell:
        result = run_trial(run, recipe, corpus, seed=seed, settings=options, progress=by_pace(tell, model))
    show_run(result, write_run_report(run), plain=is_plain(plain))
