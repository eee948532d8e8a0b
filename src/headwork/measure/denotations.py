"""Is an answer that was computed from a table the right one?

Both are sets of values; they agree where they are equal. The rules are those of `headwork.base.values`.
Denotation accuracy is the share of questions whose answer agrees.
"""

from collections.abc import Iterable

from headwork.base.values import Value, value_of


def denotation(answers: Iterable[str]) -> frozenset[Value]:
    return frozenset(map(value_of, answers))


def agrees(answers: Iterable[str], right: Iterable[str]) -> bool:
    """No answer at all is never right."""
    found = denotation(answers)
    return bool(found) and found == denotation(right)
