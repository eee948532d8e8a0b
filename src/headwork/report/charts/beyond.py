"""Score by the length of the input, with the lengths of training shaded: what lies beyond was never seen."""

import msgspec
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from headwork.base.algorithm import Baseline, LengthScore
from headwork.report.charts.drawing import FAINT, INK, Look, hundredths, picture
from headwork.report.charts.ends import End, name_ends

WIDTH, HEIGHT = 440, 280
LEFT, RIGHT, BOTTOM, TOP = 44, 118, 36, 8
BASELINE = Look(INK, "")


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """One model by length."""

    name: str
    look: Look
    lengths: list[LengthScore]


def beyond_chart(reaches: list[Reach], baselines: list[Baseline], *, unit: str, name: str, title: str) -> Markup:
    """A line with intervals for each model, a dashed one for each answerer that does not learn."""
    lengths = reaches[0].lengths
    trained = max((each.length for each in lengths if each.trained), default=lengths[0].length)
    lows = [each.score.low for reach in reaches for each in reach.lengths]
    lows += [score for baseline in baselines for score in baseline.lengths.values()]

    def draw(figure: Figure) -> None:
        axes = figure.add_axes((LEFT / WIDTH, BOTTOM / HEIGHT, 1 - (LEFT + RIGHT) / WIDTH, 1 - (BOTTOM + TOP) / HEIGHT))
        places = [each.length for each in lengths]
        span = places[-1] - places[0] or 1
        axes.set(xlim=(places[0] - 0.04 * span, places[-1] + 0.02 * span), ylim=(max(0.0, min(lows) - 0.03), 1.02))
        axes.set(xlabel=unit, ylabel="score")
        axes.set_xticks(places)
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: hundredths(value)))
        axes.axvspan(places[0] - 0.04 * span, trained + 0.01 * span, color=FAINT, alpha=0.45, linewidth=0)
        for reach in reaches:
            _draw(axes, reach)
        for baseline in baselines:
            axes.plot(places, [baseline.lengths[length] for length in places], color=INK, linewidth=0.8, dashes=(4, 3))
        ends = [End(each.name, each.look, places[-1], each.lengths[-1].score.mean) for each in reaches]
        ends += [End(each.name, BASELINE, places[-1], each.lengths[places[-1]]) for each in baselines]
        name_ends(axes, ends, edge=places[-1] + 0.06 * span, height=HEIGHT - BOTTOM - TOP)

    return picture(draw, name=name, title=title, width=WIDTH, height=HEIGHT)


def _draw(axes: Axes, reach: Reach) -> None:
    scores = [each.score for each in reach.lengths]
    axes.errorbar(
        [each.length for each in reach.lengths],
        [score.mean for score in scores],
        [[score.mean - score.low for score in scores], [score.high - score.mean for score in scores]],
        fmt=f"-{reach.look.marker}",
        color=reach.look.color,
        linewidth=1.3,
        elinewidth=0.8,
        markersize=5,
    )
