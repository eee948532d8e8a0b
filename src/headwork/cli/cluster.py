"""headwork cluster"""

from pathlib import Path

import click

from headwork.cli.options import encoder_options, set_threads


@click.command()
@click.argument("encoder")
@click.argument("file")
@click.option("--clusters", type=int, metavar="N", help="So many groups, by k-means.")
@click.option("--threshold", type=float, metavar="COSINE", help="As many as it takes, their texts alike by this mean.")
@click.option("--labels", metavar="COLUMN", help="Known labels: how well the groups agree, by the adjusted Rand index.")
@click.option("--shown", default=3, show_default=True, help="Texts nearest to each centre.")
@click.option("-o", "--out", metavar="FILE", help="The group of each row, as a csv.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a group.")
@click.option("--seed", default=0, show_default=True)
@encoder_options
def cluster(encoder, file, clusters, threshold, labels, shown, out, as_json, seed, threads, **options) -> None:
    """Put the texts of FILE into groups by meaning, and show those in the middle of each. ENCODER is as for embed."""
    set_threads(threads)
    import msgspec

    from headwork.cli.embedding import embedded
    from headwork.search.clusters import agreement, check, clustered, described, labels_of, write_groups

    check(clusters=clusters, threshold=threshold)
    known = labels_of(Path(file), labels, options["limits"]) if labels else None
    found = embedded(encoder, file, options)
    numbers = clustered(found.vectors, clusters=clusters, threshold=threshold, seed=seed)
    for group in described(found.vectors, found.texts, numbers, shown=shown):
        if as_json:
            click.echo(msgspec.json.encode(group))
            continue
        click.echo(f"group {group.number}: {group.size:,} texts, mean cosine to the centre {group.cosine:.2f}")
        for row, text in zip(group.rows, group.texts, strict=True):
            click.echo(f"  {row:>7}  {' '.join(text.split())[:200]}")
    if known:
        rand, count = agreement(numbers, known)
        click.echo(f"adjusted Rand index with {labels!r} {rand:.3f}, of {count:,} texts", err=as_json)
    if out:
        write_groups(Path(out), numbers)
