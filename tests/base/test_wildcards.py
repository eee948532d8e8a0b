"""Gaps between literals, against regular expressions with lazy groups."""

import re
import time

from hypothesis import given
from hypothesis import strategies as st

from headwork.base.wildcards import begins_with, gaps_in

LITERALS = st.lists(st.text("ab ", max_size=3), min_size=1, max_size=5)
TEXTS = st.text("abc ", max_size=14)


def expression(literals: list[str], fewest: int) -> str:
    return f"(.{{{fewest},}}?)".join(map(re.escape, literals))


@given(LITERALS, TEXTS, st.integers(0, 1))
def test_the_gaps_are_those_of_lazy_groups(literals, text, fewest):
    found = re.compile(expression(literals, fewest), re.DOTALL).fullmatch(text)
    expected = None if found is None else [found.span(number + 1) for number in range(len(literals) - 1)]
    assert gaps_in(literals, text, fewest=fewest) == expected


@given(LITERALS, TEXTS, st.integers(0, 1))
def test_a_beginning_is_that_of_lazy_groups(literals, text, fewest):
    found = re.compile(expression(literals, fewest), re.DOTALL).match(text)
    begun = begins_with(literals, text, fewest=fewest)
    assert (begun is None) == (found is None)
    if begun and found:
        assert begun.gaps == [found.span(number + 1) for number in range(len(literals) - 1)]
        assert begun.end == found.end()


@given(LITERALS, st.lists(st.text("xyz", max_size=3), min_size=4, max_size=4))
def test_what_was_put_into_the_gaps_fits(literals, values):
    text = literals[0] + "".join(value + literal for value, literal in zip(values, literals[1:], strict=False))
    gaps = gaps_in(literals, text)
    assert gaps is not None
    rebuilt = literals[0] + "".join(
        text[start:end] + literal for (start, end), literal in zip(gaps, literals[1:], strict=True)
    )
    assert rebuilt == text


def test_what_takes_an_expression_years_takes_a_moment():
    """Forty groups over a text of one letter, and the last literal is nowhere: backtracking tries them all."""
    literals, text = [*["a"] * 40, "b"], "a" * 200_000
    began = time.perf_counter()
    assert gaps_in(literals, text) is None
    assert gaps_in([*literals[:-1], ""], text) is not None
    assert gaps_in(["aab"] * 40, text) is None
    assert time.perf_counter() - began < 2
