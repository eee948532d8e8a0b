"""Holm's correction against its definition, written out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwork.measure.holm import holm

p_values = st.lists(st.floats(0, 1), max_size=8)


def rejected_step_by_step(p: list[float], level: float) -> set[int]:
    """The procedure as Holm gives it: the smallest p against level / m, the next against level / (m - 1), and so on."""
    rejected: set[int] = set()
    for step, index in enumerate(sorted(range(len(p)), key=lambda i: p[i])):
        if p[index] * (len(p) - step) > level:
            break
        rejected.add(index)
    return rejected


@given(p_values, st.floats(0.001, 0.999))
def test_rejects_what_the_procedure_rejects(p, level):
    assert {i for i, adjusted in enumerate(holm(p)) if adjusted <= level} == rejected_step_by_step(p, level)


@given(p_values)
def test_keeps_the_order_and_never_lowers_a_p(p):
    adjusted = holm(p)
    assert all(raw <= new <= 1 for raw, new in zip(p, adjusted, strict=True))
    order = np.argsort(p, kind="stable")
    assert (np.diff(np.array(adjusted)[order]) >= 0).all()


def test_a_worked_example():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.2]) == [0.2]
    assert holm([]) == []


def test_the_chance_of_any_false_rejection_stays_below_the_level():
    generator = np.random.default_rng(0)
    worlds = generator.random((4000, 6))
    assert np.mean([min(holm(world)) < 0.05 for world in worlds]) < 0.06
    assert np.mean(worlds.min(1) < 0.05) > 0.2
