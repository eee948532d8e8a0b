"""Tags that mark entities, whatever the scheme, brought to IOB2.

    IOB2           B I O            B on every first word
    IOB1           B I O            B only where an entity follows another of its type
    BILOU, BIOES   B I L U O, …     the last word has L or E, an only word U or S; BMES writes M for I

Tags of other forms, such as parts of speech, stay as they are.
"""

from collections.abc import Sequence
from typing import NamedTuple

from headwork.base.errors import HeadworkError
from headwork.base.tag import OUTSIDE, may_follow

PLAIN, IOB1, IOB2, CLOSED = "plain", "IOB1", "IOB2", "BILOU"
LETTERS = {letter: letter for letter in "BILU"} | {"M": "I", "E": "L", "S": "U"}
"""of all schemes, as BILOU writes them"""


class Tagged(NamedTuple):
    """The tags of a sentence, and where each stands."""

    tags: Sequence[str]
    lines: Sequence[int]
    file: str


def to_iob2(sentences: Sequence[Tagged]) -> tuple[list[list[str]], str]:
    """The tags of each sentence in IOB2, and the scheme that they were in.

    HeadworkError where tags look like entities and are of no scheme; the first place that breaks it is named.
    """
    scheme = scheme_of(sentences)
    if scheme == CLOSED:
        return [_opened(sentence) for sentence in sentences], scheme
    if scheme == IOB1:
        return [_begun(sentence) for sentence in sentences], scheme
    return [list(sentence.tags) for sentence in sentences], scheme


def scheme_of(sentences: Sequence[Tagged]) -> str:
    different = {tag for sentence in sentences for tag in sentence.tags}
    if not all(tag == OUTSIDE or (tag[1:2] == "-" and tag[0] in LETTERS and tag[2:]) for tag in different):
        return PLAIN
    letters = {tag[0] for tag in different if tag != OUTSIDE}
    if not letters:
        return PLAIN
    if letters - {"B", "I"}:
        return CLOSED
    broken = [next(_breaks(sentences, scheme), None) for scheme in (IOB2, IOB1)]
    if broken[0] is None:
        return IOB2
    if broken[1] is None:
        return IOB1
    raise HeadworkError(f"{broken[0]}; the tags are in neither IOB2 nor IOB1 ({broken[1]}): correct them")


def _breaks(sentences: Sequence[Tagged], scheme: str):
    """What is against the scheme, in words."""
    for sentence in sentences:
        before = None
        for tag, line in zip(sentence.tags, sentence.lines, strict=True):
            follows = may_follow(before, "I-" + tag[2:])
            if scheme == IOB2 and not may_follow(before, tag):
                yield f"{sentence.file}, line {line}: {tag} behind {before or 'nothing'}, but IOB2 has B- there"
            if scheme == IOB1 and tag.startswith("B-") and not follows:
                yield f"{sentence.file}, line {line}: {tag} behind {before or 'nothing'}, but IOB1 has I- there"
            before = tag


def _begun(sentence: Tagged) -> list[str]:
    """From IOB1."""
    pairs = zip([None, *sentence.tags], sentence.tags, strict=False)
    return [f"B-{tag[2:]}" if not may_follow(before, tag) else tag for before, tag in pairs]


def _opened(sentence: Tagged) -> list[str]:
    """From BILOU and its kin, whose entities must be closed."""
    found: list[str] = []
    inside = ""
    for tag, line in zip([*sentence.tags, OUTSIDE], [*sentence.lines, sentence.lines[-1]], strict=True):
        letter, label = (OUTSIDE, "") if tag == OUTSIDE else (LETTERS[tag[0]], tag[2:])
        goes_on = letter in ("I", "L")
        if goes_on != bool(inside) or (goes_on and label != inside):
            what = f"an entity of {inside} is not closed" if inside else f"{tag} continues nothing"
            raise HeadworkError(
                f"{sentence.file}, line {line}: {what}; in BILOU and BIOES an entity goes from B- by I- to L- or E-, "
                "one of a single word has U- or S-"
            )
        found.append(tag if letter == OUTSIDE else f"{'I' if goes_on else 'B'}-{label}")
        inside = label if letter in ("B", "I") else ""
    return found[:-1]
