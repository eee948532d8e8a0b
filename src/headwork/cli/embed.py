"""headwork embed"""

from pathlib import Path

import click

from headwork.cli.options import encoder_options, set_threads


@click.command()
@click.argument("encoder")
@click.argument("file", required=False)
@click.option("-o", "--out", metavar="FILE", required=True, help="vectors.npz, or vectors.parquet with the texts.")
@encoder_options
def embed(encoder, file, out, threads, **options) -> None:
    """Turn the texts of FILE, or the lines of standard input, into vectors of length 1, whose products are cosines.

    ENCODER is minilm, the folder of a published or an imported encoder, or the run of one that was trained: as a
    classifier (minilm, transformer) or as a bi-encoder of pairs (sbert).
    """
    set_threads(threads)
    from headwork.cli.embedding import embedded
    from headwork.search.vectors import check_form, write_vectors

    check_form(Path(out))
    found = embedded(encoder, file, options)
    write_vectors(Path(out), found.vectors, found.texts)
    click.echo(f"{out}: {len(found.texts):,} vectors of width {found.vectors.shape[1]}")
