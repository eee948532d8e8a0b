"""Numbers read as a person would write them, and keep their value."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwork.report import numbers


@pytest.mark.parametrize(
    ("function", "value", "text"),
    [
        (numbers.count, 0, "0"),
        (numbers.count, 12_345, "12,345"),
        (numbers.count, 22_717_066, "22.7 M"),
        (numbers.count, 999_999, "1 M"),
        (numbers.size, 412, "412 B"),
        (numbers.size, 1_240_000, "1.24 MB"),
        (numbers.size, 90_868_376, "90.9 MB"),
        (numbers.size, 1_060_000_000, "1.06 GB"),
        (numbers.seconds, 0.0004, "0.4 ms"),
        (numbers.seconds, 0.034, "34 ms"),
        (numbers.seconds, 0.9999, "1.0 s"),
        (numbers.seconds, 1.24, "1.2 s"),
        (numbers.seconds, 34.4, "34 s"),
        (numbers.seconds, 59.7, "1 min"),
        (numbers.seconds, 252, "4 min 12 s"),
        (numbers.seconds, 3600, "1 h"),
        (numbers.seconds, 4320, "1 h 12 min"),
        (numbers.milliseconds, 5.81, "5.8 ms"),
        (numbers.rate, 12_438.0, "12,400"),
        (numbers.rate, 0.84, "0.84"),
        (numbers.percent, 0.912, "91.2%"),
        (numbers.percent_interval, (0.893, 0.927), "89.3–92.7%"),
        (numbers.points, -0.0131, "−1.3"),
        (numbers.points, 0.004, "+0.4"),
        (numbers.points, -0.0001, "0.0"),
        (numbers.points_interval, (-0.028, 0.002), "−2.8 to +0.2"),
        (numbers.p_value, 0.0004, "< 0.001"),
        (numbers.p_value, 0.0341, "0.034"),
        (numbers.p_value, 1.0, "1.00"),
        (numbers.times, 76.2, "76×"),
        (numbers.times, 1.42, "1.4×"),
        (numbers.decimal, -0.314, "−0.31"),
        (numbers.decimal, -0.001, "0.00"),
    ],
)
def test_examples(function, value, text):
    assert function(*value) if isinstance(value, tuple) else function(value) == text


@given(st.integers(0, 10**14))
def test_a_size_keeps_its_value_to_three_digits(amount):
    number, unit = numbers.size(amount).split()
    back = float(number) * 1000 ** ["B", "kB", "MB", "GB", "TB"].index(unit)
    assert back == pytest.approx(amount, rel=0.0051)


@given(st.floats(0.001, 10**6))
def test_a_time_keeps_its_value(value):
    units = {"h": 3600, "min": 60, "s": 1, "ms": 0.001}
    parts = re.findall(r"([\d.,]+) (h|min|s|ms)", numbers.seconds(value))
    assert sum(float(number.replace(",", "")) * units[unit] for number, unit in parts) == pytest.approx(value, rel=0.06)


@given(st.floats(-1, 1))
def test_a_difference_keeps_its_value_and_its_sign(value):
    text = numbers.points(value)
    assert float(text.replace("−", "-")) == pytest.approx(100 * value, abs=0.0501)
    assert "-" not in text and text != "−0.0"
