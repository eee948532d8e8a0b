"""How the best tagger does on each type of entity, or on each tag."""

from headwork.base.tag import TagComparison
from headwork.report.classes import class_table
from headwork.report.table import Table


def kind_table(comparison: TagComparison) -> Table:
    of_entities = comparison.of_entities
    return class_table(
        comparison.per_class,
        name="type" if of_entities else "tag",
        rows="test entities" if of_entities else "test words",
    )
