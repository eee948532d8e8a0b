"""Which side each clean row stands on: that of its file, or cut from the training rows where a side has no file."""

from collections.abc import Collection, Hashable, Sequence

from headwork.base.errors import HeadworkError
from headwork.data.sieve import Row, Sieve, absent_classes, rare_classes
from headwork.data.split import SHARES, SIDES, Side, linked, split

FEWEST_ROWS = 20


def choose_sides(sieve: Sieve, *, files: Collection[Side], group: str | None, seed: int, source: str) -> list[Side]:
    """The side of each row of the sieve, after dropping from it the classes that cannot stand on train and test.

    files: the sides that have a file; group: the column whose equal cells stay together. HeadworkError where fewer than
    FEWEST_ROWS rows or two classes are left.
    """
    small = rare_classes(sieve.rows)
    while True:
        sieve.drop_classes(small)
        _check_enough(sieve, source)
        sides = _sides(sieve.rows, files, group, seed)
        small = absent_classes(sieve.rows, sides)
        if not small:
            return sides


def _check_enough(sieve: Sieve, source: str) -> None:
    classes = sorted({row.label for row in sieve.rows})
    account = ", ".join(f"{count:,} {reason}" for reason, count in sieve.dropped.items())
    dropped = f" (dropped: {account})" if account else ""
    if len(classes) == 1:
        raise HeadworkError(f"{source}: one class only, {classes[0]!r:.60}{dropped}; at least two are needed")
    if len(sieve.rows) < FEWEST_ROWS:
        raise HeadworkError(f"{source}: {len(sieve.rows)} usable rows{dropped}; at least {FEWEST_ROWS} are needed")


def _sides(rows: Sequence[Row], files: Collection[Side], group: str | None, seed: int) -> list[Side]:
    sides: list[Side] = [row.side for row in rows]
    shares: dict[Side, float] = {side: SHARES[side] for side in SIDES if side not in files}
    if shares:
        shares["train"] = 1 - sum(shares.values())
        cut = [place for place, side in enumerate(sides) if side == "train"]
        training = [rows[place] for place in cut]
        groups = _groups(training, group, fewest=len(shares))
        chosen = split([row.label for row in training], seed=seed, groups=groups, shares=shares)
        for place, side in zip(cut, chosen, strict=True):
            sides[place] = side
    return sides


def _groups(rows: Sequence[Row], group: str | None, *, fewest: int) -> Sequence[Hashable]:
    """What must stay together: rows of one text (their labels differ, or they would be duplicates) and of one group."""
    keys = [row.key for row in rows]
    if group is None:
        return keys
    named = [row.group or row.index for row in rows]  # a row without a group is one by itself
    if len(set(named)) < fewest:
        raise HeadworkError(
            f"--group {group}: {len(set(named))} different groups among the usable rows; at least {fewest} are needed "
            "so that each side has one"
        )
    return linked(keys, named)
