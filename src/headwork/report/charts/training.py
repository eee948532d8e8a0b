"""Training curves of one model: accuracy and loss over epochs, a thin line for each seed."""

from markupsafe import Markup
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from headwork.base.runs import Point
from headwork.report.charts.drawing import INK, Look, hundredths, picture
from headwork.report.charts.scale import Scale

WIDTH, HEIGHT = 170, 230


def training_chart(
    seeds: list[list[Point]],
    look: Look,
    *,
    name: str,
    title: str,
    scores: Scale,
    losses: Scale,
    score: str = "accuracy",
) -> Markup:
    """Above, accuracy on dev, or another score; below, loss on dev (solid) and on train (dotted).

    One scale for all makes pictures comparable.
    """

    def draw(figure: Figure) -> None:
        above, below = figure.subplots(2, sharex=True)
        figure.subplots_adjust(
            left=46 / WIDTH, right=1 - 8 / WIDTH, bottom=32 / HEIGHT, top=1 - 6 / HEIGHT, hspace=0.12
        )
        for points in seeds:
            epochs = [point.epoch for point in points]
            above.plot(epochs, [point.dev_accuracy for point in points], color=look.color, linewidth=1)
            below.plot(epochs, [point.dev_loss for point in points], color=look.color, linewidth=1)
            below.plot(epochs, [point.train_loss for point in points], color=INK, linewidth=0.8, linestyle=":")
        above.set(ylim=(scores.low, scores.high), ylabel=score)
        above.yaxis.set_major_formatter(FuncFormatter(lambda value, _: hundredths(value)))
        below.set(ylim=(losses.low, losses.high), ylabel="loss", xlabel="epochs")
        for axes in (above, below):
            axes.yaxis.set_major_locator(MaxNLocator(4))
        below.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        figure.align_ylabels()

    return picture(draw, name=name, title=title, width=WIDTH, height=HEIGHT)
