"""Attention in numbers, step by step, as the tutorials print it: from queries and keys to context vectors.

    scores s = score(q, k);   + bias, only where allowed;   weights w = normaliser(s);   products w v;   context sum w v

Each step is made by the same parts that `attention.mechanism.weights` puts together.

Axes: Q queries, K keys, d and e widths of a key and a value; one text, one head.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from headwork.attention.mechanism import Mechanism
from headwork.attention.where import Where
from headwork.base.errors import HeadworkError
from headwork.explain.rows import dimensions, rows


@dataclass(frozen=True, eq=False)
class Trace:
    """Every step of one call."""

    mechanism: Mechanism
    queries: tuple[str, ...]
    """labels"""
    keys: tuple[str, ...]
    query: Tensor
    """(Q, d) as the score sees it, turned where a position turns it"""
    key: Tensor
    """(K, d)"""
    value: Tensor
    """(K, e)"""
    turned: bool
    scores: Tensor
    """(Q, K)"""
    bias: Tensor | None
    """(Q, K)"""
    masked: Tensor
    """(Q, K) scores with the bias, -inf where it is not allowed to look"""
    shares: Tensor
    """(Q, K) normalised"""
    weights: Tensor
    """(Q, K) the shares times a factor, where a part has one"""
    products: Tensor
    """(Q, K, e)"""
    context: Tensor
    """(Q, e)"""


@torch.no_grad()
def trace(
    mechanism: Mechanism,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    *,
    queries: Sequence[str] | None = None,
    keys: Sequence[str] | None = None,
) -> Trace:
    """(Q, d), (K, d), (K, e) and labels of queries and keys to all the steps."""
    if not (query.dim() == key.dim() == value.dim() == 2 and len(key) == len(value)):
        shapes = f"query {tuple(query.shape)}, key {tuple(key.shape)}, value {tuple(value.shape)}"
        raise HeadworkError(f"trace: expected (queries, width), (keys, width), (keys, width); found {shapes}")
    where = Where.of(query[None, None], key[None, None], scale=mechanism.score.scale(query.shape[-1]))
    parts = mechanism.parts
    turned_query, turned_key = parts.turn(where.query, where.key, where)
    scores = mechanism.score.dense(turned_query, turned_key, where)
    bias, allowed, factor = parts.bias(where), parts.allowed(where), parts.factor(where)
    masked = scores if bias is None else scores + bias
    masked = masked if allowed is None else masked.masked_fill(~allowed, -torch.inf)
    shares = mechanism.normaliser(masked)
    weights = shares if factor is None else shares * factor
    context = mechanism.mix.mixed(weights, value[None, None], where)
    return Trace(
        mechanism=mechanism,
        queries=tuple(queries or (f"q{place}" for place in range(1, len(query) + 1))),
        keys=tuple(keys or (f"k{place}" for place in range(1, len(key) + 1))),
        query=turned_query[0, 0],
        key=turned_key[0, 0],
        value=value,
        turned=parts.does("turn"),
        scores=scores[0, 0],
        bias=None if bias is None else bias.expand(scores.shape)[0, 0],
        masked=masked[0, 0],
        shares=shares[0, 0],
        weights=weights[0, 0],
        products=weights[0, 0, :, :, None] * value,
        context=context[0, 0],
    )


def as_text(given: Trace, *, formulas: Sequence[str] = ("", ""), first: int = 1) -> str:
    """The steps for a terminal; `formulas` of score and normaliser, `first` the number of the first step."""
    of_score, of_normaliser = (f": {formula}" if formula else "" for formula in formulas)
    turned = ", turned to their places" if given.turned else ""
    steps = [
        (f"Queries{turned}", rows(given.query, given.queries, dimensions("q", given.query))),
        (f"Keys{turned}", rows(given.key, given.keys, dimensions("k", given.key))),
        ("Values", rows(given.value, given.keys, dimensions("v", given.value))),
        (f"Scores of each query (row) against each key (column){of_score}", _pairs(given, given.scores)),
        ("Scores with bias and mask: -inf where a query may not look", _masked(given)),
        (f"Weights{of_normaliser}", _weights(given)),
        ("Products: each weight times the value of its key, and their sum", _products(given)),
        ("Context vectors", rows(given.context, given.queries, dimensions("c", given.context))),
    ]
    return "\n\n".join(f"{number}. {title}\n{body}" for number, (title, body) in enumerate(steps, first))


def _pairs(given: Trace, numbers: Tensor) -> str:
    return rows(numbers, given.queries, given.keys)


def _masked(given: Trace) -> str:
    if given.bias is None and torch.equal(given.masked, given.scores):
        return "   as above: nothing is added, nothing is forbidden"
    bias = "" if given.bias is None else f"   bias that is added\n{_pairs(given, given.bias)}\n   sum\n"
    return bias + _pairs(given, given.masked)


def _weights(given: Trace) -> str:
    total = rows(torch.cat([given.weights, given.weights.sum(1, keepdim=True)], 1), given.queries, (*given.keys, "sum"))
    if torch.equal(given.shares, given.weights):
        return total
    return f"   normalised\n{_pairs(given, given.shares)}\n   times the factor of position or scope\n{total}"


def _products(given: Trace) -> str:
    shown = []
    for query, products, weights in zip(given.queries, given.products, given.weights, strict=True):
        labels = tuple(f"{weight:.3f} {key}" for key, weight in zip(given.keys, weights.tolist(), strict=True))
        table = torch.cat([products, products.sum(0, keepdim=True)])
        shown.append(f"   query {query}\n{rows(table, (*labels, 'sum'), dimensions('wv', given.value))}")
    return "\n".join(shown)
