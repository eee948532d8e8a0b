"""The counting baseline: interpolated Kneser-Ney over the last few tokens. It needs no torch and no training steps.

    p_n(w | h) = max(c(h w) - D_n, 0) / c(h)  +  D_n N(h ·) / c(h)  p_n-1(w | h')       h' is h without its first token
    p_0        = 1 / V
    D_n        = n_1 / (n_1 + 2 n_2),   n_k the grams of order n that are counted k times

c counts occurrences in the highest order and different tokens before a gram in the lower ones, N(h ·) different tokens
behind h; an unseen h leaves all to h'. Kneser and Ney 1995, interpolated as in Chen and Goodman 1999, section 2.

A gram of n tokens is numbered by (number of its first n - 1 tokens, last token), so that grams of any order are pairs
of numbers and the grams behind one context lie side by side. No context reaches back over the start of a document.

Axes: t tokens of a text, G grams of an order, V vocabulary.
"""

from collections.abc import Iterator
from typing import Any, ClassVar, NamedTuple

import msgspec
import numpy as np

from headwork.base.errors import HeadworkError
from headwork.base.language import START_ID
from headwork.models.language_settings import LanguageSettings

ABSENT = -1


class NgramConfig(LanguageSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    SIZES: ClassVar[dict[str, dict[str, Any]]] = {"tiny": {"order": 3}, "small": {}, "base": {"order": 8}}

    order: int = 6
    """tokens of the longest gram"""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.order < 1:
            raise ValueError(f"order is {self.order}; expected 1 or more")


class Grams(NamedTuple):
    """All grams of one order, sorted by `keys` = (number of the context) V + last token."""

    keys: np.ndarray
    """(G,) int64"""
    counts: np.ndarray
    """(G,): occurrences, or different tokens before"""


class Contexts(NamedTuple):
    """What is summed over the grams behind each context of one order."""

    totals: np.ndarray
    kinds: np.ndarray
    discount: float


class Ngram:
    """Counts of a text, from which it says how likely each next token is."""

    def __init__(self, config: NgramConfig):
        self.config = config
        self.vocabulary = 0
        self.grams: list[Grams] = []
        self.contexts: list[Contexts] = []

    def fit(self, ids: np.ndarray, *, vocabulary: int) -> None:
        """ids: (t,) tokens of all documents, each opened by token 0."""
        self.vocabulary = vocabulary
        numbered = list(self._numbered(ids))
        grams = [grams for _, grams in numbered]
        for order in range(len(grams) - 1):
            before = _tokens_before(numbered[order][0], numbered[order + 1][0], len(grams[order].keys))
            # What only ever opens a document has nothing before it, and its occurrences are all that can be counted.
            grams[order] = grams[order]._replace(counts=np.where(before > 0, before, grams[order].counts))
        self._take(grams)

    def _numbered(self, ids: np.ndarray) -> Iterator[tuple[np.ndarray, Grams]]:
        """For each order the (t,) number of the gram that ends at each place, and the grams with their occurrences."""
        context, reach = np.zeros(len(ids), dtype=np.int64), _reach(ids)
        for order in range(self.config.order):
            whole = reach >= order
            keys, places, counts = np.unique(
                (context * self.vocabulary + ids)[whole], return_inverse=True, return_counts=True
            )
            number = np.full(len(ids), ABSENT, dtype=np.int64)
            number[whole] = places
            yield number, Grams(keys, counts)
            context = _one_before(number)

    def _take(self, grams: list[Grams]) -> None:
        """The grams, and what is summed over them."""
        self.grams, self.contexts, many = grams, [], 1
        for keys, counts in grams:
            once, twice = int((counts == 1).sum()), int((counts == 2).sum())
            context = keys // self.vocabulary
            totals = np.bincount(context, weights=counts, minlength=many)
            discount = once / (once + 2 * twice) if once else 0.5
            self.contexts.append(Contexts(totals, np.bincount(context, minlength=many), discount))
            many = len(keys)

    def nats(self, ids: np.ndarray) -> np.ndarray:
        """(t - 1,) losses of the tokens of a text behind the first."""
        chance = np.full(len(ids) - 1, 1 / self.vocabulary)
        for order, context in enumerate(self._contexts_of(ids[:-1])):
            keys, counts = self.grams[order]
            place, known = _found(keys, context * self.vocabulary + ids[1:])
            chance = self._mixed(order, context, np.where(known, counts[place], 0), chance)
        return -np.log(chance)

    def log_probabilities(self, ids: np.ndarray) -> np.ndarray:
        """(V,) of the token that follows `ids`."""
        recent = ids[-self.config.order :]
        chance = np.full(self.vocabulary, 1 / self.vocabulary)
        for order, contexts in enumerate(self._contexts_of(recent)):
            context, (keys, counts) = contexts[-1], self.grams[order]
            first, last = np.searchsorted(keys, [context * self.vocabulary, (context + 1) * self.vocabulary])
            count = np.zeros(self.vocabulary)
            count[keys[first:last] % self.vocabulary] = counts[first:last]
            chance = self._mixed(order, context, count, chance)
        return np.log(chance)

    def _contexts_of(self, ids: np.ndarray) -> Iterator[np.ndarray]:
        """For each order the (t,) number of the context that ends at each place, or ABSENT."""
        number, reach = np.zeros(len(ids), dtype=np.int64), _reach(ids)
        before = number
        yield number
        for order, (keys, _) in enumerate(self.grams[:-1]):
            place, known = _found(keys, before * self.vocabulary + ids)
            number = np.where(known & (before >= 0) & (reach >= order), place, ABSENT)
            yield number
            before = _one_before(number)

    def _mixed(self, order: int, context: Any, count: np.ndarray, lower: np.ndarray) -> np.ndarray:
        """p_n of tokens counted `count` times behind their context, given p_n-1."""
        totals, kinds, discount = self.contexts[order]
        total = np.where(context >= 0, totals[context], 0)
        shares = np.maximum(count - discount, 0) + discount * kinds[context] * lower
        return np.where(total > 0, shares / np.maximum(total, 1), lower)

    @property
    def parameters(self) -> int:
        return sum(len(grams.keys) for grams in self.grams)

    def settings(self) -> dict[str, Any]:
        return {**msgspec.to_builtins(self.config), "size": self.vocabulary}

    def tensors(self) -> dict[str, np.ndarray]:
        return {
            f"{name}.{order}": array.astype(np.int64 if name == "keys" else np.int32)
            for order, grams in enumerate(self.grams)
            for name, array in grams._asdict().items()
        }

    @classmethod
    def restore(cls, config: NgramConfig, tensors: dict[str, np.ndarray], *, vocabulary: int) -> "Ngram":
        """Raises HeadworkError where the arrays are not those of such a model."""
        model = cls(config)
        model.vocabulary, many, grams = vocabulary, 1, []
        for order in range(config.order):
            keys, counts = (tensors.get(f"{name}.{order}", np.zeros(0)) for name in Grams._fields)
            sound = keys.dtype == np.int64 and counts.dtype == np.int32 and keys.shape == counts.shape and len(keys)
            if (
                not sound
                or keys[0] < 0
                or keys[-1] >= many * vocabulary
                or (np.diff(keys) <= 0).any()
                or min(counts) < 1
            ):
                raise HeadworkError(f"ngram model: the grams of {order + 1} tokens are damaged; train it again")
            grams.append(Grams(keys, counts))
            many = len(keys)
        model._take(grams)
        return model


def _reach(ids: np.ndarray) -> np.ndarray:
    """(t,) how many tokens of its own document stand before each."""
    places = np.arange(len(ids))
    return places - np.maximum.accumulate(np.where(ids == START_ID, places, 0))


def _one_before(numbers: np.ndarray) -> np.ndarray:
    return np.concatenate([[ABSENT], numbers[:-1]])


def _tokens_before(number: np.ndarray, longer: np.ndarray, grams: int) -> np.ndarray:
    """(G,) how many different tokens stand before each gram: as many as there are longer grams that end with it."""
    ends_with = np.zeros(int(longer.max(initial=ABSENT)) + 1, dtype=np.int64)
    whole = longer >= 0
    ends_with[longer[whole]] = number[whole]
    return np.bincount(ends_with, minlength=grams)


def _found(keys: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where each wanted key stands among the sorted ones, and whether it does."""
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return place, keys[place] == wanted
