"""report.html and report.md of language models."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from headwork.base.language import Completion, LanguageComparison, LanguageRun
from headwork.base.runs import ComparisonFolder, Run
from headwork.report.charts.drawing import looks
from headwork.report.every import of_comparison, of_run, write_both
from headwork.report.language.markdown import language_markdown
from headwork.report.language.pictures import LanguagePictures, draw_all, draw_lengths
from headwork.report.language.standings import endings_table, lengths_table, ranked
from headwork.report.language.terms import terms
from headwork.report.page import run_page, write_pages
from headwork.report.render import render


@write_pages.register
def _(comparison: LanguageComparison, folder: ComparisonFolder) -> None:
    models = comparison.models
    curves = folder.curves(models)
    write_both(folder, language_page(comparison, draw_all(comparison, curves)), language_markdown(comparison))


@run_page.register
def _(result: LanguageRun, run: Run) -> str:
    look = looks([result.model])
    return render(
        "language_run.html.jinja",
        **of_run(result, run, terms(result.tokens.unit)),
        lengths=draw_lengths({result.model: result.lengths}, look),
        lengths_table=lengths_table({result.model: result.lengths}, {result.model: result.slopes}),
        insights={result.model: result.insights},
        completed=completed({result.model: result.completions}),
    )


class Completed(NamedTuple):
    """A picture of the test side beside what models made of its first rows, as PNG files."""

    original: bytes
    rows: int
    by_model: dict[str, bytes]


def completed(completions: Mapping[str, Sequence[Completion]]) -> list[Completed]:
    """One for each picture; all models were given the same."""
    names = [name for name, found in completions.items() if found]
    return [
        Completed(of_all[0].original, of_all[0].rows, {n: one.completed for n, one in zip(names, of_all, strict=True)})
        for of_all in zip(*(completions[name] for name in names), strict=True)
    ]


def language_page(comparison: LanguageComparison, pictures: LanguagePictures) -> str:
    """The whole page as text."""
    models = ranked(comparison)
    return render(
        "language.html.jinja",
        **of_comparison(comparison, models, terms(comparison.unit), limits=endings_table(models)),
        pictures=pictures,
        lengths_table=lengths_table(
            {model.name: model.lengths for model in models}, {model.name: model.slopes for model in models}
        ),
        insights={model.name: model.insights for model in models},
        completed=completed({model.name: model.completions for model in models}),
    )
