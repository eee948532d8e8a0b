"""Maps as one HTML file: tables of shaded cells, no script, nothing fetched, every label escaped."""

import base64
import hashlib
from importlib import resources
from typing import Literal

import numpy as np
from markupsafe import Markup

from headwork.base.errors import HeadworkError
from headwork.explain.drawing.colors import color_of, ink_on
from headwork.explain.drawing.map import Drawing, Map, label, thinned
from headwork.report.text import visible

MOST_CELLS = 100_000
LEVELS = 64
NUMBERED_COLUMNS = 16
MOST_LABELS = 60

Look = Literal["wide", "narrow", "small", "dense"]

_STYLE = resources.files("headwork.explain.drawing").joinpath("page.css").read_text(encoding="utf-8") + "\n".join(
    f".w{n} {{ background: {color_of(n / LEVELS)}; color: {ink_on(n / LEVELS)}; }}" for n in range(LEVELS + 1)
)

_PAGE = Markup("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src '{hash}'; img-src data:">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main>
<h1>{title}</h1>
<p>{note}</p>
<div class="scale">0 <span>{scale}</span> {most}</div>
<div class="maps">
{maps}
</div>
</main>
</body>
</html>
""")


def page(drawing: Drawing) -> str:
    """The whole file."""
    cells = sum(each.values.size for each in drawing.maps)
    if cells > MOST_CELLS:
        raise HeadworkError(
            f"a page of {cells:,} weights is too much for a browser; draw one head with --head, shorten the text, or "
            "write .svg or .png"
        )
    return _PAGE.format(
        hash=f"sha256-{base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}",
        style=Markup(_STYLE),
        title=visible(drawing.title),
        note=drawing.note,
        scale=Markup().join(Markup('<i class="w{}"></i>').format(level) for level in range(LEVELS + 1)),
        most=f"{drawing.most:.2g}",
        maps=Markup("\n").join(_section(each, drawing) for each in drawing.maps),
    )


def _section(given: Map, drawing: Drawing) -> Markup:
    body = (
        _words(given, drawing.most)
        if len(given.rows) == 1
        else _table(given, drawing.most, _look(given, len(drawing.maps)))
    )
    name = Markup("<h2>{}</h2>\n").format(visible(given.name)) if len(drawing.maps) > 1 else ""
    return Markup('<section>\n{}<div class="scroll">\n{}\n</div>\n</section>').format(name, body)


def _table(given: Map, most: float, look: Look) -> Markup:
    rows, columns = ([visible(name) for name in names] for names in (given.rows, given.columns))
    heads = Markup("").join(
        Markup('<th scope="col" title="{}"><div dir="auto">{}</div></th>').format(full, shown)
        for full, shown in zip(columns, _labels(columns), strict=True)
    )
    lines = []
    for row, shown, values in zip(rows, _labels(rows), given.values, strict=True):
        cells = Markup("").join(
            _cell(f"{row} → {column}", value, most, numbered=look == "wide")
            for column, value in zip(columns, values, strict=True)
        )
        head = Markup('<th scope="row" title="{}"><div dir="auto">{}</div></th>').format(row, shown)
        lines.append(Markup("<tr>{}{}</tr>").format(head, cells))
    return Markup('<table class="{}">\n<thead><tr><th></th>{}</tr></thead>\n<tbody>\n{}\n</tbody>\n</table>').format(
        look, heads, Markup("\n").join(lines)
    )


def _look(given: Map, maps: int) -> Look:
    """How large its cells are."""
    if max(given.values.shape) > MOST_LABELS:
        return "dense"
    if maps > 2:
        return "small"
    return "wide" if len(given.columns) <= NUMBERED_COLUMNS else "narrow"


def _labels(names: list[str]) -> list[str]:
    """What is written: of many names only some."""
    kept = thinned(len(names), MOST_LABELS)
    return [label(name) if place in kept else "" for place, name in enumerate(names)]


def _cell(name: str, value: float, most: float, *, numbered: bool) -> Markup:
    return Markup('<td class="w{}" title="{}: {:.4f}"><data value="{!r}">{}</data></td>').format(
        _level(value, most), name, value, float(value), f"{value:.2f}" if numbered else ""
    )


def _words(given: Map, most: float) -> Markup:
    """One row reads as the text that it is; the table stands folded below."""
    shown, lines = [], []
    for word, value in zip(map(visible, given.columns), given.values[0], strict=True):
        level = _level(value, most)
        shown.append(Markup('<li class="w{}" title="{}: {:.4f}" dir="auto">{}</li>').format(level, word, value, word))
        lines.append(
            Markup('<tr><th scope="row" dir="auto">{}</th>{}</tr>').format(
                word, _cell(word, value, most, numbered=True)
            )
        )
    return Markup(
        '<ul class="words">{}</ul>\n<details><summary>As a table</summary>\n<table class="wide">\n<tbody>\n{}\n'
        "</tbody>\n</table>\n</details>"
    ).format(Markup("").join(shown), Markup("\n").join(lines))


def _level(value: float, most: float) -> int:
    return int(np.rint(LEVELS * value / most))
