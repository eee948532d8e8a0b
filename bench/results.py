"""What a benchmark found, and bench/RESULTS.md."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from bench.machine import Machine
from bench.rounds import Spread, ratios

FILE = Path(__file__).parent / "RESULTS.md"
HEAD = """# Benchmarks

Written by `python -m bench`. The sides take turns within each round; a ratio above 1 means that headwork is the faster,
or takes less. The last line of each section says what measured it, when and where."""


@dataclass(frozen=True)
class Row:
    """One comparison, a number of each side for each round; `ratio` is above 1 where headwork is the better."""

    what: str
    ours: Spread
    theirs: Spread
    ratio: Spread
    target: float

    @classmethod
    def more(cls, what: str, ours: Sequence[float], theirs: Sequence[float], *, target: float) -> "Row":
        """Where more is better."""
        return cls(what, Spread.of(ours), Spread.of(theirs), ratios(ours, theirs), target)

    @classmethod
    def less(cls, what: str, ours: Sequence[float], theirs: Sequence[float], *, target: float) -> "Row":
        """Where less is better."""
        return cls(what, Spread.of(ours), Spread.of(theirs), ratios(theirs, ours), target)

    @property
    def line(self) -> str:
        verdict = "reached" if self.ratio.middle >= self.target else "**missed**"
        return f"| {self.what} | {self.ours} | {self.theirs} | {self.ratio} | {self.target:.2g} | {verdict} |"


@dataclass(frozen=True, kw_only=True)
class Section:
    """The rows of one benchmark and what must be said with them."""

    title: str
    peer: str
    rows: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def markdown(self) -> str:
        head = [
            f"## {self.title}",
            "",
            f"| | headwork | {self.peer} | ratio: median (smallest to largest round) | target | |",
            "|---|---|---|---|---|---|",
        ]
        return "\n".join([*head, *(row.line for row in self.rows), "", *(f"- {note}" for note in self.notes)])


def write_results(sections: Sequence[Section], machine: Machine, command: Sequence[str]) -> None:
    """Put the sections in the place of those with their titles; what other runs found stays, with its own origin."""
    origin = f"`{shlex.join(command)}` on {date.today().isoformat()}: {'; '.join(machine.lines)}"
    kept = FILE.read_text(encoding="utf-8").split("\n\n## ")[1:] if FILE.exists() else []
    found = {text.partition("\n")[0]: text.rstrip("\n") for text in kept}
    for section in sections:
        found[section.title] = f"{section.markdown.removeprefix('## ')}\n- {origin}"
    FILE.write_text("\n\n## ".join([HEAD, *found.values()]) + "\n", encoding="utf-8")
