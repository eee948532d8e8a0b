"""Is an answer right: beside matching each pair of values by hand, as the official evaluator goes about it."""

import re
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from headwork.measure.denotations import agrees, denotation

TEXTS = st.sampled_from(
    ["5", "5.0", "5 (a)", "five", "Five.", "0.1", ".1", "0.10000000001", "Zürich", "zurich[3]", "2004-02-03",
     "2004-2-3", "xx-02-03", "1999", "1999-xx-xx", "", "-1", "−1", '"q"', "q"]
)  # fmt: skip


def plain(text: str) -> str:
    """A second way to write the normalisation, for these texts."""
    text = unicodedata.normalize("NFKD", text.replace("−", "-"))
    text = "".join(c for c in text if not unicodedata.combining(c)).lower()
    text = re.sub(r" \(.*\)$|\[\d+\]$", "", text).strip('"')
    return text.rstrip(".")


def number(text: str) -> float | None:
    found = re.fullmatch(r"(\d+)-xx-xx", text)
    try:
        return float(found[1] if found else text)
    except ValueError:
        return None


def date(text: str) -> tuple[int, ...] | None:
    parts = text.split("-")
    if len(parts) != 3 or sum(part.isdigit() for part in parts) < 2:
        return None
    return tuple(-1 if part.startswith("x") else int(part) for part in parts)


def match(one: str, other: str) -> bool:
    one, other = plain(one), plain(other)
    if one == other:
        return True
    numbers = number(one), number(other)
    if None not in numbers:
        return abs(numbers[0] - numbers[1]) < 1e-6
    return date(one) is not None and date(one) == date(other)


@given(st.lists(TEXTS, max_size=4), st.lists(TEXTS, min_size=1, max_size=4))
def test_two_sets_agree_where_each_value_has_its_like(answers, right):
    def different(texts):
        return [text for place, text in enumerate(texts) if not any(match(text, other) for other in texts[:place])]

    ours, theirs = different(answers), different(right)
    expected = len(ours) == len(theirs) and all(any(match(one, other) for other in ours) for one in theirs)
    assert agrees(answers, right) == expected


def test_no_answer_is_never_right():
    assert not agrees([], []) and not agrees([], ["a"]) and agrees([""], [""])


def test_values_count_once():
    assert denotation(["5", "5.0", "5 (est.)"]) == {5.0}
