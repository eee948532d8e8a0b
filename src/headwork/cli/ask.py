"""headwork ask"""

from pathlib import Path

import click

from headwork.cli.options import limit_option, set_threads


@click.command()
@click.argument("run")
@click.argument("folder")
@click.option("--question", required=True, metavar="TEXT", help="What is asked.")
@click.option(
    "--by", type=click.Choice(["bm25", "tfidf"]), default="bm25", show_default=True, help="Passages found by."
)
@click.option(
    "--passages", default=10, show_default=True, type=click.IntRange(1), help="That are read, the most alike."
)
@click.option("--count", default=3, show_default=True, type=click.IntRange(1), help="Answers that are shown.")
@click.option("--threshold", type=float, help="What an answer must score  [default: as fitted in training].")
@click.option("--json", "as_json", is_flag=True, help="As JSON, an object an answer.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu or cuda.")
@click.option("--threads", default=0, help="Threads; 0 takes all cores.", show_default=True)
@limit_option
def ask(run, folder, question, by, passages, count, threshold, as_json, device, threads, limits) -> None:
    """Ask the texts in FOLDER, with a model in the folder RUN that answers from passages.

    Texts are files ending in .txt, .md, .rst or .text, in FOLDER and below it. Each answer comes with its score, its
    file and its place there, in characters; where none scores enough: no answer.
    """
    set_threads(threads)
    import msgspec

    from headwork.cli.options import choose_device
    from headwork.cli.show import show_hit
    from headwork.compare.open import open_run
    from headwork.compare.span.answer import Library

    answerer, _ = open_run(run, device=choose_device(device), task="span")
    library = Library(Path(folder), by=by, limits=limits)
    hits = library.ask(answerer, question, passages=passages, count=count, threshold=threshold)
    for hit in hits:
        if as_json:
            click.echo(msgspec.json.encode({"question": question, **hit._asdict()}))
        else:
            show_hit(hit)
    if not hits:
        click.echo(msgspec.json.encode({"question": question, "answer": None}) if as_json else "no answer")
