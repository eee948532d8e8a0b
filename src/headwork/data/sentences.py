"""How many tokens stand in each sentence of a text.

A sentence ends after . ! ? (with quotes or brackets that close there) where white space follows, and at a blank line. A
full stop after one of a few abbreviations or after a single letter ends none.
"""

import re
from collections.abc import Sequence

ABBREVIATIONS = frozenset("e.g i.e cf vs etc al fig mr mrs ms dr prof st jr sr inc ltd co u.s u.k a.m p.m".split())

# Each run of marks is tried from its start only, so that the time stays linear on a million full stops.
_end = re.compile(r"""(?<![.!?…])(?P<mark>[.!?…]+)["'”’)\]]*\s+|[。！？]["'”’」』]*\s*|\n\s*\n""")


def sentence_starts(text: str) -> list[int]:
    """The place of the first character of each sentence but the first."""
    return [found.end() for found in _end.finditer(text) if not _abbreviation(found)]


def sentence_lengths(text: str, offsets: Sequence[tuple[int, int]]) -> tuple[int, ...]:
    """The number of tokens in each sentence, none of them 0; their sum is the number of tokens.

    offsets: for each token where it starts and ends in `text`, in characters and in order. A token that stands for no
    characters, (0, 0), is of the sentence of the token before it.
    """
    starts = sentence_starts(text)
    lengths = []
    passed = count = 0
    for start, end in offsets:
        before = passed
        while end > start and passed < len(starts) and starts[passed] <= start:
            passed += 1
        if passed > before and count:
            lengths.append(count)
            count = 0
        count += 1
    return (*lengths, count) if count else tuple(lengths)


def _abbreviation(end: re.Match[str]) -> bool:
    if end["mark"] != ".":
        return False
    before = end.string[max(0, end.start() - 10) : end.start()].lower()
    word = re.split(r"\s", before)[-1].lstrip("([\"'")
    return word in ABBREVIATIONS or (len(word) == 1 and word.isalpha())
