"""headwork data"""

from collections.abc import Iterator

import click

from headwork.cli.options import task_option


@click.command()
@click.argument("name", required=False)
@task_option
def data(name, task) -> None:
    """List the data sets at hand, or show what is in the one called NAME."""
    from headwork.base.recipes import MAIN_TASK
    from headwork.cli.show import describe_data, show_examples
    from headwork.compare.work import work_of
    from headwork.data.drawn import prepare_drawn
    from headwork.data.generated import GENERATORS
    from headwork.data.sets import known_sets

    if name and name.partition(":")[0] in GENERATORS:
        describe_data(prepare_drawn(name))
        return
    if name:
        guessed = next((form for form, known in _by_task() if name in known), MAIN_TASK)
        rows = work_of(task or guessed).prepare(name)
        describe_data(rows)
        show_examples(rows)
        return
    listed = {each.name: each.description for each in known_sets()}
    for form, known in _by_task():
        listed |= {each: f"{what}, for --task {form}" for each, what in known.items()}
    listed |= {each.NAME: f"generated, for --task algorithm: {each.TITLE}" for each in GENERATORS.values()}
    width = max(map(len, listed))
    for each, description in listed.items():
        click.echo(f"{each:{width}}  {description}")


def _by_task() -> Iterator[tuple[str, dict[str, str]]]:
    """Tasks whose sets are no tables of texts: their names below HEADWORK_DATA, and what they hold."""
    from headwork.data.bitext import known_bitexts
    from headwork.data.captions import known_captions
    from headwork.data.logs import known_logs
    from headwork.data.picture_text import known_pictures
    from headwork.data.prepared_tables import known_tables
    from headwork.data.questions import known_questions
    from headwork.data.running_text import known_texts
    from headwork.data.sets import sets_of
    from headwork.data.tagged import NAMED

    captioned = known_captions()
    yield "translate", {name: f"{both.source} to {both.target}, line by line" for name, both in known_bitexts()}
    yield "translate", dict.fromkeys(captioned, "pictures with captions")
    yield "language", dict.fromkeys(known_texts(), "a running text")
    yield "language", {name: "pictures" for name in known_pictures() if name not in captioned}
    yield "tag", {each.name: "a word and its tag on each line" for each in sets_of(NAMED)}
    yield "parse-log", dict.fromkeys(known_logs(), "lines of a log with their templates")
    yield "span", dict.fromkeys(known_questions(), "questions about passages")
    yield "table", dict.fromkeys(known_tables(), "questions about tables, or statements on them")
