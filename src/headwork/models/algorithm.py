"""What learning an algorithm asks of a model: answers to examples of one length, and where it looked for them.

Axes: B examples, T steps, S answers (S = T but for places and triples), O width of an answer, I width of a step.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple, Protocol

from torch import Tensor

from headwork.base.errors import HeadworkError


class Shape(NamedTuple):
    """What a model must know of a data set."""

    inputs: int
    outputs: int
    answers: str
    """bits, classes, places, triples or number"""
    longest: int
    """inputs of the longest example in training"""
    channels: Mapping[str, range] = {}
    """of a step, that a model may have to know by name"""


@dataclass
class Answer:
    outputs: Tensor
    """(B, S, O) logits of bits, classes, places or triples, or numbers"""
    looks: dict[str, Tensor] = field(default_factory=dict)
    """(B, S, places) by what it is: weights of attention, addresses in a memory, …"""
    penalty: Tensor | None = None
    """(B,) what the model asks to be added to the loss"""
    thoughts: Tensor | None = None
    """(B, S) how often it thought before it answered"""


class Solver(Protocol):
    """A network that is built from its config and a Shape."""

    ANSWERS: ClassVar[frozenset[str]]
    """the kinds of answers that it can give"""

    def __call__(self, inputs: Tensor, targets: Tensor | None = None) -> Answer:
        """(B, T, I); `targets` are what a model that writes is told of its earlier answers, in training alone."""
        ...


STEPWISE = frozenset({"bits", "classes", "number"})
"""answers that are given at the steps of the input themselves"""
WRITTEN = frozenset({"places", "triples"})
"""answers that are given one after another, each knowing those before it"""


def check_answers(name: str, model: type[Solver], shape: Shape) -> None:
    if shape.answers not in model.ANSWERS:
        raise HeadworkError(
            f"{name} answers with {' or '.join(sorted(model.ANSWERS))}, and this data set asks for {shape.answers}; "
            "`headwork data` says what each set asks for, `headwork recipes` what each model does"
        )


def channels_of(shape: Shape, name: str) -> range:
    """Those of that name, which a data set without them has not."""
    if name not in shape.channels:
        known = ", ".join(shape.channels) or "none"
        raise HeadworkError(f"the model asks for channels called {name!r}; those that the data set names are {known}")
    return shape.channels[name]
