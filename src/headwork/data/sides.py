"""Which side each clean row stands on: that of its file, or cut from the training rows where a side has no file."""

from collections import Counter
from collections.abc import Collection, Hashable, Sequence

from headwork.base.errors import HeadworkError
from headwork.data.duplicates import normalised
from headwork.data.sieve import Row, Sieve, absent_classes, rare_classes
from headwork.data.split import SHARES, SIDES, Side, linked, split

FEWEST_ROWS = 20
STRATA = 10
"""parts of the rows, by their score, that are shared out like classes"""
MOST_OF_ONE = 0.1
"""share of the pairs that may have one first text; where more have, they are parted"""


def choose_sides(sieve: Sieve, *, files: Collection[Side], group: str | None, seed: int, source: str) -> list[Side]:
    """The side of each row of the sieve, after dropping from it the classes that cannot stand on train and test.

    files: the sides that have a file; group: the column whose equal cells stay together. HeadworkError where fewer than
    FEWEST_ROWS rows or two classes are left.
    """
    small = rare_classes(sieve.rows)
    while True:
        sieve.drop_classes(small)
        _check_enough(sieve, source)
        sides = _sides(sieve.rows, files, group, seed, [row.label for row in sieve.rows])
        small = absent_classes(sieve.rows, sides)
        if not small:
            return sides


def choose_sides_by_score(
    sieve: Sieve, *, files: Collection[Side], group: str | None, seed: int, source: str
) -> list[Side]:
    """As `choose_sides`, of rows whose labels are numbers: low and high ones come to every side."""
    _check_enough(sieve, source, of="value")
    order = sorted(range(len(sieve.rows)), key=lambda place: float(sieve.rows[place].label))
    strata = [0] * len(order)
    for rank, place in enumerate(order):
        strata[place] = STRATA * rank // len(order)
    return _sides(sieve.rows, files, group, seed, strata)


def choose_sides_by_labels(
    sieve: Sieve, sets: Sequence[Sequence[str]], *, files: Collection[Side], group: str | None, seed: int, source: str
) -> list[Side]:
    """As `choose_sides`, of rows with sets of labels: a row stands for the rarest of its labels."""
    _check_enough(sieve, source, of="set of labels")
    rows_with = Counter(label for labels in sets for label in labels)
    strata = [min(labels, key=lambda label: (rows_with[label], label), default=None) for labels in sets]
    return _sides(sieve.rows, files, group, seed, strata)


def choose_sides_by_texts(
    sieve: Sieve, *, files: Collection[Side], group: str | None, seed: int, source: str
) -> list[Side]:
    """As `choose_sides`, of pairs without a target: those that share either of their texts stay together."""
    _check_enough(sieve, source, of="")
    return _sides(sieve.rows, files, group, seed, [0] * len(sieve.rows), either=True)


def choose_sides_freely(sieve: Sieve, *, files: Collection[Side], seed: int, source: str, of: str) -> list[Side]:
    """As `choose_sides`, of rows without classes: `of` says what their labels are."""
    _check_enough(sieve, source, of=of)
    return _sides(sieve.rows, files, None, seed, [0] * len(sieve.rows))


def _check_enough(sieve: Sieve, source: str, of: str = "class") -> None:
    """`of` is what there must be two of; empty where rows have none."""
    classes = sorted({row.label for row in sieve.rows})
    account = ", ".join(f"{count:,} {reason}" for reason, count in sieve.dropped.items())
    dropped = f" (dropped: {account})" if account else ""
    if of and len(classes) == 1:
        raise HeadworkError(f"{source}: one {of} only, {classes[0]!r:.60}{dropped}; at least two are needed")
    if len(sieve.rows) < FEWEST_ROWS:
        raise HeadworkError(f"{source}: {len(sieve.rows)} usable rows{dropped}; at least {FEWEST_ROWS} are needed")


def _sides(
    rows: Sequence[Row],
    files: Collection[Side],
    group: str | None,
    seed: int,
    strata: Sequence[Hashable],
    *,
    either: bool = False,
) -> list[Side]:
    sides: list[Side] = [row.side for row in rows]
    shares: dict[Side, float] = {side: SHARES[side] for side in SIDES if side not in files}
    if shares:
        shares["train"] = 1 - sum(shares.values())
        cut = [place for place, side in enumerate(sides) if side == "train"]
        training = [rows[place] for place in cut]
        groups = _groups(training, group, fewest=len(shares), either=either)
        chosen = split([strata[place] for place in cut], seed=seed, groups=groups, shares=shares)
        for place, side in zip(cut, chosen, strict=True):
            sides[place] = side
    return sides


def _groups(rows: Sequence[Row], group: str | None, *, fewest: int, either: bool) -> Sequence[Hashable]:
    """What must stay together: rows of one text (their labels differ, or they would be duplicates) and of one group.

    Of pairs those with one first text too, as all hypotheses of a premise, and where `either` counts with one second.
    """
    keys: Sequence[Hashable] = [row.key for row in rows]
    if any(row.second for row in rows):
        for texts in ([row.text for row in rows], [row.second for row in rows])[: 1 + either]:
            same = list(map(normalised, texts))
            if max(Counter(same).values()) <= MOST_OF_ONE * len(rows):
                keys = linked(keys, same)
    if group is None:
        return keys
    named = [row.group or row.index for row in rows]  # a row without a group is one by itself
    tied = linked(keys, named)
    if len(set(tied)) < fewest:
        raise HeadworkError(
            f"--group {group}: {len(set(named))} different groups among the usable rows, {len(set(tied))} when those "
            f"that share a text are one; at least {fewest} are needed so that each side has one"
        )
    return tied
