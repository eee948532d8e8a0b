"""The best span of a window, exactly, and which window speaks for a token that several hold.

    score(i, j) = start_i + end_j - (start_0 + end_0)        i <= j < i + longest, i in the window's own tokens

start_0 and end_0 are the logits of "no answer here"; a score is the logarithm of how much likelier the span is. Devlin
et al. 2019, section 4.3. A token of several windows belongs to the one in which it has the most context, which is the
less of the tokens before and behind it there, and a hundredth of the window's length so that of equal ones the longer
wins, then the first (the published code of BERT for SQuAD).

Axes: W tokens of a window's passage, T tokens of the passage.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class Span(NamedTuple):
    """Tokens first to last, both within."""

    first: int
    last: int
    score: float


class Window(NamedTuple):
    """Tokens from `first` to before `end` of a passage, and those of them, own[0] to before own[1], that it owns."""

    first: int
    end: int
    own: tuple[int, int]


def best_span(logits: np.ndarray, *, longest: int, own: tuple[int, int]) -> Span | None:
    """(1 + W, 2) logits, the first of "no answer", to the best span that begins in `own`, counted in the window.

    Of equal ones the first, then the shortest; None where the window owns nothing.
    """
    nothing, starts, ends = logits[0].sum(), logits[1:, 0], logits[1:, 1]
    low, high = own
    if low >= high:
        return None
    longest = min(longest, len(ends) - low)
    behind = np.concatenate([ends[low:], np.full(longest, -np.inf)])
    scores = starts[low:high, None] + np.lib.stride_tricks.sliding_window_view(behind, longest)[: high - low]
    place, length = divmod(int(np.argmax(scores)), longest)
    return Span(low + place, low + place + length, float(scores[place, length] - nothing))


def cut_windows(tokens: int, room: int, stride: int) -> list[tuple[int, int]]:
    """Windows of at most `room` tokens, each beginning `stride` behind the one before, until the passage is covered."""
    if tokens == 0:
        return []
    last = max(0, -(-(tokens - room) // stride))
    return [(stride * place, min(tokens, stride * place + room)) for place in range(last + 1)]


def owned(windows: Sequence[tuple[int, int]]) -> list[Window]:
    """Windows in their order with what each owns; every token that is in a window belongs to just one."""
    if not windows:
        return []
    tokens = np.arange(windows[-1][1])
    context = np.stack([np.minimum(tokens - first, end - 1 - tokens) + 0.01 * (end - first) for first, end in windows])
    held = np.stack([(tokens >= first) & (tokens < end) for first, end in windows])
    owner = np.where(held.any(0), np.argmax(np.where(held, context, -np.inf), axis=0), -1)
    found = []
    for place, (first, end) in enumerate(windows):
        own = np.flatnonzero(owner == place)
        found.append(Window(first, end, (int(own[0]), int(own[-1]) + 1) if len(own) else (first, first)))
    return found
