"""headwork recipes"""

import click


@click.command()
@click.argument("name", required=False)
@click.option("--task", metavar="TASK", help="Of which task, where several have a model of that name.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def recipes(name, task, as_json) -> None:
    """List the models, or show the settings of the one called NAME."""
    import msgspec

    from headwork.base.recipes import all_recipes, load_recipe, tasks

    if name:
        from headwork.models import config_of
        from headwork.train.config import train_config

        recipe = load_recipe(name, task)
        tables = {"model": config_of(recipe), "train": train_config(recipe)}
        click.echo(f"{recipe.title}\n{recipe.paper}\n")
        for table, settings in tables.items():
            click.echo(
                "\n".join(f"{table}.{key} = {value!r}" for key, value in msgspec.structs.asdict(settings).items())
            )
        return
    known = all_recipes()
    if as_json:
        listed = [{"name": r.name, "rows": r.rows, "task": r.task, "paper": r.paper} for r in known]
        click.echo(msgspec.json.format(msgspec.json.encode(listed)))
        return
    width = max(len(recipe.name) for recipe in known)
    for task in tasks():
        click.echo(f"{task}:")
        for recipe in (each for each in known if each.task == task):
            click.echo(f"  {recipe.name:{width}}  {'*' if recipe.default else ' '} {recipe.title} ({recipe.paper})")
    click.echo("\n* in the line-up of `headwork compare` when no models are named")
