"""A mechanism from words such as `window:2`, `entmax:1.3` or `hard:gumbel`: a name of a table and its settings.

What a part needs to know of the vectors (heads, width, keys) is filled in; what it leaves open is taken in the order
of its signature.
"""

import inspect
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from headwork.attention.mechanism import Mechanism
from headwork.attention.mix import Gather, WeightedSum
from headwork.attention.normalisers import NORMALISERS, LearnedEntmax
from headwork.attention.parts import Both, Either, Part
from headwork.attention.positions import POSITIONS, XL, Rotary, ShawValues
from headwork.attention.scopes import SCOPES
from headwork.attention.scores import SCORES
from headwork.base.errors import HeadworkError

AXES: dict[str, Mapping[str, Any]] = {
    "scores": SCORES,
    "scopes": SCOPES,
    "normalisers": {**NORMALISERS, "entmax-learned": LearnedEntmax},
    "positions": POSITIONS,
}

MIXES: Mapping[str, Any] = {"sum": WeightedSum, "gather": Gather, "shaw": ShawValues}


@dataclass(frozen=True)
class Choice:
    """Words for each axis; several scopes hold together, and `window:8 | global:0` allows what either does."""

    score: str = "dot"
    scope: tuple[str, ...] = ("full",)
    normaliser: str = "softmax"
    position: tuple[str, ...] = ()
    mix: str = "sum"
    row: int = 1
    """places in a row, where they are those of a picture"""

    def __str__(self) -> str:
        scopes, positions = " and ".join(self.scope), " and ".join(self.position) or "none"
        return f"score {self.score}, scope {scopes}, normaliser {self.normaliser}, position {positions}"

    def check(self, *, width: int, keys: int, heads: int = 1) -> None:
        """ValueError where the words make no mechanism; none is kept, and no random number is spent on it."""
        with torch.random.fork_rng(devices=[]):
            try:
                self.mechanism(width=width, keys=keys, heads=heads)
            except HeadworkError as error:
                raise ValueError(str(error)) from error

    def mechanism(self, *, width: int, keys: int, heads: int = 1, seed: int = 0) -> Mechanism:
        """For heads of `width` and at most `keys` keys; `seed` draws what is random but not learned."""
        given = dict.fromkeys(("dim", "key_dim"), width) | dict.fromkeys(("most_keys", "longest"), keys)
        given |= {"heads": heads, "model_dim": heads * width, "directions": 2 * width, "seed": seed}
        given["row"] = self.row
        scopes = tuple(_scope(word, given) for word in self.scope)
        chosen = Mechanism(
            part("score", SCORES, self.score, given),
            tuple(part("position", POSITIONS, word, given) for word in self.position),
            scopes[0] if len(scopes) == 1 else Both(scopes),
            part("normaliser", AXES["normalisers"], self.normaliser, given),
            part("mix", MIXES, self.mix, given),
        )
        if width % 2 and any(isinstance(each, Rotary | XL) for each in chosen.position):
            raise HeadworkError(f"position {self.position[0]}: it needs heads of even width, found {width}")
        return chosen


def part(axis: str, table: Mapping[str, Any], words: str, given: Mapping[str, Any]) -> Any:
    """The part that `words` names, such as `window:2` for Window(2)."""
    name, _, settings = words.partition(":")
    kind = table.get(name, table.get(name.replace("-", "_")))
    if kind is None:
        raise HeadworkError(f"{axis} {name!r}: there is none of that name; expected one of {', '.join(table)}")
    found = [word for word in settings.split(",") if word]
    chosen: dict[str, Any] = {}
    for parameter in inspect.signature(kind).parameters.values():
        if parameter.name in given:
            chosen[parameter.name] = given[parameter.name]
        elif found:
            takes_all = parameter.annotation is Tensor or _is_many(parameter.annotation)
            own, found = (found, []) if takes_all else (found[:1], found[1:])
            chosen[parameter.name] = _value(f"{axis} {words!r}", parameter, own)
        elif parameter.default is parameter.empty:
            raise HeadworkError(
                f"{axis} {words!r}: {name} needs {parameter.name}, which was not given; write {name}:2, for example"
            )
    if found:
        raise HeadworkError(f"{axis} {words!r}: {name} takes fewer settings; leave out {','.join(found)!r}")
    return kind(**chosen)


def _scope(words: str, given: Mapping[str, Any]) -> Part:
    """One scope, or several of which one is enough: `window:8 | global:0`."""
    found = tuple(part("scope", SCOPES, word.strip(), given) for word in words.split("|"))
    return found[0] if len(found) == 1 else Either(found)


def _kinds(annotation: Any) -> tuple[Any, ...]:
    """The members of a union, or the one type."""
    return typing.get_args(annotation) if isinstance(annotation, types.UnionType) else (annotation,)


def _is_many(annotation: Any) -> bool:
    return any(typing.get_origin(kind) is tuple for kind in _kinds(annotation))


def _value(asked: str, parameter: inspect.Parameter, words: list[str]) -> Any:
    annotation, kinds = parameter.annotation, _kinds(parameter.annotation)
    try:
        if annotation is Tensor:
            return torch.tensor([[int(word) for word in words]])
        if typing.get_origin(annotation) is typing.Literal or annotation is str:
            return words[0]
        if _is_many(annotation) and (len(words) > 1 or int not in kinds):
            numbers: Any = tuple(int(word) for word in words)
        else:
            numbers = float(words[0]) if float in kinds else int(words[0])
    except ValueError as error:
        wanted = "a number" if float in kinds else "a whole number"
        raise HeadworkError(f"{asked}: {parameter.name} is {','.join(words)!r}; expected {wanted}") from error
    if isinstance(numbers, int) and numbers < 0:
        raise HeadworkError(f"{asked}: {parameter.name} is {numbers}; expected 0 or more")
    return numbers
