"""Words of any script, for what counts and compares them."""

import re

_WITHOUT_BLANKS = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
"""kana and Chinese characters, of which each is taken for a word"""
WORD = re.compile(rf"[^\W{_WITHOUT_BLANKS}]+|[{_WITHOUT_BLANKS}]")


def words_of(text: str) -> list[str]:
    return WORD.findall(text.casefold())
