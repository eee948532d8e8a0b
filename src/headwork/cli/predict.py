"""headwork predict"""

import sys

import click

from headwork.cli.options import limit_option, set_threads


@click.command()
@click.argument("run")
@click.argument("file", required=False)
@click.option(
    "--text", metavar="COLUMN", help="Column of the texts; the one that the run was trained on when not given."
)
@click.option("--explain", is_flag=True, help="Add the words with the weights that the model gave them.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu or cuda.")
@click.option("--threads", default=0, help="Threads; 0 takes all cores.", show_default=True)
@limit_option
def predict(run, file, text, explain, device, threads, limits) -> None:
    """Label the rows of FILE, or of standard input (a text a line), with the model in the folder RUN.

    One JSON object a row, in order: the text unchanged, the label, the probabilities.
    """
    set_threads(threads)
    import msgspec

    from headwork.cli.options import choose_device
    from headwork.compare.classify.answer import answers, open_run, texts_of

    classifier = open_run(run, device=choose_device(device))
    texts = texts_of(file, sys.stdin.buffer, column=text or classifier.text_column, limits=limits)
    for answer in answers(classifier, texts, explain=explain):
        sys.stdout.buffer.write(msgspec.json.encode(answer) + b"\n")
    sys.stdout.buffer.flush()
