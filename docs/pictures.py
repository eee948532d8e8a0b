"""The pictures of docs/attention.md, drawn from the tables of headwork.attention: `python docs/pictures.py`.

Each is drawn from the part that its words name, so that a picture shows what the code does. The same code gives the
same bytes; tests/test_attention_pages.py holds the committed files to that.

Axes: Q queries (rows, downwards), K keys (columns).
"""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import matplotlib.style
import numpy as np
import torch
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path as Outline
from torch import Tensor

from headwork.attention.choice import Choice, part
from headwork.attention.mechanism import Mechanism
from headwork.attention.parts import Both, Either, Part
from headwork.attention.positions import sinusoids
from headwork.attention.scopes import SCOPES
from headwork.attention.where import Where
from headwork.explain.drawing import Drawing, Map, svg
from headwork.explain.drawing.colors import INK, LINE, QUIET, color_of
from headwork.explain.drawing.sheet import Sheet, lines_of

FOLDER = Path(__file__).parent / "attention"

PLACES, WIDTH, HEADS = 20, 8, 4
PICTURE_ROW = 5
"""places of a picture's row"""
CELL, GAP, BORDER, NOTE = 6.0, 24.0, 18.0, 38.0
NAMED, LINED = 18.0, 11.0
"""heights of a panel's name, and of a line of its words"""
SHADES = 32
DARKEST = 0.86
"""of the scale, which ends in a blue that is nearly black"""
STYLE = {
    "font.family": ["sans-serif"],
    "font.sans-serif": ["DejaVu Sans", "Verdana", "Arial"],
    "svg.fonttype": "none",
    "svg.hashsalt": "headwork",
    "text.color": INK,
    "text.parse_math": False,
}


@dataclass(frozen=True)
class Panel:
    """One map of numbers from 0 to 1; `words` as a recipe or `headwork trace` has them, joined by & and |."""

    name: str
    words: str
    queries: int = PLACES
    keys: int = PLACES
    head: int = 0

    def values(self) -> np.ndarray:
        """(Q, K)"""
        raise NotImplementedError


class Scope(Panel):
    """Where a query may look; paler where what it finds there weighs less."""

    @torch.no_grad()
    def values(self) -> np.ndarray:
        scope, where = scope_of(self.words), drawn(self.queries, self.keys)
        allowed, bias, factor = scope.allowed(where), scope.bias(where), scope.factor(where)
        shown = torch.ones(self.queries, self.keys, dtype=torch.float64)
        for each in (allowed, None if bias is None else bias.exp(), factor):
            shown = shown if each is None else shown * each
        return shown.expand(1, HEADS, -1, -1)[0, self.head].numpy()


class Position(Panel):
    """The weights before they are normalised where all queries and keys are one vector; the largest is 1."""

    @torch.no_grad()
    def values(self) -> np.ndarray:
        mechanism, where = mechanism_of(Choice("scaled_dot", position=(self.words,))), alike(self.queries, self.keys)
        query, key = mechanism.parts.turn(where.query, where.key, where)
        scores = mechanism.score.dense(query, key, where)
        bias = mechanism.parts.bias(where)
        weights = (scores if bias is None else scores + bias).expand(1, HEADS, -1, -1)[0, self.head].exp()
        return (weights / weights.max()).numpy()


class Sinusoids(Panel):
    """Places downwards, coordinates to the right; -1 is 0 and 1 is 1."""

    def values(self) -> np.ndarray:
        return (1 + sinusoids(torch.arange(self.queries), self.keys).numpy()) / 2


DOCUMENTS = "document:" + ",".join(str(document) for document, many in enumerate((7, 4, 9)) for _ in range(many))

FIGURES: dict[str, tuple[str, tuple[Panel, ...]]] = {
    "scopes-bands": (
        "Queries downwards, keys to the right. Blue: the query may look at the key; paler: it then weighs less.",
        (
            Scope("full", "full"),
            Scope("causal", "causal"),
            Scope("window", "window:3"),
            Scope("window, one-sided", "window:6,1"),
            Scope("local-m", "local-m:3", queries=12),
            Scope("span", "span:8,0.2"),
        ),
    ),
    "scopes-sparse": (
        "The first two are joined with causal, as their paper has them.",
        (
            Scope("strided", "strided:5 & causal"),
            Scope("fixed", "fixed:5,1 & causal"),
            Scope("dilated", "dilated:2,3"),
            Scope("global", "global:0,9"),
            Scope("blocks", "blocks:5"),
            Scope("random", "random:2,0.3"),
        ),
    ),
    "scopes-texts": (
        "What these allow follows from the texts: from lengths, or from vectors, here random ones.",
        (
            Scope("prefix", "prefix:6"),
            Scope("document", DOCUMENTS),
            Scope("hashed", "hashed:4"),
            Scope("routed", "routed:3"),
            Scope("local-p", "local-p:4"),
            Scope("local-p*", "local-p*:5"),
        ),
    ),
    "scopes-pictures": (
        "Of a picture with rows of five places: blocks of queries and the memory around them.",
        (
            Scope("local-1d", "local-1d:4,5"),
            Scope("local-1d, causal", "local-1d:4,5 & causal"),
            Scope("local-2d", "local-2d:2,3,1,1"),
            Scope("local-2d, causal", "local-2d:2,3,1,1 & causal"),
        ),
    ),
    "scopes-joined": (
        "Joined by & and |. The last two: fewer queries than keys, and more; rows without a key give zeros.",
        (
            Scope("window and causal", "window:5 & causal"),
            Scope("Longformer", "window:2 | global:0"),
            Scope("BigBird", "window:1 | global:0 | random:2,0.15"),
            Scope("document, causal", f"{DOCUMENTS} & causal"),
            Scope("causal, 8 queries", "causal", queries=8),
            Scope("causal, 8 keys", "causal", keys=8),
        ),
    ),
    "positions": (
        "What a position alone does: all vectors are alike, tables are drawn at random, and the largest weight is 1.",
        (
            Position("alibi, head 1 of 4", "alibi"),
            Position("alibi, head 2 of 4", "alibi", head=1),
            Position("rotary", "rotary"),
            Position("rotary, base 100", "rotary:100"),
            Position("shaw", "shaw:4"),
            Position("t5", "t5:16,16"),
            Position("xl", "xl"),
            Sinusoids("sinusoids", "added to the vectors"),
        ),
    ),
}
"""by the name of the file: a note, and what is drawn"""

ROW = (2.2, 1.9, 1.2, 1.1, 0.6, 0.2, -0.3, -1.0)
NORMALISERS = ("softmax", "entmax:1.25", "entmax15", "sparsemax", "top-k:3", "hard", "sigmoid:-2", "proportional")
"""a learned entmax begins as entmax15"""


def scope_of(words: str) -> Part:
    """`a & b`, `a | b` or one scope, in the words of the table."""
    torch.manual_seed(0)
    given = {"heads": HEADS, "dim": WIDTH, "longest": PLACES, "seed": 3, "row": PICTURE_ROW}
    joined = Either if " | " in words else Both
    found = tuple(part("scope", SCOPES, word, given) for word in words.replace(" | ", " & ").split(" & "))
    for each in found:
        if isinstance(each, torch.nn.Module):
            each.double()
    return found[0] if len(found) == 1 else joined(found)


def mechanism_of(choice: Choice) -> Mechanism:
    torch.manual_seed(1)
    mechanism = choice.mechanism(width=WIDTH, keys=PLACES, heads=HEADS)
    for module in mechanism.modules():
        module.double()
    return mechanism


def drawn(queries: int, keys: int) -> Where:
    """Vectors without meaning; the queries are the last of the keys, as in self-attention."""
    generator = torch.Generator().manual_seed(0)
    both = torch.randn(1, HEADS, max(queries, keys), WIDTH, generator=generator, dtype=torch.float64)
    return Where.of(both[:, :, -queries:], both[:, :, -keys:])


def alike(queries: int, keys: int) -> Where:
    def ones(many: int) -> Tensor:
        return torch.ones(1, HEADS, many, WIDTH, dtype=torch.float64)

    return Where.of(ones(queries), ones(keys), scale=WIDTH**-0.5)


def figure(note: str, panels: tuple[Panel, ...]) -> bytes:
    """The panels in two lines, below a note and the scale."""
    across, wide = -(-len(panels) // 2), CELL * PLACES
    lines = [panels[:across], panels[across:]]
    width = 2 * BORDER + across * wide + (across - 1) * GAP
    with matplotlib.style.context(["default", STYLE]):
        words = {panel: lines_of(shortened(panel.words), 8, wide) for panel in panels}
        heads = [NAMED + LINED * max(len(words[panel]) for panel in line) for line in lines]
        maps = [CELL * max(panel.queries for panel in line) for line in lines]
        sheet = Sheet(width, 2 * BORDER + NOTE + sum(heads) + sum(maps) + GAP)
        heading(sheet, note, width)
        top = BORDER + NOTE
        for line, head, tall in zip(lines, heads, maps, strict=True):
            for place, panel in enumerate(line):
                left = BORDER + place * (wide + GAP)
                sheet.text(left, top, panel.name, size=10, weight="bold", va="top")
                for below, words_of_line in enumerate(words[panel]):
                    sheet.text(left, top + 15 + LINED * below, words_of_line, size=8, color=QUIET, va="top")
                draw(sheet, panel.values(), left, top + head)
            top += head + tall + GAP
        written = io.BytesIO()
        sheet.figure.savefig(written, format="svg", metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    return smaller(written.getvalue().decode()).encode()


def smaller(written: str) -> str:
    """Boxes in fewer letters, and no blanks at the ends of lines."""
    corner = r"(-?[\d.]+)"
    box = rf"M {corner} {corner} \nL {corner} \2 \nL \3 {corner} \nL \1 \4 \nz\s*"
    written = re.sub(box, r"M\1 \2H\3V\4H\1z", written)
    return re.sub(r"[ \t]+\n", "\n", written)


def heading(sheet: Sheet, note: str, width: float) -> None:
    right, cell = width - BORDER, 8.0
    for below, line in enumerate(lines_of(note, 8.5, width - 2 * BORDER - 14 * cell)):
        sheet.text(BORDER, BORDER + 12 * below, line, size=8.5, color=QUIET, va="top")
    sheet.text(right, BORDER + 1, "1", size=8, color=QUIET, va="top", ha="right")
    for step in range(9):
        left = right - 10 - (9 - step) * cell
        box = Rectangle((left, BORDER + 1), cell, cell, facecolor=shade(step / 8), edgecolor=LINE, linewidth=0.4)
        sheet.ground.add_patch(box)
    sheet.text(right - 14 - 9 * cell, BORDER + 1, "0", size=8, color=QUIET, va="top", ha="right")


def draw(sheet: Sheet, values: np.ndarray, left: float, top: float) -> None:
    """One outline for all cells of a shade, neighbours in a row joined: that keeps a file small."""
    rows, columns = values.shape
    cells: dict[int, list[np.ndarray]] = {}
    for row, first, last, level in runs(np.rint(values * SHADES).astype(int)):
        if level:
            box = np.array([[first, row], [last, row], [last, row + 1], [first, row + 1], [first, row]], dtype=float)
            cells.setdefault(level, []).append(box * CELL + (left, top))
    codes = [Outline.MOVETO, Outline.LINETO, Outline.LINETO, Outline.LINETO, Outline.CLOSEPOLY]
    for level, boxes in sorted(cells.items()):
        outline = Outline(np.concatenate(boxes), codes * len(boxes))
        sheet.ground.add_patch(PathPatch(outline, facecolor=shade(level / SHADES), linewidth=0))
    grid = [((x, 0), (x, rows)) for x in range(1, columns)] + [((0, y), (columns, y)) for y in range(1, rows)]
    ends = np.array(grid, dtype=float).reshape(-1, 2) * CELL + (left, top)
    lines = Outline(ends, [Outline.MOVETO, Outline.LINETO] * len(grid))
    sheet.ground.add_patch(PathPatch(lines, fill=False, edgecolor="#ffffff", linewidth=0.6))
    frame = Rectangle((left, top), columns * CELL, rows * CELL, fill=False, edgecolor=LINE, linewidth=0.8)
    sheet.ground.add_patch(frame)


def runs(levels: np.ndarray) -> Iterator[tuple[int, int, int, int]]:
    """(row, first column, column behind the last, level) of neighbours that are alike."""
    for row, line in enumerate(levels.tolist()):
        for level, same in groupby(range(len(line)), key=line.__getitem__):
            columns = list(same)
            yield row, columns[0], columns[-1] + 1, level


def shade(share: float) -> str:
    return color_of(DARKEST * share)


def shortened(words: str) -> str:
    return words.replace(DOCUMENTS, "document:0,0,…,2,2")


@torch.no_grad()
def normalisers() -> bytes:
    """One row of scores through each normaliser, as maps of the explanations are drawn."""
    scores = torch.tensor(ROW, dtype=torch.float64)
    weights = []
    for words in NORMALISERS:
        normaliser = mechanism_of(Choice("features" if words == "proportional" else "dot", normaliser=words)).normaliser
        given = scores.clamp(min=0) if words == "proportional" else scores
        weights.append(normaliser(given).numpy())
    columns = tuple(f"{score:g}" for score in ROW)
    table = Map("weights", np.stack(weights), NORMALISERS, columns)
    note = (
        "One row of scores (columns) through each normaliser. Proportional is given 0 for scores below it; the "
        "weights of sigmoid need not sum to one."
    )
    return (svg(Drawing("From scores to weights", note, (table,))) + "\n").encode()


def pictures() -> Iterator[tuple[str, bytes]]:
    """The name and the bytes of each file."""
    for name, (note, panels) in FIGURES.items():
        yield f"{name}.svg", figure(note, panels)
    yield "normalisers.svg", normalisers()


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, content in pictures():
        (FOLDER / name).write_bytes(content)
        print(f"{FOLDER.name}/{name}: {len(content):,} bytes")
