"""Which pairs of bytes are joined, in order, and the letters that bytes are written as.

A byte that is a printed sign of Latin-1 is written as itself, the other 68 as the letters from U+0100 on, in order.
"""

from collections.abc import Collection, Sequence

BYTES = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
LETTERS = [*map(chr, BYTES), *map(chr, range(0x100, 0x100 + 256 - len(BYTES)))]
"""of all bytes, those that are written as themselves first: the order of the first ids of GPT-2 and CLIP"""


def check_bytes(vocabulary: Collection[str], ending: str = "") -> None:
    """A vocabulary that lacks a byte cannot write every text."""
    absent = [letter + ending for letter in LETTERS if letter + ending not in vocabulary]
    if absent:
        raise ValueError(f"not a vocabulary of bytes, it lacks {absent[0]!r}")


def pairs_of(lines: Sequence[str]) -> list[tuple[str, str]]:
    """The pairs of a file of merges, whose first line may tell a version."""
    first = int("#version" in lines[0])
    pairs = []
    for number, line in enumerate(lines[first:], 1 + first):
        left, blank, right = line.partition(" ")
        if not (left and blank and right) or " " in right:
            raise ValueError(f"line {number}: {line[:40]!r} is no pair of tokens")
        pairs.append((left, right))
    return pairs


def check_pairs(pairs: Sequence[tuple[str, str]], vocabulary: Collection[str]) -> None:
    """A pair can only be joined where both tokens and what they give are tokens."""
    for left, right in pairs:
        for token in (left, right, left + right):
            if token not in vocabulary:
                raise ValueError(f"the pair {left!r} {right!r} needs {token!r}, which is no token of the vocabulary")
