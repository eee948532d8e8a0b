"""Models of equal size: the widths at which a recipe's network has as many weights as are asked for."""

import math
from collections.abc import Callable
from typing import Any

import msgspec
import torch
from torch import nn

from headwork.base.errors import HeadworkError
from headwork.base.recipes import Recipe
from headwork.models import config_of, widths_of

NARROWEST, WIDEST = 2.0**-8, 2.0**8
"""what the widths of a recipe may be multiplied by"""
HALVINGS = 20
FINE = "ff"
"""the width that no head divides: it takes up what the others leave"""


def as_large(recipe: Recipe, build: Callable[[Any], nn.Module]) -> Recipe:
    """`recipe`, its widths multiplied so that `build(config)` has about `recipe.parameters` weights.

    Widths keep their proportions, as far as whole heads of even width allow. A recipe that asks for no number, or has
    no widths of its own, comes back as it is.
    """
    wanted, widths = recipe.parameters, widths_of(recipe)
    if not wanted or not widths:
        return recipe

    def wider(share: float) -> Recipe:
        return _with(recipe, {name: share * width for name, width in widths.items()})

    def count(chosen: Recipe) -> int:
        with torch.device("meta"):
            return sum(parameter.numel() for parameter in build(config_of(chosen)).parameters())

    for edge, where in ((NARROWEST, "at least"), (WIDEST, "at most")):
        found = count(wider(edge))
        if (found > wanted) == (edge == NARROWEST):
            raise HeadworkError(f"--parameters {wanted:,}: {recipe.name} can have {where} {found:,} here")
    chosen = _nearest(wider, count, wanted, NARROWEST, WIDEST)
    if FINE not in widths:
        return chosen
    return _nearest(lambda share: _with(chosen, {FINE: share * widths_of(chosen)[FINE]}), count, wanted, 0.5, 2)


def _nearest(
    wider: Callable[[float], Recipe], count: Callable[[Recipe], int], wanted: int, low: float, high: float
) -> Recipe:
    """Of `wider(share)` for all shares, of which the widest have most weights, the one with nearest to `wanted`."""
    for _ in range(HALVINGS):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if count(wider(middle)) <= wanted else (low, middle)
    return min((wider(low), wider(high)), key=lambda each: abs(count(each) - wanted))


def _with(recipe: Recipe, widths: dict[str, float]) -> Recipe:
    """Widths rounded to what heads and parts divide."""
    config = config_of(recipe)
    step = math.lcm(2 * getattr(config, "heads", 1), getattr(config, "parts", 1))
    steps = {name: 2 if name == FINE else step for name in widths}
    rounded = {name: max(1, round(width / steps[name])) * steps[name] for name, width in widths.items()}
    return msgspec.structs.replace(recipe, model={**recipe.model, **rounded}, parameters=0)
