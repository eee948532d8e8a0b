"""headwork search"""

import sys
from pathlib import Path

import click

from headwork.base.errors import HeadworkError
from headwork.cli.options import encoder_options, set_threads


@click.command()
@click.argument("encoder", required=False)
@click.argument("file", required=False)
@click.option("--query", "queries", multiple=True, metavar="TEXT", help="What to look for; may be given several times.")
@click.option("--top", type=click.IntRange(1), default=10, show_default=True, help="Texts for each query.")
@click.option("--index", metavar="FOLDER", help="Keep the vectors here; without ENCODER and FILE, search them.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a text.")
@encoder_options
def search(encoder, file, queries, top, index, as_json, threads, **options) -> None:
    """Find the texts of FILE that are nearest in meaning to each query, exactly, by the cosine of their vectors.

    FILE is a table, or a folder, of whose Python files the functions are found. ENCODER is as for embed, or a run of
    the task retrieve, which scores as it does. `--index FOLDER` keeps the vectors and texts; `headwork search --index
    FOLDER` then asks them again at once, with the lines of standard input as queries where none is given.
    """
    set_threads(threads)
    import msgspec

    from headwork.cli.options import choose_device, known_options
    from headwork.cli.searching import opened_on, told
    from headwork.compare.asked import lines_of
    from headwork.search.index import open_index

    if encoder and file:
        if not (queries or index):
            raise HeadworkError("nothing is asked: give --query, or --index to keep the vectors for later")
        opened = opened_on(encoder, file, index, options)
    elif index and not encoder:
        known_options(("device", "offline", "plain"), options, of="an index; it reads as it was made")
        opened = open_index(Path(index), device=choose_device(options["device"]), offline=options["offline"])
        queries = queries or lines_of(sys.stdin.buffer)
    else:
        raise HeadworkError("nothing to search: give ENCODER and FILE, or --index FOLDER alone")
    for hit in opened.search(queries, top):
        if as_json:
            click.echo(msgspec.json.encode(hit))
            continue
        if hit.rank == 1 and len(queries) > 1:
            click.echo(hit.query)
        click.echo(f"{hit.score:6.3f}  {told(hit)}")
