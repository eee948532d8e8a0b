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

    A classifier can predict at once; other encoders, and ELMo, are what training starts from. Nothing in the files is
    executed.
    """
    set_threads(threads)
    from headwork.base.runs import Run
    from headwork.exchange.importing import import_model

    run = Run(Path(out or f"runs/{Path(source).resolve().name}"))
    found = import_model(source, run, offline=offline)
    elmo = found.family == "elmo"
    click.echo(
        f"{run.folder}: {found.family}, {found.layers} layers of width {found.width}, {found.parameters:,} weights, "
        f"{found.tokens:,} {'characters' if elmo else 'tokens'}, heads: {', '.join(found.heads) or 'none'}"
    )
    if "classes" in found.heads:
        click.echo(f"labels: {', '.join(found.labels)}\nheadwork predict {run.folder} --text TEXT")
    else:
        click.echo(f"headwork train {'elmo' if elmo else 'minilm'} DATA --set model.pretrained={run.folder}")
