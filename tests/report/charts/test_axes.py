"""What stands on the axes of a chart, and how large it is drawn."""

import re

from headwork.base.algorithm import Looked
from headwork.report.charts.drawing import looks
from headwork.report.charts.looked import looked_chart
from headwork.report.language.charts import Line, length_chart
from headwork.report.numbers import seconds


def test_costs_within_a_power_of_ten_have_numbers_beside_them():
    line = Line(name="model", look=looks(["model"])["model"], points=[(16, 0.021), (32, 0.024), (64, 0.031)])
    drawn = length_chart([line], name="a", title="A", axis="a step", number=seconds, scale="log")
    assert len(re.findall(r">\d+ ms<", drawn)) >= 2


def test_maps_of_different_lengths_have_one_scale():
    """A step is as wide in a long map as in a short one, because the page shows both in the size that they say."""
    sizes = []
    for steps in (14, 20):
        drawn = looked_chart(Looked(example="", what="read", weights=[[0.1] * 8] * steps), name="a", title="A")
        sizes.append([float(re.findall(rf' {side}="([\d.]+)"', drawn)[0]) for side in ("width", "height")])
    (short, high), (long, as_high) = sizes
    assert high == as_high and long - short == 6 * 7
