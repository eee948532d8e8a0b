"""What adding words to a vocabulary came to, as text for the terminal and for the model's README."""

from collections.abc import Callable

from headwork.base.extension import Extension, Fragmentation, WordLoss
from headwork.base.results import Difference, Score
from headwork.report import numbers
from headwork.report.markdown import written
from headwork.report.table import DASH, Cell, Column, Row, Table

TITLES = {
    "scratch": "from scratch, old vocabulary",
    "transfer": "pretrained, old vocabulary",
    "extended": "pretrained, new vocabulary",
}
"""of what was trained"""


def as_markdown(found: Extension) -> str:
    """Fragmentation before and after, and the losses of what was trained."""
    blocks = [
        f"{found.new_tokens:,} new tokens ({found.start}), from {found.texts - found.held_out:,} texts of "
        f"{found.corpus}; all figures are of the other {found.held_out:,}, with 95% intervals.",
        written(fragmentation_table(found)),
    ]
    if found.losses:
        blocks += [
            f"Loss of {found.words_asked:,} hidden words, in nats; tokens are not compared, for those of two "
            "vocabularies are different things.",
            written(loss_table(found)),
        ]
    if found.fresh_head:
        blocks.append(
            "The encoder had no masked head: one was drawn, which is why the losses before training are high."
        )
    return "\n\n".join([*blocks, *(f"note: {note}" for note in found.notes)])


def fragmentation_table(found: Extension) -> Table:
    columns = [
        Column(title="vocabulary", align="left"),
        Column(title="tokens per word"),
        Column(title="words split"),
        Column(title="words with an unknown token"),
    ]
    return Table(columns=columns, rows=[_fragments("old", found.old), _fragments("new", found.new)])


def _fragments(name: str, found: Fragmentation) -> Row:
    shares = [_cell(score, numbers.percent) for score in (found.split, found.unknown)]
    return Row(cells=[Cell(name), _cell(found.tokens_per_word, "{:.3f}".format), *shares])


def loss_table(found: Extension) -> Table:
    columns = [
        Column(title="encoder", align="left"),
        Column(title="word, before"),
        Column(title="word"),
        Column(title="character"),
        Column(title="word, against the pretrained one with the old vocabulary"),
        Column(title="trained"),
    ]
    in_order = [(title, found.losses[name]) for name, title in TITLES.items() if name in found.losses]
    return Table(columns=columns, rows=[_losses(title, loss) for title, loss in in_order])


def _losses(title: str, loss: WordLoss) -> Row:
    cells = [
        Cell(title),
        Cell(f"{loss.before:.2f}"),
        _cell(loss.word, "{:.2f}".format),
        _cell(loss.character, "{:.3f}".format),
        _against(loss.against_transfer),
        Cell(f"{numbers.seconds(loss.seconds)}, {loss.steps:,} steps", loss.stopped),
    ]
    return Row(cells=cells)


def _cell(score: Score, form: Callable[[float], str]) -> Cell:
    return Cell(form(score.mean), f"{form(score.low)} to {form(score.high)}")


def _against(gap: Difference | None) -> Cell:
    if gap is None or gap.low == gap.high == 0:
        return Cell(DASH)
    return Cell(f"{gap.difference:+.2f}", f"{gap.low:+.2f} to {gap.high:+.2f}, p {gap.p_holm:.3f}")
