"""Summaries of new documents by a trained model, one a row, in order."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from headwork.base.errors import HeadworkError
from headwork.compare.asked import Asked, texts_asked
from headwork.data.lines import read_lines
from headwork.data.summaries import sentences_of
from headwork.data.tables import suffix_of
from headwork.tasks.classify import in_blocks
from headwork.tasks.summarize import Summarizer

BLOCK = 32
"""documents summarised together: a reader of the output waits for no more"""
WHOLE = (".txt", ".txt.gz", ".md", ".rst")
"""files that are one document"""


def documents_asked(summarizer: Summarizer, asked: Asked) -> list[str]:
    """A text file is one document; else the texts of a table, or lines."""
    if asked.file and suffix_of(Path(asked.file), WHOLE) and not any(asked.columns):
        return ["\n".join(read_lines(Path(asked.file), asked.limits))]
    return texts_asked(summarizer, asked)


def answers(
    summarizer: Summarizer,
    texts: Sequence[str],
    *,
    sentences: int | None = None,
    beam: int | None = None,
    length_penalty: float | None = None,
) -> Iterator[dict[str, Any]]:
    """{"text", "summary", "sentences": [{"index", "score", "text"}]} for each document.

    Of what is written anew there are no sentences. "windows": true where the document is longer than the model takes at
    once; "sentences_cut": how many sentences are longer than that, of which it did not see the end.
    """
    how = _how(summarizer, sentences, beam, length_penalty)
    for block in in_blocks(texts, BLOCK):
        documents = [sentences_of(text, listed=summarizer.listed) for text in block]
        for text, document, summary in zip(block, documents, summarizer.summarize(documents, **how), strict=True):
            answer: dict[str, Any] = {"text": text, "summary": summary.text}
            if not summarizer.WRITES:
                answer["sentences"] = [
                    {"index": place, "score": score, "text": document[place]} for place, score in summary.sentences
                ]
            reading = summarizer.reading([document])
            if reading.in_windows:
                answer["windows"] = True
            if reading.sentences_cut:
                answer["sentences_cut"] = reading.sentences_cut
            yield answer


def _how(summarizer: Any, sentences: int | None, beam: int | None, length_penalty: float | None) -> dict[str, Any]:
    """What `summarize` is told beside the documents; an option that means nothing for the model is refused."""
    name = summarizer.recipe.name
    if summarizer.WRITES:
        if sentences is not None:
            raise HeadworkError(f"--sentences: {name} writes summaries anew; leave it out")
        given = {"beam": beam, "length_penalty": length_penalty}
        return {
            "search": replace(summarizer.search, **{key: value for key, value in given.items() if value is not None})
        }
    for option, value in (("--beam", beam), ("--length-penalty", length_penalty)):
        if value is not None:
            raise HeadworkError(f"{option}: {name} chooses sentences; leave it out")
    return {"sentences": sentences}
