"""headwork draw-attention"""

from pathlib import Path

import click

from headwork.cli.options import set_threads


@click.command()
@click.argument("run")
@click.option("--text", help="The text that the model reads.")
@click.option("--image", metavar="FILE", help="The picture, where the model reads one.")
@click.option("--text-b", help="The second text, where the model takes two.")
@click.option("--layer", type=int, metavar="N", help="Of an encoder, from 1  [default: the last].")
@click.option("--head", default="mean", metavar="N|mean|all", show_default=True, help="Of the layer, from 1.")
@click.option("-o", "--out", metavar="FILE", help="A file ending in .svg, .png, .html, .txt or .json.")
@click.option("--threads", default=0, help="Threads; 0 takes all cores.", show_default=True)
def draw_attention(run, text, image, text_b, layer, head, out, threads) -> None:
    """Draw where the model in the folder RUN looks in a text.

    An encoder gives a map of tokens by tokens, attention that pools (BiLSTM, HAN) the words with their weights, a
    translator the alignment of the text with its translation, one that captions pictures a map over the picture for
    each word, a model of pairs a map of each text over the other.
    Without -o the drawing is text on the terminal.
    """
    set_threads(threads)
    from headwork.base.errors import HeadworkError
    from headwork.cli.show import warn
    from headwork.compare.open import open_run
    from headwork.explain.drawing import check_ending, shades, write_drawing
    from headwork.explain.maps import attention_of, cut_note, text_given

    if out:
        check_ending(Path(out))
    if head not in ("mean", "all") and not head.isdecimal():
        raise HeadworkError(f"--head {head}: expected the number of a head, mean or all")
    model, _ = open_run(run, device="cpu")
    text = text_given(model, text, image)
    asked = int(head) if head.isdecimal() else head
    drawing = attention_of(model, text, text_b, layer=layer, head=asked)
    if note := cut_note(model, text, text_b):
        warn(note)
    if out:
        write_drawing(drawing, Path(out))
        click.echo(out)
    else:
        click.echo(shades(drawing))
