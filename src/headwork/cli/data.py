"""headwork data"""

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
    from headwork.data.bitext import known_bitexts
    from headwork.data.drawn import prepare_drawn
    from headwork.data.generated import GENERATORS
    from headwork.data.prepared_tables import known_tables
    from headwork.data.questions import known_questions
    from headwork.data.sets import known_sets, sets_of
    from headwork.data.tagged import NAMED

    if name and name.partition(":")[0] in GENERATORS:
        describe_data(prepare_drawn(name))
        return
    bitexts, asked, tables = dict(known_bitexts()), known_questions(), known_tables()
    tagged = [each.name for each in sets_of(NAMED)]
    if name:
        named = {"translate": bitexts, "span": asked, "tag": tagged, "table": tables}
        guessed = next((kind for kind, names in named.items() if name in names), MAIN_TASK)
        rows = work_of(task or guessed).prepare(name)
        describe_data(rows)
        show_examples(rows)
        return
    listed = {each.name: each.description for each in known_sets()}
    listed |= {
        name: f"{languages.source} to {languages.target}, line by line, for --task translate"
        for name, languages in bitexts.items()
    }
    listed |= {name: "a word and its tag on each line, for --task tag" for name in tagged}
    listed |= {name: "questions about passages, for --task span" for name in asked}
    listed |= {name: "questions about tables, or statements on them, for --task table" for name in tables}
    listed |= {each.NAME: f"generated, for --task algorithm: {each.TITLE}" for each in GENERATORS.values()}
    width = max(map(len, listed))
    for each, description in listed.items():
        click.echo(f"{each:{width}}  {description}")
