r"""Expressions made from the templates of training lines: literal words with a gap for each field.

    \[(?P<Time>.+?)\] \[(?P<Level>.+?)\] jk2_init\(\) Found child (?P<value>.+?) in scoreboard slot (?P<value>.+?)

An expression is parted into that of a header, up to its last field that is no value, with the signs that part it from
what follows, and that of a content, from there to the end. A line is read by the header it begins with and by the
content that all the rest is, the one with the most literal characters first. A line with an unknown content gives its
header, one with an unknown header the content that it ends with, others nothing. This is how logs are read by hand-made
expressions (loghub's `log_format`, then templates), here matched without backtracking (`headwork.base.wildcards`), so
that no line takes more than linear time. They need no torch.

Words come with one blank in front where the text has any (`headwork.data.words`): blanks may be of another number.

Axes: N words of all lines, C tags.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Any, ClassVar, NamedTuple

import msgspec
import numpy as np

from headwork.base.errors import HeadworkError
from headwork.base.parse_log import VALUE
from headwork.base.recipes import strictly
from headwork.base.tag import OUTSIDE, entities_of
from headwork.base.wildcards import Gap, begins_with, gaps_in
from headwork.models.linear import AGAIN, NEVER

Words = Sequence[str]
BORDER = "\x1f"
"""stands around every word, so that an expression never ends within one; a blank itself, so that no word holds it"""


class TagTemplatesConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    SIZES: ClassVar[dict[str, dict]] = {"tiny": {}, "small": {}, "base": {}}


class Expression(msgspec.Struct, frozen=True):
    """Literals, one more than there are fields between them; words in them stand between borders."""

    literals: tuple[str, ...]
    fields: tuple[str, ...]

    @property
    def specific(self) -> tuple[int, int, tuple[str, ...]]:
        """What sorts the one with the most literal characters, then with the fewest gaps, to the front."""
        return -sum(len(each.replace(BORDER, "")) for each in self.literals), len(self.fields), self.literals


class _Expressions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    tags: list[str]
    headers: list[Expression]
    contents: list[Expression]


class Line(NamedTuple):
    """A line as one text: each word between borders, and so is the blank in front of it."""

    text: str
    begins: list[int]
    """where each word begins in it, without its blank"""

    @classmethod
    def of(cls, words: Words) -> "Line":
        pieces = [f" {BORDER}{word[1:]}{BORDER}" if word[0] == " " else f"{word}{BORDER}" for word in words]
        ends = accumulate((len(piece) for piece in pieces), initial=1)
        begins = [end + 2 * (word[0] == " ") for end, word in zip(ends, words, strict=False)]
        return cls(BORDER + "".join(pieces), begins)


class TagTemplates:
    """Reads a line by the most specific expressions that fit it."""

    def __init__(self, config: TagTemplatesConfig):
        self.tags: list[str] = []
        self.headers: list[Expression] = []
        self.contents: list[Expression] = []

    def fit(self, sentences: Sequence[Words], labels: np.ndarray, *, tags: Sequence[str], seed: int) -> None:
        """labels: (N,) places among the tags."""
        self.tags = list(tags)
        ends = list(accumulate(map(len, sentences), initial=0))
        found = {
            expression_of(words, [self.tags[label] for label in labels[start:end].tolist()])
            for words, start, end in zip(sentences, ends, ends[1:], strict=False)
        }
        headers, contents = parted(found)
        self.headers, self.contents = (sorted(each, key=lambda one: one.specific) for each in (headers, contents))

    def logits(self, sentences: Sequence[Words]) -> np.ndarray:
        """(N, C) the logarithms of 1 for the tag that an expression gives, and of nearly 0 for the others."""
        place = {tag: number for number, tag in enumerate(self.tags)}
        # Where training has fields of one word alone, an I is not among the tags.
        told = [place.get(tag, place[OUTSIDE]) for words in sentences for tag in self.read(words)]
        logits = np.full((len(told), len(self.tags)), float(NEVER))
        logits[np.arange(len(told)), told] = 0.0
        return logits

    def read(self, words: Words) -> list[str]:
        """The tag of each word."""
        line, tags = Line.of(words), [OUTSIDE] * len(words)
        for field, (start, end) in self._fields(line.text):
            inside = range(np.searchsorted(line.begins, start), np.searchsorted(line.begins, end))
            for word in inside:
                tags[word] = f"{'B' if word == inside[0] else 'I'}-{field}"
        return tags

    def _fields(self, text: str) -> Iterator[tuple[str, Gap]]:
        """The fields of a line, and where they stand in its text."""
        for header in self.headers:
            begun = begins_with(header.literals, text, fewest=1)
            if begun is not None:
                yield from zip(header.fields, begun.gaps, strict=True)
                yield from self._rest(text, begun.end - 1)
                return
        if not self.headers:
            yield from self._rest(text, 0)
            return
        for content in self.contents:
            begin = text.find(content.literals[0]) if content.literals[0] != BORDER else -1
            gaps = gaps_in(content.literals, text[begin:], fewest=1) if begin >= 0 else None
            if gaps is not None:
                yield from _shifted(content, gaps, begin)
                return

    def _rest(self, text: str, begin: int) -> Iterator[tuple[str, Gap]]:
        """The values of a content from the border at `begin` to the end."""
        rest = text[begin:]
        for content in self.contents:
            gaps = gaps_in(content.literals, rest, fewest=1)
            if gaps is not None:
                yield from _shifted(content, gaps, begin)
                return

    @property
    def parameters(self) -> int:
        """Literals and fields."""
        return sum(len(each.literals) + len(each.fields) for each in (*self.headers, *self.contents))

    def settings(self) -> dict[str, Any]:
        return msgspec.to_builtins(_Expressions(tags=self.tags, headers=self.headers, contents=self.contents))

    def tensors(self) -> dict[str, np.ndarray]:
        """How many there are, as every model has a tensor."""
        return {"expressions": np.array([len(self.headers), len(self.contents)], np.int64)}

    @classmethod
    def restore(cls, settings: dict[str, Any], tensors: dict[str, np.ndarray]) -> "TagTemplates":
        """Raises HeadworkError where settings do not fit together."""
        known = strictly(settings, _Expressions, "templates")
        model = cls(TagTemplatesConfig())
        model.tags, model.headers, model.contents = known.tags, known.headers, known.contents
        every = [*model.headers, *model.contents]
        whole = all(
            len(one.literals) == len(one.fields) + 1 and all(f"B-{field}" in known.tags for field in one.fields)
            for one in every
        )
        counted = np.array_equal(tensors.get("expressions", ()), [len(model.headers), len(model.contents)])
        if not whole or not counted or OUTSIDE not in known.tags:
            raise HeadworkError(f"templates: literals, fields and tags do not fit together; {AGAIN}")
        return model


def expression_of(words: Words, tags: Sequence[str]) -> Expression:
    """The words of a line that are no field, and gaps in place of its fields."""
    line = Line.of(words)
    literals, fields, at = [], [], 0
    for entity in entities_of(tags, "repaired"):
        begin = line.begins[entity.start]
        literals.append(line.text[at:begin])
        fields.append(entity.label)
        at = line.begins[entity.end - 1] + len(words[entity.end - 1].removeprefix(" "))
    return Expression((*literals, line.text[at:]), tuple(fields))


def parted(lines: set[Expression]) -> tuple[set[Expression], set[Expression]]:
    """Headers and contents of whole lines."""
    behind: defaultdict[tuple[tuple[str, ...], tuple[str, ...]], list[Expression]] = defaultdict(list)
    for line in lines:
        values = next((place for place, field in enumerate(line.fields) if field == VALUE), len(line.fields))
        header = line.literals[:values], line.fields[:values]
        behind[header].append(Expression(line.literals[values:], line.fields[values:]))
    headers, contents = set(), set()
    for (literals, fields), rests in behind.items():
        between = _shared([rest.literals[0] for rest in rests]) if fields else BORDER
        if fields:
            headers.add(Expression((*literals, between), fields))
        contents |= {
            Expression((rest.literals[0][len(between) - 1 :], *rest.literals[1:]), rest.fields) for rest in rests
        }
    return headers, contents


def _shared(literals: Sequence[str]) -> str:
    """The signs and blanks that all of them begin with, up to a border: what parts a header from any content."""
    first, last = min(literals), max(literals)
    places = (
        place for place, (one, other) in enumerate(zip(first, last, strict=False)) if one != other or one.isalnum()
    )
    return first[: first.rfind(BORDER, 0, next(places, len(first))) + 1]


def _shifted(expression: Expression, gaps: Sequence[Gap], begin: int) -> Iterator[tuple[str, Gap]]:
    return ((field, (start + begin, end + begin)) for field, (start, end) in zip(expression.fields, gaps, strict=True))
