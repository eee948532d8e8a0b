"""headwork plan"""

import click

from headwork.cli.options import set_threads


@click.command()
@click.argument("model")
@click.option("--texts", default=16, show_default=True, type=click.IntRange(1), help="Texts of a batch.")
@click.option("--tokens", default=128, show_default=True, type=click.IntRange(1), help="Tokens of the longest text.")
@click.option("--ragged", is_flag=True, help="Texts of different length, evenly from 1 token to the longest.")
@click.option("--training", is_flag=True, help="With gradients and dropout; without, as it predicts.")
@click.option("--size", type=click.Choice(["tiny", "small", "base"]), help="How large the model is.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="A setting, as in model.heads=8.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu or cuda.")
def plan(model, texts, tokens, ragged, training, size, settings, device) -> None:
    """Say which attention kernel MODEL runs, why, what it falls back from, and the memory that it takes."""
    set_threads(0)
    from headwork.base.recipes import load_recipe, with_settings
    from headwork.cli.options import choose_device
    from headwork.tasks.planning import plan_recipe

    recipe = with_settings(load_recipe(model), settings, size=size)
    lengths = [max(1, tokens * (text + 1) // texts) if ragged else tokens for text in range(texts)]
    plans = plan_recipe(recipe, lengths, training=training, device=choose_device(device))
    click.echo(f"{recipe.name}: {texts} texts, {sum(lengths):,} tokens, {'training' if training else 'predicting'}")
    for told, names in together(plans).items():
        others = f" and {len(names) - 1} more like it" if len(names) > 1 else ""
        click.echo(f"  {names[0]}{others}: {told}")


def together(plans) -> dict[str, list[str]]:
    """The modules that have one plan, by the words of that plan."""
    found: dict[str, list[str]] = {}
    for name, calls in plans.items():
        for call in calls:
            found.setdefault(str(call), []).append(name)
    return found
