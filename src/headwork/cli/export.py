"""headwork export"""

from pathlib import Path

import click

from headwork.cli.options import set_threads


@click.command()
@click.argument("run")
@click.option(
    "--format",
    "form",
    type=click.Choice(["hf", "onnx", "open_clip", "fastai"]),
    required=True,
    help="What shall read it.",
)
@click.option("-o", "--out", metavar="FOLDER", help="Where it goes  [default: RUN/export-FORMAT].")
@click.option("--threads", default=0, help="Threads; 0 takes all cores.", show_default=True)
def export(run, form, out, threads) -> None:
    """Give the model in the folder RUN to other libraries.

    hf is what transformers and sentence-transformers read, onnx what onnxruntime runs; open_clip is for a CLIP, fastai
    for an AWD-LSTM, each for the library of that name.
    """
    set_threads(threads)
    from headwork.base.runs import Run
    from headwork.exchange.exporting import export as write

    folder = Path(out or Path(run) / f"export-{form}")
    write(Run(Path(run)), form, folder)
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        click.echo(f"{file}  {file.stat().st_size:,} bytes")
