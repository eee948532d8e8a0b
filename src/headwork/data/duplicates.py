"""Texts that are the same, or nearly so.

Nearly the same: the Jaccard index |A ∩ B| / |A ∪ B| of the texts' shingles (runs of three words) reaches a threshold.
All pairs are found, none is guessed: two sets that are so alike must share one of their rarest elements, so only texts
that share one are compared. Chaudhuri, Ganti and Kaushik 2006, "A Primitive Operator for Similarity Joins"; Bayardo, Ma
and Srikant 2007, "Scaling Up All Pairs Similarity Search", section 4.
"""

import math
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

SHINGLE_WORDS = 3


def normalised(text: str) -> str:
    """NFC, without case, white space folded: what is equal here counts as the same text."""
    return " ".join(unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold()).split())


def repeats(keys: Iterable[object]) -> list[int]:
    """The places whose key stands at an earlier place already."""
    seen = set()
    found = []
    for place, key in enumerate(keys):
        if key in seen:
            found.append(place)
        seen.add(key)
    return found


def shingles(text: str) -> frozenset[tuple[str, ...]]:
    """The runs of three words in the normalised text; a shorter text is one run."""
    words = normalised(text).split()
    runs = max(1, len(words) - SHINGLE_WORDS + 1)
    return frozenset(tuple(words[start : start + SHINGLE_WORDS]) for start in range(runs))


def near_repeats(texts: Sequence[str], *, threshold: float = 0.7) -> list[int]:
    """The places of texts whose Jaccard index with an earlier one, itself no near repeat, is at least `threshold`."""
    sets = [shingles(text) for text in texts]
    counts = Counter(shingle for shingle_set in sets for shingle in shingle_set)
    kept_with: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    found = []
    for place, shingle_set in enumerate(sets):
        rarest_first = sorted(shingle_set, key=lambda shingle: (counts[shingle], shingle))
        prefix = rarest_first[: len(rarest_first) - math.ceil(threshold * len(rarest_first) - 1e-9) + 1]
        others = {other for shingle in prefix for other in kept_with[shingle]}
        if any(_jaccard(shingle_set, sets[other]) >= threshold for other in others):
            found.append(place)
        else:
            for shingle in prefix:
                kept_with[shingle].append(place)
    return found


def _jaccard(one: frozenset, other: frozenset) -> float:
    shared = len(one & other)
    return shared / (len(one) + len(other) - shared)
