"""Minimal pairs by what can answer them; every sentence is made here, of lists that can be read."""

from collections.abc import Callable, Iterator, Sequence

from headwork.data.diagnostics import cloze, pairs, sentiment
from headwork.data.diagnostics.items import Change, Cloze, Contrast, Filled

SUITES: dict[str, Sequence[Callable[[], Iterator[Contrast]]]] = {
    "classify": sentiment.SUITES,
    "pair": pairs.SUITES,
}
"""by task"""
CLOZES = cloze.SUITES
"""of language models, masked or causal"""

__all__ = ["CLOZES", "SUITES", "Change", "Cloze", "Contrast", "Filled"]
