"""Fields of log lines: what a run and a comparison of parsers write down beside what `tag` says of taggers.

Fields are entities: those of the header by the names of its columns, and values, which stand where a template has
`<*>`.
"""

from collections.abc import Sequence

import msgspec

from headwork.base.results import Difference, Score
from headwork.base.tag import TagComparison, TagRun, TagStanding

VALUE = "value"
"""the field of what differs between contents of one template"""
BASELINE = "templates"
"""the recipe whose expressions all models are compared with"""


class LogRun(TagRun, frozen=True, kw_only=True, tag="parse-log"):
    """result.json of a run. `scores` are f1, precision and recall of fields, macro_f1, and whole: lines all right."""

    degraded: dict[str, float]
    """the same scores on the same lines, damaged"""
    copies: int
    """damaged copies of each training line that were learnt from, too"""


class LogStanding(TagStanding, frozen=True, kw_only=True):
    """One row of a comparison; scores as in `LogRun`."""

    degraded: dict[str, Score]
    copies: int
    against_templates: dict[str, Difference] | None
    """F1 minus that of the expressions: of test lines, and of the degraded ones; None where these took no part"""


class DamagePart(msgspec.Struct, frozen=True, kw_only=True):
    """The test lines with one kind of damage, and the F1 of each model on them."""

    name: str
    example: str
    """one of these lines"""
    rows: int
    f1: dict[str, Score]


class LogComparison(TagComparison, frozen=True, kw_only=True, tag="parse-log"):
    """result.json of a comparison. Models are ranked by F1 on the test lines as they are."""

    models: Sequence[LogStanding]
    damages: list[DamagePart]
    best_degraded: str
    """the model with the highest mean F1 on the degraded lines"""

    @property
    def glue(self) -> str:
        """Words of logs have their own blanks."""
        return ""
