"""headwork diagnose"""

from pathlib import Path

import click

from headwork.cli.options import choose_device, set_threads


@click.command()
@click.argument("runs", metavar="RUN…", nargs=-1, required=True)
@click.option("--positive", metavar="CLASS", help="Of sentiment; of pairs, that the second text follows.")
@click.option("--negative", metavar="CLASS", help="Of sentiment.")
@click.option("-o", "--out", metavar="FOLDER", help="Also write diagnosis.json and items.jsonl, every item, there.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu or cuda.")
@click.option("--threads", default=0, help="Threads; 0 takes all cores.", show_default=True)
def diagnose(runs, positive, negative, out, as_json, device, threads) -> None:
    """Put minimal pairs to the models in the folders RUN: negation, who does what to whom, kinds, names.

    For classifiers of sentiment, models of pairs, and language models: imported masked ones (BERT), imported GPT-2, and
    those that were trained here. Several models of one kind are compared on the same items.
    """
    set_threads(threads)
    import msgspec

    from headwork.base.files import write_atomically, write_json
    from headwork.compare.diagnose import ask, diagnoses, lines_of
    from headwork.report.diagnosis import as_markdown

    where = choose_device(device)
    asked = [ask(run, positive=positive, negative=negative, device=where) for run in runs]
    found = diagnoses(asked)
    click.echo(msgspec.json.format(msgspec.json.encode(found)) if as_json else as_markdown(found))
    if out:
        lines = b"".join(msgspec.json.encode(line) + b"\n" for line in lines_of(asked))
        write_atomically(Path(out) / "items.jsonl", lambda path: path.write_bytes(lines))
        write_json(Path(out) / "diagnosis.json", found)
