"""What a model reads of a text that has more tokens than it takes.

    cut         the first `room` tokens
    head-tail   a quarter of the room from the head and the rest from the tail, 128 and 382 of 510 tokens
                (Sun, Qiu, Xu and Huang 2019, "How to fine-tune BERT for text classification?")
    windows     all of it, in as few windows as there is room in; they are as long as each other to one token, and
                neighbours have `stride` tokens in common

What frames a text ([CLS], [SEP]) is not counted here: each piece has its own.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Literal, TypeVar

Long = Literal["cut", "head-tail", "windows"]
Piece = Sequence[int]
"""the places of the tokens that are read together"""
T = TypeVar("T")


def cut(tokens: int, room: int, stride: int) -> list[Piece]:
    return [range(room)]


def head_tail(tokens: int, room: int, stride: int) -> list[Piece]:
    head = round(room / 4)
    return [[*range(head), *range(tokens - room + head, tokens)]]


def windows(tokens: int, room: int, stride: int) -> list[Piece]:
    """`stride` must be less than `room`. With a short last window in their place, its few tokens would count most."""
    many = -(-(tokens - stride) // (room - stride))
    shortest, longer = divmod(tokens + (many - 1) * stride, many)
    found, start = [], 0
    for number in range(many):
        end = start + shortest + (number < longer)
        found.append(range(start, end))
        start = end - stride
    return found


WAYS: dict[Long, Callable[[int, int, int], list[Piece]]] = {"cut": cut, "head-tail": head_tail, "windows": windows}
"""from a number of tokens, the room for them, which is less, and the stride"""


def pieces(way: Long, tokens: int, room: int, stride: int) -> list[Piece]:
    """What is read of a text of so many tokens; all of it in one piece where there is room."""
    return [range(tokens)] if tokens <= room else WAYS[way](tokens, room, stride)


def evenly(items: list[T], most: int) -> list[T]:
    """`most` of the items, from the first to the last at equal distances; all of them where there are no more."""
    if len(items) <= most:
        return items
    return [items[place * (len(items) - 1) // max(1, most - 1)] for place in range(most)]


def together(sizes: Sequence[int], most: int) -> list[tuple[int, int]]:
    """(start, end) of runs of neighbours, as long as their sum is at most `most`; a larger one stands alone."""
    bounds, held = [0], 0
    for place, size in enumerate(sizes):
        if held and held + size > most:
            bounds.append(place)
            held = 0
        held += size
    return [(start, end) for start, end in pairwise([*bounds, len(sizes)]) if start < end]
