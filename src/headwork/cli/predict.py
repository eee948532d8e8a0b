"""headwork predict"""

import sys

import click

from headwork.cli.options import limit_option, set_threads


@click.command()
@click.argument("run")
@click.argument("file", required=False)
@click.option("--text", metavar="TEXT", help="One text, instead of FILE.")
@click.option(
    "--column", metavar="COLUMN", help="Column of the texts; the one that the run was trained on when not given."
)
@click.option("--explain", is_flag=True, help="Add the words' weights, or the alignment.")
@click.option("--beam", type=click.IntRange(1, 100), help="Translations kept at each step; 1 is greedy.")
@click.option("--length-penalty", type=float, help="Of translations; larger favours longer ones.")
@click.option("--coverage-penalty", type=float, help="For source words that no weight fell on.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu or cuda.")
@click.option("--threads", default=0, help="Threads; 0 takes all cores.", show_default=True)
@limit_option
def predict(run, file, text, column, device, threads, limits, **options) -> None:
    """Answer the rows of FILE, or of standard input (a text a line), with the model in the folder RUN.

    One JSON object a row, in order: the text unchanged with its label and the probabilities, or with its translation.
    """
    set_threads(threads)
    import msgspec

    from headwork.cli.options import choose_device, known_options
    from headwork.compare.answer import open_run, texts_of

    opened, work = open_run(run, device=choose_device(device))
    asked = known_options(work.answering, options, of=f"{run}")
    if text is not None:
        texts = [text]
    else:
        texts = texts_of(file, sys.stdin.buffer, column=column or opened.text_column, limits=limits)
    assert work.answers is not None  # what can be opened answers
    for answer in work.answers(opened, texts, **asked):
        sys.stdout.buffer.write(msgspec.json.encode(answer) + b"\n")
    sys.stdout.buffer.flush()
