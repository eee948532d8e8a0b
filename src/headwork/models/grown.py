"""An encoder whose table of embeddings has rows for more tokens.

    mean     a new row is the mean of the rows of the pieces that its word was broken into
    zero     zeros
    random   normal, with the mean and the spread that each column of the old table has
    unused   what stands there: the row of a slot that the vocabulary kept free

The masked head reads the same table, and its biases of the new tokens come about likewise. All other rows stay, so that
a text without new tokens keeps its states and the logits of old tokens to the bit.

Hewitt 2021, "Initializing new word embeddings for pretrained language models", for the mean.

Axes: V old tokens, N new ones, D width.
"""

from collections.abc import Callable, Sequence

import msgspec
import torch
from torch import Tensor

from headwork.models.published import Published

Pieces = Sequence[Sequence[int]]


def _mean(table: Tensor, pieces: Pieces) -> Tensor:
    return torch.stack([table[list(each)].mean(0) for each in pieces])


def _zero(table: Tensor, pieces: Pieces) -> Tensor:
    return table.new_zeros(len(pieces), table.shape[1])


def _random(table: Tensor, pieces: Pieces) -> Tensor:
    return table.mean(0) + table.std(0) * torch.randn(len(pieces), table.shape[1])


STARTS: dict[str, Callable[[Tensor, Pieces], Tensor]] = {"mean": _mean, "zero": _zero, "random": _random}
"""from the (V, D) old table and the pieces of N new words: (N, D) rows"""
UNUSED = "unused"


@torch.no_grad()
def grown(model: Published, pieces: Pieces, places: Sequence[int], *, start: str, seed: int = 0) -> Published:
    """A copy with a row for each of the new words, `pieces` of the old vocabulary, at its number in `places`."""
    torch.manual_seed(seed)
    size = max(model.config.core.vocabulary, *(place + 1 for place in places))
    core = msgspec.structs.replace(model.config.core, vocabulary=size)
    larger = Published(msgspec.structs.replace(model.config, core=core))
    weights = model.state_dict()
    tables = {"core.embeddings.tokens.weight": 2, "masked.bias": 1}
    for name in weights.keys() & tables.keys():
        old = weights[name].reshape(len(weights[name]), -1)
        table = torch.cat([old, old.new_zeros(size - len(old), old.shape[1])])
        if start != UNUSED:
            table[list(places)] = STARTS[start](old, pieces)
        weights[name] = table if tables[name] == 2 else table[:, 0]
    larger.load_state_dict(weights)
    return larger.eval()
