"""headwork import"""

from pathlib import Path

import click

from headwork.base.runs import Imported, Run
from headwork.cli.options import set_threads

SHOWN = 20
"""labels"""


@click.command("import")
@click.argument("source")
@click.option("-o", "--out", metavar="FOLDER", help="Where it goes  [default: runs/NAME].")
@click.option("--offline", is_flag=True, help="Never use the network.")
@click.option("--threads", default=0, help="Threads; 0 takes all cores.", show_default=True)
def import_(source, out, offline, threads) -> None:
    """Take in the published model in the folder SOURCE, the encoder minilm, or the ELMo of a language by its code (ru).

    A classifier, a model that summarises and CLIP can predict at once, and a language model writes; other models are
    what training starts from.
    Nothing in the files is executed.
    """
    set_threads(threads)
    from headwork.exchange.importing import import_model

    run = Run(Path(out or f"runs/{Path(source).resolve().name}"))
    found = import_model(source, run, offline=offline)
    tokens = f"{found.tokens:,} tokens, " if found.tokens else ""
    click.echo(
        f"{run.folder}: {found.family}, {found.layers} layers of width {found.width}, {found.parameters:,} weights, "
        f"{tokens}heads: {', '.join(found.heads) or 'none'}"
    )
    if "classes" in found.heads:
        more = f", and {len(found.labels) - SHOWN:,} more" if len(found.labels) > SHOWN else ""
        click.echo(f"labels: {', '.join(found.labels[:SHOWN])}{more}")
    click.echo(_next(found, run.folder))


def _next(found: Imported, folder: Path) -> str:
    """What it is good for."""
    if found.family == "clip":
        return f"headwork predict {folder} --image PICTURE --labels NAME,NAME"
    if "sentences" in found.heads:
        return f"headwork predict {folder} --text TEXT"
    if "classes" in found.heads:
        return f"headwork predict {folder} {'--image PICTURE' if found.pictures else '--text TEXT'}"
    if found.writes:
        return f"headwork generate {folder} --prompt TEXT"
    if found.family == "elmo":
        return f"headwork train elmo DATA --set model.pretrained={folder}"
    if found.family == "tabert":
        return f"headwork train tabert-minilm DATA --set model.pretrained={folder}"
    if found.pictures:
        return f"headwork export {folder} --format onnx"
    return f"headwork train minilm DATA --set model.pretrained={folder}"
