r"""How the line of a log is put together from columns, in loghub's notation (Zhu et al. 2023, "Loghub").

[<Time>] [<Level>] <Content>                     a column's name in <>; all else stands in the line as it is
<Component>(\[<PID>\])?: <Content>               what is in (...)? is left out where its columns are empty
\[<Time>\]                                       a sign behind \ stands for itself, as loghub writes brackets
"""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from headwork.base.errors import HeadworkError
from headwork.base.tag import Entity

CONTENT = "Content"
"""the column that holds what templates are of"""
PIECE = re.compile(r"<(?P<field>[^<>]+)>|(?P<open>\((?=[^()]*\)\?))|(?P<close>\)\?)|\\?(?P<sign>.)", re.DOTALL)
LOGHUB = {
    "Apache": "[<Time>] [<Level>] <Content>",
    "BGL": "<Label> <Timestamp> <Date> <Node> <Time> <NodeRepeat> <Type> <Component> <Level> <Content>",
    "HDFS": "<Date> <Time> <Pid> <Level> <Component>: <Content>",
    "Linux": r"<Month> <Date> <Time> <Level> <Component>(\[<PID>\])?: <Content>",
    "OpenSSH": r"<Date> <Day> <Time> <Component> sshd\[<Pid>\]: <Content>",
    "Proxifier": "[<Time>] <Program> - <Content>",
    "Spark": "<Date> <Time> <Level> <Component>: <Content>",
    "Zookeeper": r"<Date> <Time> - <Level>  \[<Node>:<Component>@<Id>\] - <Content>",
}
"""by system, as the settings of logpai/logparser have them"""


class Part(NamedTuple):
    """Literal text, or a field; those of one group (0: of none) are there or left out together."""

    text: str
    is_field: bool
    group: int


class Line(NamedTuple):
    """A line, where its fields stand (characters start to end) and where its content begins."""

    text: str
    fields: list[Entity]
    content: int


class Format:
    """A format that was read; HeadworkError where it names no content or a field twice."""

    def __init__(self, notation: str):
        self.notation, self.parts = notation, list(_parts(notation))
        self.fields = [part.text for part in self.parts if part.is_field]
        if self.fields[-1:] != [CONTENT] or len(set(self.fields)) < len(self.fields):
            raise HeadworkError(
                f"--format {notation!r}: expected columns in <>, each once, and <{CONTENT}> as the last one; such as "
                f"{LOGHUB['Apache']!r}"
            )

    @property
    def header(self) -> list[str]:
        return self.fields[:-1]

    def line(self, cells: Mapping[str, str]) -> Line:
        """The line of these cells. An empty one leaves its group out; without a group its place stays empty."""
        out = {part.group for part in self.parts if part.group and part.is_field and not cells[part.text]}
        text, fields, content = "", [], 0
        for part in self.parts:
            if part.group in out:
                continue
            added = cells[part.text] if part.is_field else part.text
            if part.is_field and part.text == CONTENT:
                content = len(text)
            elif part.is_field and added:
                fields.append(Entity(len(text), len(text) + len(added), part.text))
            text += added
        return Line(text, fields, content)


def format_of_columns(columns: Collection[str]) -> tuple[str, str] | None:
    """The system of loghub whose logs have just these columns, and its format."""
    return next(((name, known) for name, known in LOGHUB.items() if set(Format(known).fields) == set(columns)), None)


def _parts(notation: str) -> Iterator[Part]:
    group, groups, literal = 0, 0, ""
    for found in PIECE.finditer(notation):
        if found["sign"] or (found["close"] and not group):
            literal += found["sign"] or found["close"]
            continue
        if literal:
            yield Part(literal, False, group)
            literal = ""
        if found["field"]:
            yield Part(found["field"].strip(), True, group)
        elif found["open"]:
            groups += 1
            group = groups
        else:
            group = 0
    if literal:
        yield Part(literal, False, group)
