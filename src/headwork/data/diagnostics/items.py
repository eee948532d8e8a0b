"""Minimal pairs: what is asked twice with one thing changed, and what a model that understands says.

    turns   the second text has the other answer: what speaks for the first one's must fall
    grows   the second text has the same answer: what speaks for it must rise
    stays   the second text says nothing else: the answer must not change

A cloze asks for the word behind a context, and for how likely it is beside others, or beside itself behind another
context.
"""

from typing import Literal, NamedTuple

Change = Literal["turns", "grows", "stays"]


class Contrast(NamedTuple):
    """Texts are of one part for models of a text, of two for models of pairs."""

    suite: str
    group: str
    """items that share it came of the same words, and are drawn together"""
    change: Change
    first: tuple[str, ...]
    second: tuple[str, ...]
    answers: tuple[bool, bool]
    """positive, or follows"""


class Filled(NamedTuple):
    """A context, and a word behind it."""

    context: str
    word: str


class Cloze(NamedTuple):
    suite: str
    group: str
    expected: Filled
    against: tuple[Filled, ...]
    """each must be less likely"""
    denied: bool = False
    """are the words that are held against it false, and many others than the expected one true"""


def a(noun: str) -> str:
    """The noun with its article."""
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def capital(text: str) -> str:
    return text[0].upper() + text[1:]
