"""headwork data"""

import click


@click.command()
@click.argument("name", required=False)
def data(name) -> None:
    """List the data sets at hand, or show what is in the one called NAME."""
    from headwork.cli.show import describe_data, show_examples
    from headwork.data.corpus import prepare
    from headwork.data.sets import known_sets

    if name:
        corpus = prepare(name)
        describe_data(corpus)
        show_examples(corpus)
        return
    sets = known_sets()
    width = max(len(each.name) for each in sets)
    for each in sets:
        click.echo(f"{each.name:{width}}  {each.description}")
