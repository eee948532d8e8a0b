"""Options that several commands share."""

import os
import re
import sys
from collections.abc import Callable, Collection
from typing import Any

import click

from headwork.base.errors import HeadworkError
from headwork.base.limits import Limits, parse_limits
from headwork.base.recipes import TASKS

UNITS = {"s": 1, "m": 60, "h": 3600}


class Duration(click.ParamType):
    """Seconds from words such as 30s, 2m, 1.5h."""

    name = "TIME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float | None:
        if isinstance(value, float) or value is None:
            return value
        if value == "none":
            return None
        match = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", value)
        if not match or float(match[1]) == 0:
            raise HeadworkError(f"a budget of {value!r}: expected a time such as 30s, 2m or 1h, or none")
        return float(match[1]) * UNITS[match[2] or "s"]


class Count(click.ParamType):
    """A whole number from words such as 250k, 2M, 300000."""

    name = "N"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        match = re.fullmatch(r"(\d+(?:\.\d+)?)([kM]?)", str(value))
        if not match or float(match[1]) == 0:
            raise HeadworkError(f"--{param.name if param else 'number'} {value}: expected a number such as 250k or 2M")
        return round(float(match[1]) * {"": 1, "k": 1_000, "M": 1_000_000}[match[2]])


def _all(*options: Callable) -> Callable:
    def decorate(command: Callable) -> Callable:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def _limits(ctx: click.Context, param: click.Parameter, words: tuple[str, ...]) -> Limits:
    return parse_limits(words)


limit_option = click.option(
    "--limit", "limits", multiple=True, metavar="NAME=N", callback=_limits, help="Raise a limit on what is read."
)
task_option = click.option("--task", metavar="TASK", help=f"What to learn: {', '.join(TASKS)}; that of the models.")
data_options = _all(
    click.option("--text", metavar="COLUMN", help="Column of the texts; guessed when not given."),
    click.option("--text-b", metavar="COLUMN", help="Of pairs, column of the second texts; guessed when not given."),
    click.option("--label", metavar="COLUMN", help="Column of the labels; guessed when not given."),
    click.option("--about", metavar="COLUMN", help="Column that names what a text is asked about, or START,END."),
    click.option("--labels", metavar="A,B,…", help="Of several labels a row: columns of 0 and 1, or of votes."),
    click.option("--separator", metavar="TEXT", help="Of several labels in a cell: what parts them, or json."),
    click.option("--word", metavar="COLUMN", help="Of word senses: what the marked word is called, where it differs."),
    click.option("--index", metavar="COLUMN", help="Of word senses: the word's place, instead of square brackets."),
    click.option("--source", metavar="NAME", help="Language to translate from: a column, or the end of file names."),
    click.option("--target", metavar="NAME", help="Language to translate into."),
    click.option("--format", metavar="TEXT", help="Of a table of logs: its line, as '[<Time>] [<Level>] <Content>'."),
    click.option("--rows", type=click.IntRange(1), help="Of logs: learn from so many of the training lines."),
    click.option("--dev", metavar="FILE", help="Official development rows."),
    click.option("--test", metavar="FILE", help="Official test rows."),
    click.option("--group", metavar="COLUMN", help="Rows of one group stay on one side of the split."),
    click.option("--as-classes", is_flag=True, help="Take more than 20 different numbers as classes."),
    click.option("--as-scores", is_flag=True, help="Of pairs: take numbers, however few, as scores."),
    click.option("--documents", is_flag=True, help="Of a running text: empty lines part documents."),
    limit_option,
)
run_options = _all(
    click.option("--seed", default=0, show_default=True, help="First seed; the split has seed 0 always."),
    click.option("--device", default="auto", show_default=True, help="auto, cpu or cuda."),
    click.option("--threads", default=0, help="Threads; 0 takes all cores.", show_default=True),
    click.option("--offline", is_flag=True, help="Never use the network."),
    click.option("--plain", is_flag=True, help="No progress bar, no colour."),
)
model_options = _all(
    click.option("--size", type=click.Choice(["tiny", "small", "base"]), help="How large the models are."),
    click.option("--parameters", type=Count(), help="Weights of each network, as in 250k or 2M, by its widths."),
    click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="A setting, as in model.dropout=0.2."),
)

encoder_options = _all(
    click.option("--column", metavar="COLUMN", help="Column of the texts; the run's, or guessed, when not given."),
    click.option(
        "--pooling",
        type=click.Choice(["mean", "cls", "max", "last"]),
        help="Of a published encoder  [default: its own].",
    ),
    click.option(
        "--depth", type=int, help="Lowest layers of a published encoder that are taken; 0: word vectors alone."
    ),
    click.option("--max-tokens", type=click.IntRange(3), help="Of a text, by a published encoder  [default: 256]."),
    click.option("--device", default="auto", show_default=True, help="auto, cpu or cuda."),
    click.option("--threads", default=0, help="Threads; 0 takes all cores.", show_default=True),
    click.option("--offline", is_flag=True, help="Never use the network."),
    click.option("--plain", is_flag=True, help="No progress bar."),
    limit_option,
)


def set_threads(threads: int) -> None:
    """Bound the threads of every library, before any is loaded."""
    if threads < 0:
        raise HeadworkError(f"--threads {threads}: expected 0 or more")
    # Threads that wait for each other spin otherwise; beside any other work on the machine that costs tenfold.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    if threads:
        for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS"):
            os.environ[name] = str(threads)


def choose_device(device: str) -> str:
    """`cpu` or a CUDA device; asking for one that is not there is refused."""
    if device == "cpu":
        return device
    import torch

    from headwork.ops.chance import repeat_on

    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    elif device.split(":")[0] != "cuda" or not torch.cuda.is_available():
        raise HeadworkError(
            f"--device {device}: not on this machine; expected auto, cpu"
            + (", cuda" if torch.cuda.is_available() else "")
        )
    repeat_on(device)
    return device


def known_options(known: Collection[str], options: dict[str, Any], *, of: str) -> dict[str, Any]:
    """The options that were given; one that means nothing here is refused."""
    given = {name: value for name, value in options.items() if value and value != Limits()}
    for name in given:
        if name not in known:
            raise HeadworkError(f"--{name.replace('_', '-')}: means nothing for {of}; leave it out")
    return given


def reading_of(task: str, options: dict[str, Any]) -> dict[str, Any]:
    """The options of reading data that were given, checked to be those of the task."""
    from headwork.compare.work import work_of

    return known_options(work_of(task).reading, options, of=f"the task {task}")


def is_plain(plain: bool) -> bool:
    return plain or not sys.stderr.isatty() or "NO_COLOR" in os.environ
