"""headwork recipes"""

import click


@click.command()
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def recipes(name, as_json) -> None:
    """List the models, or show the settings of the one called NAME."""
    import msgspec

    from headwork.base.recipes import load_recipe, recipe_names

    if name:
        from headwork.models import config_of
        from headwork.train.config import train_config

        recipe = load_recipe(name)
        tables = {"model": config_of(recipe), "train": train_config(recipe)}
        click.echo(f"{recipe.title}\n{recipe.paper}\n")
        for table, settings in tables.items():
            click.echo(
                "\n".join(f"{table}.{key} = {value!r}" for key, value in msgspec.structs.asdict(settings).items())
            )
        return
    known = [load_recipe(each) for each in recipe_names()]
    if as_json:
        listed = [{"name": r.name, "rows": r.rows, "task": r.task, "paper": r.paper} for r in known]
        click.echo(msgspec.json.format(msgspec.json.encode(listed)))
        return
    width = max(len(recipe.name) for recipe in known)
    for recipe in known:
        click.echo(f"{recipe.name:{width}}  {'*' if recipe.default else ' '} {recipe.title} ({recipe.paper})")
    click.echo("\n* in the line-up of `headwork compare` when no models are named")
