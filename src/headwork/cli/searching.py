"""What `headwork search` asks, and how it tells of what is found."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from headwork.base.errors import HeadworkError
from headwork.cli.embedding import embedded, gathered
from headwork.cli.options import choose_device, is_plain
from headwork.cli.progress import by_pace, progress
from headwork.cli.show import say

if TYPE_CHECKING:
    from headwork.search.index import Hit
    from headwork.search.scored import Scored


def opened_on(encoder: str, file: str, index: str | None, options: dict[str, Any]) -> Any:
    """The texts of `file`, ready to be asked; their vectors are kept in `index`, where it is given."""
    from headwork.search.index import Index, check_new, save_index

    if (by_model := scored(encoder, file, index, options)) is not None:
        return by_model
    if index:
        check_new(Path(index))
    found = embedded(encoder, file, options)
    opened = Index(found.embedder, found.vectors, found.texts, found.places)
    if index:
        save_index(opened, Path(index), encoder=encoder, reading=found.reading)
        click.echo(f"{index}: {len(found.texts):,} texts; headwork search --index {index} --query TEXT", err=True)
    return opened


def scored(encoder: str, file: str, index: str | None, options: dict[str, Any]) -> "Scored | None":
    """The texts of `file`, scored by a run of search that is more than vectors; None where ENCODER is another."""
    from headwork.data.pairs import Pair
    from headwork.search.scored import Scored, open_scoring

    retriever = open_scoring(encoder, device=choose_device(options["device"]))
    if retriever is None:
        return None
    if index:
        raise HeadworkError(f"--index: {retriever.recipe.name} searches by words, and an index keeps vectors alone")
    for name in ("pooling", "depth", "max_tokens"):
        if options[name] is not None:
            raise HeadworkError(f"{encoder}: a run reads as it was trained; leave --{name.replace('_', '-')} out")
    texts, places = gathered(file, options, column=retriever.text_column)
    with progress(is_plain(options["plain"])) as tell:
        found = Scored.of(retriever, texts, places, by_pace(tell, f"{len(texts):,} texts"))
    if cut := retriever.cut([Pair("", text) for text in texts]).rows:
        say(f"note: {cut:,} texts are longer than {retriever.recipe.name} takes and were cut")
    return found


def told(hit: "Hit") -> str:
    """Where a text stands, and the text; of a function the line that names it."""
    if hit.place is None:
        return f"{hit.row:>7}  {' '.join(hit.text.split())}"
    lines = hit.text.splitlines()
    names = (line for line in lines if line.lstrip().startswith(("def ", "async def ")))
    return f"{hit.place}  {next(names, lines[0])}"
