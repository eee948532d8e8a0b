"""Which side a row stands on, train, dev or test: a pure function of the labels, the groups and the seed.

Rows of a class are shared out as nearly as whole rows allow, 70/10/20 by default. Rows of one group stand together.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence
from typing import Literal

Side = Literal["train", "dev", "test"]

SIDES: tuple[Side, ...] = ("train", "dev", "test")
SHARES: Mapping[Side, float] = {"train": 0.7, "dev": 0.1, "test": 0.2}
DEALS = 64
"""orders in which groups are dealt out, of which the best outcome is kept"""

Quotas = Mapping[Hashable, Mapping[Side, int]]
"""rows wanted of each class on each side"""


def split(
    labels: Sequence[Hashable],
    *,
    seed: int,
    groups: Sequence[Hashable] | None = None,
    shares: Mapping[Side, float] = SHARES,
) -> list[Side]:
    """The side of each row.

    labels: the class of each row; groups: rows with equal ones stay together (None: each row stands for itself);
    shares: the fraction of rows wanted on each side, their sum 1.
    """
    quotas = {label: _quota(rows, shares) for label, rows in Counter(labels).items()}
    chance = random.Random(seed)
    members: defaultdict[Hashable, list[int]] = defaultdict(list)
    for row, group in enumerate(range(len(labels)) if groups is None else groups):
        members[group].append(row)
    deal = _best_deal([rows for rows in members.values() if len(rows) > 1], labels, quotas, chance)
    alone: defaultdict[Hashable, list[int]] = defaultdict(list)
    for rows in members.values():
        if len(rows) == 1:
            alone[labels[rows[0]]].append(rows[0])
    for label, rows in alone.items():
        chance.shuffle(rows)
        for side in sorted(shares, key=lambda side: shares[side]):
            wanted = max(0, quotas[label][side] - deal.placed[label, side])
            deal.sides.update(dict.fromkeys(rows[:wanted], side))
            rows = rows[wanted:]
    return [deal.sides[row] for row in range(len(labels))]


def linked(*keys: Sequence[Hashable]) -> list[int]:
    """Numbers of groups such that rows which are equal in any of the `keys` are in one group."""
    parent = list(range(len(keys[0])))

    def root(row: int) -> int:
        while parent[row] != row:
            parent[row] = row = parent[parent[row]]
        return row

    for values in keys:
        first: dict[Hashable, int] = {}
        for row, value in enumerate(values):
            parent[root(row)] = root(first.setdefault(value, row))
    return [root(row) for row in range(len(parent))]


def _quota(rows: int, shares: Mapping[Side, float]) -> dict[Side, int]:
    """Whole rows for each side, which add up to `rows`; where they suffice no side gets none."""
    quota: dict[Side, int] = {side: int(rows * share) for side, share in shares.items()}
    most_cut_first = sorted(shares, key=lambda side: quota[side] - rows * shares[side])
    for side in most_cut_first[: rows - sum(quota.values())]:
        quota[side] += 1
    for side in sorted(shares, key=lambda side: -shares[side]):
        largest = max(quota, key=lambda side: quota[side])
        if quota[side] == 0 and quota[largest] > 1:
            quota[side] += 1
            quota[largest] -= 1
    return quota


class _Deal:
    """Groups dealt out one by one, each to the side that lacks its classes most.

    eager: how much it counts that a side still lacks a class altogether. A class of three groups needs this to come to
    every side; a class of many does better when the small sides wait for small groups.
    """

    def __init__(self, quotas: Quotas, eager: float):
        self.quotas = quotas
        self.eager = eager
        self.placed: Counter[tuple[Hashable, Side]] = Counter()
        self.sides: dict[int, Side] = {}

    def give(self, rows: Sequence[int], classes: Mapping[Hashable, int], among: Sequence[Side]) -> None:
        side = min(among, key=lambda side: sum(self._change(label, side, n) for label, n in classes.items()))
        for label, count in classes.items():
            self.placed[label, side] += count
        self.sides.update(dict.fromkeys(rows, side))

    def misses(self) -> tuple[int, float]:
        """How many sides lack a class that they should hold, and how far all are from their quotas."""
        lacking, distance = 0, 0.0
        for label, quota in self.quotas.items():
            for side, wanted in quota.items():
                lacking += wanted > 0 and self.placed[label, side] == 0
                distance += self._distance(label, side, self.placed[label, side])
        return lacking, distance

    def _change(self, label: Hashable, side: Side, count: int) -> float:
        placed = self.placed[label, side]
        filled = self._distance(label, side, placed + count) - self._distance(label, side, placed)
        return filled - self.eager * (placed == 0)

    def _distance(self, label: Hashable, side: Side, placed: int) -> float:
        """Pearson's chi-square term by rows of the class, so that small sides and small classes weigh their share."""
        quota = self.quotas[label]
        return (placed - quota[side]) ** 2 / max(quota[side], 1) / sum(quota.values())


def _best_deal(
    groups: Sequence[Sequence[int]], labels: Sequence[Hashable], quotas: Quotas, chance: random.Random
) -> _Deal:
    """Large groups first, in several orders; the outcome that comes nearest to the quotas."""
    if not groups:
        return _Deal(quotas, eager=0.0)
    classes = [Counter(labels[row] for row in rows) for rows in groups]
    sides = list(next(iter(quotas.values())))
    deals = []
    for number in range(min(DEALS, 20_000 // len(groups) + 2)):
        deal = _Deal(quotas, eager=float(number % 2))
        for group in sorted(range(len(groups)), key=lambda group: -len(groups[group]) * chance.uniform(0.5, 1.5)):
            deal.give(groups[group], classes[group], sides)
        deals.append(deal)
    return min(deals, key=_Deal.misses)
