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
from headwork.data.words import places_of_words, words_at
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
    if path and suffix_of(path, _ends(WORDS)):
        return read_tagged(path, limits=asked.limits, tagged=False).sentences
    return [as_words(text, tagger) for text in texts_asked_in(tagger, asked, lines=(LINES,))]


def texts_asked_in(tagger: Tagger, asked: Asked, *, lines: Sequence[str]) -> list[str]:
    """Texts: the lines of files whose names end so, those of a .jsonl file, or else as they are asked of any model."""
    path = Path(asked.file) if asked.file and not any(asked.columns) else None
    if path and suffix_of(path, _ends([JSONL])):
        return [each.text for each in read_tagged(path, limits=asked.limits, tagged=False).sentences]
    if path and suffix_of(path, _ends(lines)):
        return read_lines(path, asked.limits)
    return texts_asked(tagger, asked)


def _ends(suffixes: Sequence[str]) -> list[str]:
    return [suffix + packed for suffix in suffixes for packed in ("", PACKED)]


def as_words(text: str, tagger: Tagger) -> Sentence:
    places = tuple(places_of_words(text, tagger.splitting))
    return Sentence(text, words_at(text, places, tagger.splitting), places, (), ())


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
        yield {"text": sentence.piece(entity.start, entity.end), "start": start, "end": end, "label": entity.label}
