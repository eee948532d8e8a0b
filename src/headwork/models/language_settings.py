"""Settings that all language models share: how a text becomes tokens, and how many are read at once. No torch."""

import math

import msgspec

from headwork.base.language import TokenKind

WHOLE = 0
"""a context of whole pictures, whatever their size"""


class LanguageSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    tokens: TokenKind = "characters"
    vocabulary: int = 20_000
    """most tokens of words, marked-words and bpe, fitted on the training side"""
    context: int = 128
    """tokens of a segment; 0: a whole picture"""
    picture: tuple[int, int, int] | None = None
    """height, width and channels of what is read; the data say it"""

    def __post_init__(self) -> None:
        if self.context < 2 and self.context != WHOLE:
            raise ValueError(f"context is {self.context}; a segment has at least 2 tokens")
        if self.tokens in ("words", "marked-words", "bpe") and self.vocabulary < 300:
            raise ValueError(f"vocabulary is {self.vocabulary}; expected at least 300")

    @property
    def whole(self) -> bool:
        """Is a segment just a picture?"""
        return self.picture is not None and self.context == math.prod(self.picture)
