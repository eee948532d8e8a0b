"""What the commands that embed texts share: the encoder, the texts of a file, and their vectors with progress."""

import sys
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
    vectors: "np.ndarray"


def embedded(encoder: str, file: str | None, options: dict[str, Any]) -> Embedded:
    """The vectors of the texts of `file`, or of standard input, by the options that `encoder_options` are."""
    from headwork.compare.asked import texts_of
    from headwork.tasks.embedding import Reading, open_embedder

    told = {name: options[name] for name in ("pooling", "depth", "max_tokens") if options[name] is not None}
    reading = Reading(**told) if told else None
    device = choose_device(options["device"])
    embedder = open_embedder(encoder, reading, device=device, offline=options["offline"])
    column = options["column"] or embedder.text_column
    texts = texts_of(file, sys.stdin.buffer, column=column, limits=options["limits"])
    if not texts:
        raise HeadworkError("standard input: no texts; expected one a line")
    with progress(is_plain(options["plain"])) as tell:
        vectors = embedder.vectors(texts, by_pace(tell, f"{len(texts):,} texts"))
    if embedder.cut:
        say(f"note: {embedder.cut:,} texts are longer than {embedder.texts.max_tokens} tokens and were cut")
    return Embedded(embedder, reading, texts, vectors)
