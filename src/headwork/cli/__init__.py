"""The command. One file a command; a command's file is imported when it is called, so that `--help` is quick."""

import importlib
import keyword
import os
import sys

import click

from headwork import __version__
from headwork.base.errors import HeadworkError

COMMANDS = {
    "compare": "Train a line-up of models on your data and say which serves best.",
    "train": "Train one model.",
    "predict": "Label new texts with a trained model.",
    "ask": "Ask a folder of texts a question.",
    "embed": "Turn texts into vectors.",
    "search": "Find the texts that are nearest in meaning to a query.",
    "cluster": "Put texts into groups by meaning.",
    "generate": "Write text with a trained language model.",
    "draw-attention": "Draw where a trained model looks in a text.",
    "diagnose": "Ask a trained model what it makes of negation, roles and kinds.",
    "heads": "Say how sparse and how different the attention heads of a Transformer are.",
    "trace": "Print how attention computes, step by step, on a small example.",
    "import": "Take in a published model.",
    "extend-vocabulary": "Give the words of a corpus tokens of their own in an encoder's vocabulary.",
    "export": "Give a trained or imported encoder to other libraries.",
    "report": "Write the page of a comparison or a run again.",
    "plan": "Say which attention kernels a model runs, and why.",
    "recipes": "List the models, or show one.",
    "data": "List the data sets at hand, or show one.",
}

REFUSED = 2
"""exit code of what cannot be done"""


class Commands(click.Group):
    """Finds a command's file by its name in COMMANDS."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        name = cmd_name.replace("-", "_") + ("_" if keyword.iskeyword(cmd_name) else "")
        return getattr(importlib.import_module(f"headwork.cli.{name}"), name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="headwork")
def group() -> None:
    """Learning with attention and with adversaries: compare, train and use models on your own data."""


def main() -> None:
    """The process of the command. A refusal leaves at once: in an orderly end of the interpreter a thread of a library
    that still wants it (Arrow reads ahead) now and then aborts the process, and the exit code with it."""
    try:
        run()
    except SystemExit as end:
        if end.code != REFUSED:
            raise
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(REFUSED)


def run() -> None:
    """Run the command. A HeadworkError is one line and exit code 2; Ctrl-C is 130."""
    try:
        code = group.main(prog_name="headwork", standalone_mode=False)
        sys.exit(code or 0)
    except HeadworkError as error:
        print(f"headwork: {error}", file=sys.stderr)
        sys.exit(REFUSED)
    except click.ClickException as error:
        print(f"headwork: {error.format_message()}; see headwork --help", file=sys.stderr)
        sys.exit(REFUSED)
    except (click.Abort, KeyboardInterrupt):
        print("headwork: stopped; the same command continues where this one was", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        # The reader of our output went away (`headwork predict … | head`): nothing is left to say.
        sys.stderr.close()
        sys.exit(0)
