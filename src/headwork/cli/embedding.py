"""What the commands that embed texts share: the encoder, the texts of a file or the functions of a folder, and their
vectors with progress."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from headwork.base.errors import HeadworkError
from headwork.cli.options import choose_device, is_plain
from headwork.cli.progress import by_pace, progress
from headwork.cli.show import say

if TYPE_CHECKING:
    import numpy as np

    from headwork.tasks.embedding import Embedder, Reading


class Embedded(NamedTuple):
    embedder: "Embedder"
    reading: "Reading | None"
    texts: list[str]
    places: list[str] | None
    vectors: "np.ndarray"


class Gathered(NamedTuple):
    texts: list[str]
    places: list[str] | None
    """file and line of each, where they are functions"""


def embedded(encoder: str, file: str | None, options: dict[str, Any]) -> Embedded:
    """The vectors of the texts of `file`, or of standard input, by the options that `encoder_options` are."""
    from headwork.tasks.embedding import Reading, open_embedder

    told = {name: options[name] for name in ("pooling", "depth", "max_tokens") if options[name] is not None}
    reading = Reading(**told) if told else None
    device = choose_device(options["device"])
    embedder = open_embedder(encoder, reading, device=device, offline=options["offline"])
    texts, places = gathered(file, options, column=embedder.text_column)
    with progress(is_plain(options["plain"])) as tell:
        vectors = embedder.vectors(texts, by_pace(tell, f"{len(texts):,} texts"))
    if embedder.cut:
        say(f"note: {embedder.cut:,} texts are longer than {embedder.texts.max_tokens} tokens and were cut")
    return Embedded(embedder, reading, texts, places, vectors)


def gathered(file: str | None, options: dict[str, Any], *, column: str | None) -> Gathered:
    """The texts of a file's column, that of the model where none is named; or the functions of a folder."""
    from headwork.compare.asked import texts_of
    from headwork.data.functions import END, functions_in

    path = Path(file or "")
    if file and (path.is_dir() or path.suffix == END):
        if options["column"]:
            raise HeadworkError(f"--column: the texts of {file} are the functions of its Python files; leave it out")
        functions = functions_in(path, options["limits"])
        if functions.unread:
            shown = ", ".join(functions.unread[:3]) + (", …" if len(functions.unread) > 3 else "")
            say(f"note: {len(functions.unread):,} files cannot be read as Python and are left out: {shown}")
        return Gathered([each.text for each in functions.found], [each.place for each in functions.found])
    texts = texts_of(file, sys.stdin.buffer, column=options["column"] or column, limits=options["limits"])
    if not texts:
        raise HeadworkError("standard input: no texts; expected one a line")
    return Gathered(texts, None)
