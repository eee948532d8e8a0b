"""The data sets that come with headwork, and what their columns hold."""

from collections.abc import Callable
from typing import NamedTuple

from headwork.data import stdlib, two_entities
from headwork.data.sets import STDLIB
from headwork.data.split import Side
from headwork.data.tables import Table


class Embedded(NamedTuple):
    tables: Callable[[], dict[Side, Table]]
    text: str
    label: str
    group: str | None = None
    about: str | None = None
    near: bool = False
    """do texts that are nearly the same count once"""


EMBEDDED = {
    STDLIB: Embedded(lambda: {"train": stdlib.docstrings()}, "text", "package", group="file", near=True),
    two_entities.NAME: Embedded(two_entities.two_entities, "text", "polarity", about="entity"),
}
