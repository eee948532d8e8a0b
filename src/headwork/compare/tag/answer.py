"""Answers of a trained tagger to new sentences, one a row, in order."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from headwork.base.tag import entities_of, is_iob2
from headwork.compare.asked import Asked, texts_asked
from headwork.data.conll import Sentence
from headwork.data.lines import read_lines
from headwork.data.tables import suffix_of
from headwork.data.tagged import CONLLU, JSONL, PACKED, read_tagged
from headwork.data.words import places_of_words
from headwork.tasks.classify import in_blocks
from headwork.tasks.tag import Tagger

BLOCK = 256
"""sentences answered together: a reader of the output waits for no more"""
WORDS = (CONLLU, ".conll", ".bio", ".iob", ".iob2", ".bioes", ".bmes")
"""files whose words are given"""
LINES = ".txt"


def sentences_asked(tagger: Tagger, asked: Asked) -> list[Sentence]:
    """The words of a file that names them; else texts, which become words as those that were learnt from are."""
    path = Path(asked.file) if asked.file and not any(asked.columns) else None
    kind = (
        suffix_of(path, [each + packed for each in (*WORDS, JSONL, LINES) for packed in ("", PACKED)]) if path else None
    )
    kind = kind.removesuffix(PACKED) if kind else None
    if path and kind in WORDS:
        return read_tagged(path, limits=asked.limits, tagged=False).sentences
    if path and kind == JSONL:
        texts = [each.text for each in read_tagged(path, limits=asked.limits, tagged=False).sentences]
    elif path and kind == LINES:
        texts = read_lines(path, asked.limits)
    else:
        texts = texts_asked(tagger, asked)
    return [as_words(text, tagger) for text in texts]


def as_words(text: str, tagger: Tagger) -> Sentence:
    places = tuple(places_of_words(text, tagger.splitting))
    return Sentence(text, tuple(text[start:end] for start, end in places), places, (), ())


def answers(tagger: Tagger, sentences: Sequence[Sentence]) -> Iterator[dict[str, Any]]:
    """{"text", "tokens": [{"text", "start", "end", "tag"}]} for each sentence, and "entities" where tags mark some."""
    for block in in_blocks(sentences, BLOCK):
        for sentence, tags in zip(block, tagger.tag([each.words for each in block]), strict=True):
            tokens = zip(sentence.words, sentence.places, tags, strict=True)
            answer: dict[str, Any] = {
                "text": sentence.text,
                "tokens": [
                    {"text": word, "start": start, "end": end, "tag": tag} for word, (start, end), tag in tokens
                ],
            }
            if is_iob2(tagger.tags):
                answer["entities"] = list(entities_in(sentence, tags))
            yield answer


def entities_in(sentence: Sentence, tags: Sequence[str]) -> Iterator[dict[str, Any]]:
    """With the characters that they stand at in the text."""
    for entity in entities_of(tags):
        start, end = sentence.places[entity.start][0], sentence.places[entity.end - 1][1]
        yield {"text": sentence.text[start:end], "start": start, "end": end, "label": entity.label}
