"""headwork extend-vocabulary"""

import functools
import shlex
import sys
from pathlib import Path

import click

from headwork.cli.options import Duration, choose_device, is_plain, limit_option, set_threads


@click.command("extend-vocabulary")
@click.argument("encoder")
@click.argument("corpus")
@click.option("-o", "--out", metavar="FOLDER", help="Where it goes  [default: runs/ENCODER-extended].")
@click.option("--tokens", type=click.IntRange(1, 100_000), default=500, show_default=True, help="New ones at most.")
@click.option(
    "--start",
    type=click.Choice(["mean", "zero", "random", "unused"]),
    default="mean",
    show_default=True,
    help="Vectors of new tokens: mean of the word's pieces, or those of slots that the vocabulary keeps free.",
)
@click.option("--budget", type=Duration(), help="Of each training by masked words; without one there is none.")
@click.option("--alone", is_flag=True, help="Train the extended encoder only, and none to compare it with.")
@click.option("--column", metavar="COLUMN", help="Column of the texts, where CORPUS is a table.")
@click.option("--seed", default=0, show_default=True)
@click.option("--device", default="auto", show_default=True, help="auto, cpu or cuda.")
@click.option("--threads", default=0, help="Threads; 0 takes all cores.", show_default=True)
@click.option("--offline", is_flag=True, help="Never use the network.")
@click.option("--plain", is_flag=True, help="No progress bar.")
@limit_option
def extend_vocabulary(encoder, corpus, out, budget, column, device, threads, plain, limits, **wanted) -> None:
    """Give the frequent words of CORPUS tokens of their own in the WordPiece vocabulary of ENCODER.

    ENCODER is minilm, the folder of a published or an imported encoder, or the run of one; CORPUS a text a line, a
    table, or the name of a data set. With --budget the encoder is then trained further by masked words. The same
    command continues an interrupted training.
    """
    set_threads(threads)
    from headwork.base.runs import Run
    from headwork.cli.progress import by_pace, progress
    from headwork.cli.show import say
    from headwork.data.plain_texts import read_texts
    from headwork.exchange.extending import Wanted, extend
    from headwork.report.extension import as_markdown

    texts, column = read_texts(corpus, column=column, limits=limits)
    say(f"{corpus}: {len(texts):,} different texts{f', column {column!r}' if column else ''}")
    run = Run(Path(out or f"runs/{Path(encoder).resolve().name}-extended"))
    asked = Wanted(budget_seconds=budget, device=choose_device(device), **wanted)
    command = shlex.join(["headwork", *sys.argv[1:]])
    with progress(is_plain(plain)) as tell:
        pace = functools.cache(lambda name: by_pace(tell, name))
        found = extend(
            encoder, texts, run, asked, corpus=corpus, command=command, tell=lambda name, share: pace(name)(share)
        )
    click.echo(as_markdown(found))
    click.echo(f"new tokens: {run.folder / 'new_tokens.txt'}")
    click.echo(f"headwork train minilm DATA --set model.pretrained={run.folder}")
