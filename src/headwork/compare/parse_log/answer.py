"""Fields of new lines by a trained parser, one line a row, in order."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from headwork.base.parse_log import VALUE
from headwork.compare.asked import Asked
from headwork.compare.tag.answer import BLOCK, as_words, entities_in, texts_asked_in
from headwork.data.conll import Sentence
from headwork.tasks.classify import in_blocks
from headwork.tasks.tag import Tagger

LINES = (".log", ".txt")
BEHIND = re.compile(r"[\s\])}>:|;,=-]*")
"""what parts a header from the content"""


def lines_asked(tagger: Tagger, asked: Asked) -> list[Sentence]:
    """The lines of a file or a stream, the texts of a .jsonl file, or the column of a table."""
    return [as_words(text, tagger) for text in texts_asked_in(tagger, asked, lines=LINES)]


def answers(tagger: Tagger, lines: Sequence[Sentence]) -> Iterator[dict[str, Any]]:
    """{"text", "fields", "template", "spans"} of each line."""
    parts = f"B-{VALUE}" in tagger.tags
    for block in in_blocks(lines, BLOCK):
        for line, tags in zip(block, tagger.tag([each.words for each in block]), strict=True):
            spans = list(entities_in(line, tags))
            yield {
                "text": line.text,
                "fields": fields_of(spans),
                "template": template_of(line.text, spans, parts=parts),
                "spans": spans,
            }


def fields_of(spans: Sequence[dict[str, Any]]) -> dict[str, str | list[str]]:
    """A list of values; of any other field its text, or a list where a line has it several times."""
    found: dict[str, list[str]] = {}
    for span in spans:
        found.setdefault(span["label"], []).append(span["text"])
    return {name: texts if name == VALUE or len(texts) > 1 else texts[0] for name, texts in found.items()}


def template_of(text: str, spans: Sequence[dict[str, Any]], *, parts: bool) -> str:
    """The content with <*> for each value and <name> for any other field there, its blanks of one kind.

    parts: is a line a header and a content? The content is what stands behind the last field before a value; without
    parts it is the whole line.
    """
    at, header = 0, 0
    if parts:
        values = next((place for place, span in enumerate(spans) if span["label"] == VALUE), len(spans))
        header = values
        at = spans[values - 1]["end"] if values else 0
        if values and (behind := BEHIND.match(text, at)):
            at = behind.end()
    pieces = []
    for span in spans[header:]:
        pieces += [text[at : span["start"]], "<*>" if span["label"] == VALUE else f"<{span['label']}>"]
        at = span["end"]
    return " ".join("".join([*pieces, text[at:]]).split())
