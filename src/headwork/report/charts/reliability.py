"""Reliability diagram: how often a model is right when it says how sure it is (Guo et al. 2017, figure 1)."""

from markupsafe import Markup
from matplotlib.figure import Figure

from headwork.base.results import Bin
from headwork.report.charts.drawing import INK, Look, picture

SIDE = 170
LEFT, RIGHT, BOTTOM, TOP = 46, 14, 32, 8


def reliability_chart(
    before: list[Bin],
    after: list[Bin],
    look: Look,
    *,
    name: str,
    title: str,
    axes_of: tuple[str, str] = ("confidence", "accuracy"),
) -> Markup:
    """Accuracy over confidence: dashed and hollow before temperature scaling, filled after; larger dots, more rows."""

    def draw(figure: Figure) -> None:
        axes = figure.add_axes((LEFT / SIDE, BOTTOM / SIDE, 1 - (LEFT + RIGHT) / SIDE, 1 - (BOTTOM + TOP) / SIDE))
        axes.set(xlim=(0, 1), ylim=(0, 1), xlabel=axes_of[0], ylabel=axes_of[1])
        axes.set_xticks((0, 0.5, 1), ("0", "50%", "100%"))
        axes.set_yticks((0, 0.5, 1), ("0", "50%", "100%"))
        axes.plot((0, 1), (0, 1), color=INK, linewidth=0.7)
        for bins, filled in ((before, False), (after, True)):
            full = [one for one in bins if one.rows]
            total = sum(one.rows for one in full) or 1
            confidence, accuracy = [one.confidence for one in full], [one.accuracy for one in full]
            axes.plot(confidence, accuracy, color=look.color, alpha=0.5, linestyle="-" if filled else (0, (3, 2)))
            axes.scatter(
                confidence,
                accuracy,
                [12 + 130 * one.rows / total for one in full],
                facecolor=look.color if filled else "white",
                edgecolor=look.color,
                zorder=3 if filled else 2,
                clip_on=False,
            )

    return picture(draw, name=name, title=title, width=SIDE, height=SIDE)
