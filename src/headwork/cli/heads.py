"""headwork heads"""

import sys

import click

from headwork.cli.options import limit_option, set_threads

TEXTS = 200


@click.command()
@click.argument("run")
@click.argument("file", required=False)
@click.option("--column", metavar="COLUMN", help="Column of the texts; that of the run when not given.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, with each head.")
@click.option("--threads", default=0, help="Threads; 0 takes all cores.", show_default=True)
@limit_option
def heads(run, file, column, as_json, threads, limits) -> None:
    """Say how sparse and how different the attention heads of the Transformer in RUN are, layer by layer.

    Over the first 200 texts of FILE, or of standard input: density (share of weights above zero), entropy in nats, and
    the Jensen-Shannon divergence of the heads (0: all alike; log of the number of heads: no two look at one place).
    """
    set_threads(threads)
    import msgspec

    from headwork.compare.asked import texts_of
    from headwork.compare.open import open_run
    from headwork.explain.heads import heads_of

    classifier, _ = open_run(run, device="cpu", task="classify")
    texts = texts_of(file, sys.stdin.buffer, column=column or classifier.text_column, limits=limits)[:TEXTS]
    layers = heads_of(classifier, texts)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(layers)))
        return
    width = max(len(each.layer) for each in layers)
    click.echo(f"{'layer':{width}}  heads  density  entropy  divergence  alpha")
    for each in layers:
        count, alpha = len(each.density), "-"
        if each.alpha:
            alpha = " ".join(f"{one:.2f}" for one in each.alpha)
        density, entropy = sum(each.density) / count, sum(each.entropy) / count
        click.echo(f"{each.layer:{width}}  {count:5}  {density:7.1%}  {entropy:7.2f}  {each.divergence:10.3f}  {alpha}")
