"""Score on dev against seconds of training, a thin line for each seed."""

import msgspec
from markupsafe import Markup
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from headwork.base.runs import Point
from headwork.report.charts.drawing import Look, hundredths, picture
from headwork.report.charts.ends import End, name_ends
from headwork.report.charts.scale import ticks_of_time
from headwork.report.numbers import seconds

WIDTH, HEIGHT = 440, 280
LEFT, RIGHT, BOTTOM, TOP = 44, 118, 36, 8


class Course(msgspec.Struct, frozen=True, kw_only=True):
    """The training of one model: the looks at dev of each seed, in their order."""

    name: str
    look: Look
    seeds: list[list[Point]]


def progress_chart(courses: list[Course], *, name: str, title: str) -> Markup:
    """A line for each seed of each model, the model's name at the right end."""
    every = [point for course in courses for points in course.seeds for point in points]
    low = max(0.0, min(point.dev_accuracy for point in every) - 0.03)
    longest = max(point.seconds for point in every)

    def draw(figure: Figure) -> None:
        axes = figure.add_axes((LEFT / WIDTH, BOTTOM / HEIGHT, 1 - (LEFT + RIGHT) / WIDTH, 1 - (BOTTOM + TOP) / HEIGHT))
        axes.set(xlim=(0, longest * 1.02), ylim=(low, 1.02), xlabel="training", ylabel="score on dev")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: seconds(value) if value else "0"))
        axes.xaxis.set_major_locator(ticks_of_time(longest))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: hundredths(value)))
        for course in courses:
            for points in course.seeds:
                times, scores = [point.seconds for point in points], [point.dev_accuracy for point in points]
                axes.plot(times, scores, color=course.look.color, linewidth=1)
        lasts = [(each, each.seeds[0][-1]) for each in courses]
        ends = [End(each.name, each.look, last.seconds, last.dev_accuracy) for each, last in lasts]
        name_ends(axes, ends, edge=longest * 1.05, height=HEIGHT - BOTTOM - TOP)

    return picture(draw, name=name, title=title, width=WIDTH, height=HEIGHT)
