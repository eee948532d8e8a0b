"""Words of any script, for what counts and compares them."""

import re

_WITHOUT_BLANKS = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
"""kana and Chinese characters, of which each is taken for a word"""
WORD = re.compile(rf"[^\W{_WITHOUT_BLANKS}]+|[{_WITHOUT_BLANKS}]")
WORD_END = re.compile(r"_+|(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=\D)(?=\d)|(?<=\d)(?=\D)")
"""in a name; of several capitals the last begins a word where a small letter follows"""


def words_of(text: str) -> list[str]:
    return WORD.findall(text.casefold())


def parts_of(text: str) -> list[str]:
    """Words, and the parts of names written in snake_case and camelCase in their place."""
    return [part.casefold() for word in WORD.findall(text) for part in WORD_END.split(word) if part]
