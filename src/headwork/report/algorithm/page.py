"""report.html and report.md of learners of algorithms."""

from collections.abc import Mapping

from markupsafe import Markup

from headwork.base.algorithm import AlgorithmComparison, AlgorithmRun, Looks
from headwork.base.runs import ComparisonFolder, Point, Run
from headwork.report.algorithm.markdown import algorithm_markdown
from headwork.report.algorithm.standings import algorithm_table, ranked
from headwork.report.algorithm.terms import TERMS
from headwork.report.charts.beyond import Reach, beyond_chart
from headwork.report.charts.drawing import Look, looks
from headwork.report.charts.looked import looked_chart
from headwork.report.charts.progress import Course, progress_chart
from headwork.report.every import write_both
from headwork.report.page import run_page, write_pages
from headwork.report.render import render


@write_pages.register
def _(comparison: AlgorithmComparison, folder: ComparisonFolder) -> None:
    models = ranked(comparison)
    curves = folder.curves(models)
    found = {model.name: folder.trial(model.name, model.seeds[0]).looks() for model in models}
    markdown = algorithm_markdown(comparison, algorithm_table(comparison))
    write_both(folder, algorithm_page(comparison, curves, found), markdown)


@run_page.register
def _(result: AlgorithmRun, run: Run) -> str:
    points = run.metrics()
    return render(
        "algorithm_run.html.jinja",
        result=result,
        data=run.data(),
        progress=_progress({result.model: [points]}, looks([result.model])),
        linear_steps=max((point.step for point in points if point.linear), default=0),
        looked=_looked({result.model: run.looks()}),
        terms=TERMS,
    )


def algorithm_page(
    comparison: AlgorithmComparison, curves: dict[str, list[list[Point]]], found: Mapping[str, Looks | None]
) -> str:
    """The whole page as text; `found` says where the first seed of each model looked."""
    models = ranked(comparison)
    look = looks([model.name for model in models])
    reaches = [Reach(name=model.name, look=look[model.name], lengths=model.lengths) for model in models]
    return render(
        "algorithm.html.jinja",
        comparison=comparison,
        data=comparison.data,
        chosen=next(model for model in models if model.name == comparison.verdict.model),
        models=models,
        table=algorithm_table(comparison),
        progress=_progress(curves, look),
        beyond=beyond_chart(
            reaches,
            comparison.baselines,
            unit=comparison.unit,
            name="beyond",
            title="Score of each model by the length of the input",
        ),
        looked=_looked(found),
        terms=TERMS,
    )


def _progress(curves: dict[str, list[list[Point]]], look: dict[str, Look]) -> Markup | None:
    trained = {name: [points for points in seeds if points] for name, seeds in curves.items()}
    courses = [Course(name=name, look=look[name], seeds=seeds) for name, seeds in trained.items() if seeds]
    if not courses:
        return None
    return progress_chart(courses, name="progress", title="Score of each model on dev against its time of training")


def _looked(found: Mapping[str, Looks | None]) -> dict[str, list[list[tuple[str, Markup]]]]:
    """By model and by test example the captions and pictures of where it looked."""
    shown: dict[str, list[list[tuple[str, Markup]]]] = {}
    for place, (name, seen) in enumerate(found.items()):
        examples: dict[str, list[tuple[str, Markup]]] = {}
        for number, looked in enumerate(seen.maps if seen else []):
            caption = f"{looked.what}, {looked.example}"
            drawn = looked_chart(looked, name=f"looked{place}-{number}", title=f"{name}: {caption}")
            examples.setdefault(looked.example, []).append((caption, drawn))
        if examples:
            shown[name] = list(examples.values())
    return shown
