"""headwork data"""

import click

from headwork.cli.options import task_option


@click.command()
@click.argument("name", required=False)
@task_option
def data(name, task) -> None:
    """List the data sets at hand, or show what is in the one called NAME."""
    from headwork.base.recipes import MAIN_TASK
    from headwork.cli.show import describe_data, show_examples
    from headwork.compare.work import work_of
    from headwork.data.bitext import known_bitexts
    from headwork.data.sets import known_sets

    bitexts = dict(known_bitexts())
    if name:
        rows = work_of(task or ("translate" if name in bitexts else MAIN_TASK)).prepare(name)
        describe_data(rows)
        show_examples(rows)
        return
    sets = known_sets()
    width = max(len(each.name) for each in sets)
    for each in sets:
        click.echo(f"{each.name:{width}}  {each.description}")
    for name, languages in bitexts.items():
        click.echo(f"{name:{width}}  {languages.source} to {languages.target}, line by line (--task translate)")
