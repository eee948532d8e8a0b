"""Which attention kernels the network of a recipe would run, found by running it once on tokens without meaning."""

from collections.abc import Sequence

import torch

from headwork.attention.plan import Plan
from headwork.attention.planned import plans_of
from headwork.base.errors import HeadworkError
from headwork.base.recipes import MAIN_TASK, Recipe
from headwork.data.long import pieces
from headwork.models import config_of, kind_of
from headwork.ops.packed import TokenBatch

VOCABULARY, CLASSES = 1000, 2
SENTENCE = 16
"""tokens of a sentence, for models that read sentences"""


def plan_recipe(recipe: Recipe, lengths: Sequence[int], *, training: bool, device: str) -> dict[str, list[Plan]]:
    """The plans of each attention module for a batch of texts of these lengths; weights are random, none are loaded."""
    config, kind = config_of(recipe), kind_of(recipe)
    if not kind.neural:
        raise HeadworkError(f"plan: {recipe.name} has no attention")
    model, _ = kind.load()
    if recipe.task != MAIN_TASK:
        raise HeadworkError(f"plan: {recipe.name} is a model of the task {recipe.task}; name one of {MAIN_TASK}")
    if getattr(config, "long", "cut") == "windows":
        lengths = [
            len(piece) for each in lengths for piece in pieces("windows", each, config.max_tokens, config.stride)
        ]
    if max(lengths) > config.max_tokens:
        raise HeadworkError(
            f"plan: asked for texts of {max(lengths)} tokens, but {recipe.name} reads {config.max_tokens}; "
            "set model.max_tokens"
        )
    network = model(config, vocabulary=VOCABULARY, classes=CLASSES).to(device).train(training)
    ids = torch.randint(VOCABULARY, (sum(lengths),), generator=torch.Generator().manual_seed(0))
    sentences = tuple(tuple(_sentences(length)) for length in lengths) if model.SENTENCES else None
    written = ("word",) * len(ids) if getattr(model, "WRITTEN", False) else None
    batch = TokenBatch(ids, tuple(lengths), sentences, written=written).to(device)
    with torch.set_grad_enabled(training):
        return plans_of(network, lambda: network(batch))


def _sentences(length: int) -> list[int]:
    """Lengths of a text's sentences."""
    whole, rest = divmod(length, SENTENCE)
    return [SENTENCE] * whole + [rest] * (rest > 0)
