"""Search by words, which learns nothing: BM25, or the cosine of TF-IDF vectors (`headwork.models.retrieval`).

How rare a word is, the documents that are searched say, and not those of training.
"""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Literal

import msgspec

from headwork.base.words import parts_of, words_of
from headwork.models.retrieval import Index, Search

WORDS: dict[str, Callable[[str], list[str]]] = {"split": parts_of, "whole": words_of}


class LexicalConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    SIZES: ClassVar[dict[str, dict[str, Any]]] = {"tiny": {}, "small": {}, "base": {}}

    by: Search = "bm25"
    k: float = 1.2
    """of BM25: the larger, the more a word counts that stands there again"""
    b: float = 0.75
    """of BM25: how much long documents are held against them, 0 to 1"""
    names: Literal["split", "whole"] = "split"
    """are names such as read_line and readLine split into their words"""

    def __post_init__(self) -> None:
        if self.k < 0 or not 0 <= self.b <= 1:
            raise ValueError(f"k is {self.k} and b {self.b}; expected k of at least 0 and b from 0 to 1")


class Lexical:
    """Its settings are all that it has."""

    parameters = 0

    def __init__(self, config: LexicalConfig):
        self.config = config

    def index(self, documents: Sequence[str]) -> Index:
        c = self.config
        return Index(documents, by=c.by, words=WORDS[c.names], k=c.k, b=c.b)
