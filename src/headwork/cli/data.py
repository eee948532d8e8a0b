"""headwork data"""

import click


@click.command()
@click.argument("name", required=False)
def data(name) -> None:
    """List the data sets at hand, or show what is in the one called NAME."""
    from headwork.cli.show import describe_data, show_examples
    from headwork.data.corpus import prepare
    from headwork.data.drawn import prepare_drawn
    from headwork.data.generated import GENERATORS
    from headwork.data.sets import known_sets

    if name and name.partition(":")[0] in GENERATORS:
        describe_data(prepare_drawn(name))
        return
    if name:
        corpus = prepare(name)
        describe_data(corpus)
        show_examples(corpus)
        return
    listed = {each.name: each.description for each in known_sets()}
    listed |= {each.NAME: f"generated, for --task algorithm: {each.TITLE}" for each in GENERATORS.values()}
    width = max(map(len, listed))
    for each, description in listed.items():
        click.echo(f"{each:{width}}  {description}")
