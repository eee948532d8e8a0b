"""headwork predict"""

import sys

import click

from headwork.cli.options import limit_option, set_threads


@click.command()
@click.argument("run")
@click.argument("file", required=False)
@click.option("--text", metavar="TEXT", help="One text, instead of FILE.")
@click.option(
    "--about", metavar="WHAT", help="What TEXT is asked about, or its column, where the model was trained so."
)
@click.option("--image", metavar="FILE", help="A picture, where the model reads one; of some also a folder or zip.")
@click.option("--table", metavar="FILE", help="A table (csv, tsv, …), where the model answers questions about one.")
@click.option("--labels", metavar="NAMES", help="What pictures may show, as in cat,dog, where the model reads names.")
@click.option("--prompt", multiple=True, metavar="TEXT", help='A sentence for each name, as in "a photo of a {}".')
@click.option("--text-b", metavar="TEXT", help="The second text, where the model takes two.")
@click.option(
    "--column", metavar="COLUMN", help="Column of the texts; the one that the run was trained on when not given."
)
@click.option("--column-b", metavar="COLUMN", help="Column of the second texts, where the model takes two.")
@click.option("--explain", is_flag=True, help="Add the words' weights, the alignment, or both maps of a pair.")
@click.option("--beam", type=click.IntRange(1, 100), help="Translations kept at each step; 1 is greedy.")
@click.option("--length-penalty", type=float, help="Of translations; larger favours longer ones.")
@click.option("--coverage-penalty", type=float, help="For source words that no weight fell on.")
@click.option("--sentences", type=click.IntRange(1, 1000), help="Of a summary, where sentences are chosen.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu or cuda.")
@click.option("--threads", default=0, help="Threads; 0 takes all cores.", show_default=True)
@limit_option
def predict(run, file, text, about, image, table, text_b, column, column_b, device, threads, limits, **options) -> None:
    """Answer the rows of FILE, or of standard input, with the model in the folder RUN.

    On standard input a line is a text, with a tab and what it is asked about where the model was trained with --about;
    of a model of pairs two texts with a tab between them, of one that answers from passages a question and its passage;
    with --table a question about it. One JSON object a row, in order: the text unchanged with its label, or its labels,
    and the probabilities, or with its translation; a pair with its label or its score; a question with its answer and
    the place in the passage, or with the program that found it in a table; a marked word, as in "the [duck] swam", with
    its sense; a document with its summary; a picture's caption, or its label and the probabilities.
    """
    set_threads(threads)
    import msgspec

    from headwork.cli.options import choose_device, known_options
    from headwork.compare.asked import Asked, refuse_about
    from headwork.compare.open import open_answering

    opened, work = open_answering(run, device=choose_device(device))
    known_options(work.asking, {"table": table}, of=f"{run}")
    options = known_options(work.answering, options, of=f"{run}")
    asked = Asked(file, sys.stdin.buffer, (text, text_b), (column, column_b), limits, about, image, table)
    refuse_about(opened, asked)
    assert work.answers is not None  # what can be opened answers
    for answer in work.answers(opened, work.asked(opened, asked), **options):
        sys.stdout.buffer.write(msgspec.json.encode(answer) + b"\n")
    sys.stdout.buffer.flush()
