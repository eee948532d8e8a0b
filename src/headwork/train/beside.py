"""Which tasks are learnt beside the main one, and how much each counts while training goes on.

    train.beside = "masked 1:0, tag:mine.conll 0.3"

    w_t(s) = a + (b - a) s of "a:b",   w_main(s) = 1 - sum of the others',   s the share of the steps that is done

    masked           words that are hidden in the task's own texts
    next             the next token of them, where the encoder looks back only
    tag:DATA         tags of words, of a file or a data set of its own
    classify:DATA    classes of texts

The weights sum to one at every step. "1:0" begins with the language alone and ends with the task alone, as the
TaskWeightScheduler of Separius's BERT-keras goes from pretraining to finetuning; a constant one is the auxiliary
objective of Radford et al. 2018, equation 5.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

OF_TEXTS, OF_DATA = ("masked", "next"), ("tag", "classify")
ENTRY = re.compile(r"(?P<what>[a-z]+)(?::(?P<data>\S.*?))?\s+(?P<first>[\d.]+)(?::(?P<last>[\d.]+))?")
EXPECTED = 'expected such as "masked 1:0" or "next 0.5, tag:FILE 0.3:0"'


class Beside(NamedTuple):
    what: str
    data: str
    """a file or the name of a set; none: the texts of the main task"""
    first: float
    last: float

    def weight(self, done: float) -> float:
        return self.first + (self.last - self.first) * done

    @property
    def moves(self) -> bool:
        return self.first != self.last


def parse_beside(words: str) -> tuple[Beside, ...]:
    """ValueError where the words are not of this kind, or weights would not sum to one."""
    found = tuple(_entry(word.strip()) for word in words.split(",")) if words.strip() else ()
    for at, total in enumerate((sum(each.first for each in found), sum(each.last for each in found))):
        if total > 1:
            raise ValueError(f"train.beside is {words!r}: the weights sum to {total:g} at the {('start', 'end')[at]}")
    if len({each.what for each in found}) < len(found):
        raise ValueError(f"train.beside is {words!r}: one of a kind at most")
    return found


def weights_of(main: str, beside: Sequence[Beside], done: float) -> dict[str, float]:
    """Of each task by its name, the main one first, which has what is missing to one."""
    others = {each.what: each.weight(done) for each in beside}
    return {main: 1 - sum(others.values()), **others}


def _entry(word: str) -> Beside:
    found = ENTRY.fullmatch(word)
    if not found or bool(found["data"]) != (found["what"] in OF_DATA) or found["what"] not in OF_TEXTS + OF_DATA:
        raise ValueError(f"train.beside: {word!r}; {EXPECTED}")
    try:
        first = float(found["first"])
        last = float(found["last"]) if found["last"] else first
    except ValueError as error:
        raise ValueError(f"train.beside: {word!r}; {EXPECTED}") from error
    if max(first, last) > 1:
        raise ValueError(f"train.beside: {word!r}; weights are from 0 to 1")
    return Beside(found["what"], found["data"] or "", first, last)
