"""headwork generate"""

from pathlib import Path

import click

from headwork.cli.options import set_threads


@click.command()
@click.argument("run")
@click.option("--prompt", default="", metavar="TEXT", help="What the text begins with.")
@click.option("--image", metavar="FILE", help="A picture to complete, for a model of pictures.")
@click.option("--rows", type=click.IntRange(0), help="Rows of it that are given  [default: half].")
@click.option("-o", "--out", default="completed.png", show_default=True, help="Where the completed picture goes.")
@click.option("--tokens", default=200, show_default=True, type=click.IntRange(1), help="How many to write.")
@click.option("--temperature", default=0.8, show_default=True, help="Below 1 bolder, above 1 wilder; 0 takes the best.")
@click.option("--top-k", default=0, show_default=True, help="Of the likeliest tokens only; 0 takes all.")
@click.option(
    "--top-p", default=1.0, show_default=True, help="Of the fewest tokens that hold this share of the chance."
)
@click.option(
    "--precision",
    default="fp32",
    show_default=True,
    type=click.Choice(["fp32", "bf16", "fp16"]),
    help="Of an imported decoder; half the memory writes faster.",
)
@click.option("--seed", default=0, show_default=True, help="The same seed writes the same text.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu or cuda.")
@click.option("--threads", default=0, help="Threads; 0 takes all cores.", show_default=True)
def generate(
    run, prompt, image, rows, out, tokens, temperature, top_k, top_p, precision, seed, device, threads
) -> None:
    """Write text with the language model in the folder RUN, as it comes, behind the prompt.

    A model of pictures completes one whose first rows are given, and writes a PNG.
    """
    set_threads(threads)
    from headwork.base.errors import HeadworkError
    from headwork.cli.options import choose_device
    from headwork.cli.show import warn
    from headwork.compare.open import open_run
    from headwork.tasks.language import Sampling

    try:
        sampling = Sampling(temperature=temperature, top_k=top_k, top_p=top_p)
    except ValueError as error:
        raise HeadworkError(f"generate: {error}") from error
    model, _ = open_run(run, device=choose_device(device), task="language")
    model.compute_in(precision)
    if image or model.config.picture:
        from headwork.tasks.completing import complete_file

        click.echo(complete_file(model, image, Path(out), rows=rows, sampling=sampling, seed=seed))
        return
    if note := model.note(prompt):
        warn(note)
    model.check(prompt)
    click.echo(prompt, nl=False)
    model.generate(prompt, tokens=tokens, sampling=sampling, seed=seed, hear=lambda text: click.echo(text, nl=False))
    click.echo()
