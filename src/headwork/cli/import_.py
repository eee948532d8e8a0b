"""headwork import"""

from pathlib import Path

import click

from headwork.cli.options import set_threads


@click.command("import")
@click.argument("source")
@click.option("-o", "--out", metavar="FOLDER", help="Where it goes  [default: runs/NAME].")
@click.option("--offline", is_flag=True, help="Never use the network.")
@click.option("--threads", default=0, help="Threads; 0 takes all cores.", show_default=True)
def import_(source, out, offline, threads) -> None:
    """Take in the published model in the folder SOURCE, or the encoder minilm.

    A classifier can predict at once, a decoder generate; other models are encoders that training starts from. Nothing
    in the files is executed.
    """
    set_threads(threads)
    from headwork.base.runs import Run
    from headwork.exchange.importing import import_model

    run = Run(Path(out or f"runs/{Path(source).resolve().name}"))
    found = import_model(source, run, offline=offline)
    click.echo(
        f"{run.folder}: {found.family}, {found.layers} layers of width {found.width}, {found.parameters:,} weights, "
        f"{found.tokens:,} tokens, heads: {', '.join(found.heads) or 'none'}"
    )
    if "classes" in found.heads:
        click.echo(f"labels: {', '.join(found.labels)}\nheadwork predict {run.folder} --text TEXT")
    elif found.writes:
        click.echo(f"headwork generate {run.folder} --prompt TEXT")
    else:
        click.echo(f"headwork train minilm DATA --set model.pretrained={run.folder}")
