"""headwork compare"""

import shlex
import sys
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
@click.argument("data")
@click.argument("more", nargs=-1, metavar="[KEY=A,B]…")
@click.option("--models", default="", metavar="A,B,…", help="Line-up; `headwork recipes` lists the models.")
@click.option("--seeds", default=3, show_default=True, type=click.IntRange(1, 100), help="Trials of each model.")
@click.option("--budget", default="15s", show_default=True, type=Duration(), help="Training time of a trial, or none.")
@click.option("--grid", metavar="KEY=A,B", help="A trial for each combination of values; several KEY=A,B may follow.")
@click.option("--curve", is_flag=True, help="Also train on 10% and 30% of the rows.")
@click.option("-o", "--out", metavar="FOLDER", help="Where results go  [default: runs/compare-NAME].")
@task_option
@data_options
@model_options
@run_options
def compare(data, more, models, grid, out, task, threads, plain, **options) -> None:
    """Train a line-up of models on DATA and say which serves best.

    DATA is a csv, tsv, jsonl or parquet file (text formats also as .gz), or the name of a data set such as stdlib.
    The result is a table here and a page in FOLDER; the same command continues an interrupted comparison.
    """
    set_threads(threads)
    from headwork.base.errors import HeadworkError
    from headwork.base.runs import ComparisonFolder
    from headwork.cli.progress import progress
    from headwork.cli.show import describe_data, show_comparison, warn
    from headwork.compare.comparison import Options
    from headwork.compare.comparison import compare as run_comparison
    from headwork.compare.lineup import line_up, serving
    from headwork.compare.work import work_of
    from headwork.report.views import write_report

    if more and not grid:
        raise HeadworkError(f"compare: {more[0]!r} stands behind DATA; put --grid before settings to be varied")
    grids = (grid, *more) if grid else ()
    shape = {name: options.pop(name) for name in ("settings", "size", "parameters")}
    trials = {name: options.pop(name) for name in ("seeds", "curve", "offline")}
    first_seed, budget, device = (options.pop(name) for name in ("seed", "budget", "device"))
    chosen = line_up(models.split(","), task=task, grid=grids, offline=trials["offline"], **shape)
    for name, reason in chosen.left_out.items():
        warn(f"{name} is left out: {reason}")
    task = chosen.recipes[0].task
    rows = work_of(task).prepare(data, **reading_of(task, options))
    recipes = serving(chosen.recipes, rows, named=bool(models))
    describe_data(rows)
    folder = ComparisonFolder(Path(out or f"runs/compare-{rows.name}"))
    conditions = {
        "threads": threads,
        "device": choose_device(device),
        "command": shlex.join(["headwork", *sys.argv[1:]]),
    }
    with progress(is_plain(plain)) as tell:
        asked = Options(first_seed=first_seed, budget_seconds=budget, **trials, **conditions)
        result = run_comparison(folder, rows, recipes, asked, tell)
    show_comparison(result, write_report(folder), plain=is_plain(plain))
