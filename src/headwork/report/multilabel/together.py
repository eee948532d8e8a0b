"""Which labels stand together: shares of a label's rows that have another label too, in the data and as answered."""

import msgspec

SHOWN_LABELS = 20


class Both(msgspec.Struct, frozen=True):
    rows: int
    share: float
    """of the rows that have the label of this line"""


class Together(msgspec.Struct, frozen=True, kw_only=True):
    labels: list[str]
    cells: list[list[Both]]
    """by label, then by the other label; on the diagonal the rows of the label, share 0"""
    left_out: int
    """labels that are not shown"""


def chosen_labels(matrix: list[list[int]], *, limit: int = SHOWN_LABELS) -> list[int]:
    """Places of at most `limit` labels: those that stand with others most often, in their own order."""
    beside = [sum(row) - row[place] for place, row in enumerate(matrix)]
    return sorted(sorted(range(len(matrix)), key=lambda place: -beside[place])[:limit])


def shown_together(matrix: list[list[int]], labels: list[str], kept: list[int]) -> Together:
    return Together(
        labels=[labels[place] for place in kept],
        cells=[
            [Both(matrix[i][j], 0.0 if i == j else matrix[i][j] / max(matrix[i][i], 1)) for j in kept] for i in kept
        ],
        left_out=len(labels) - len(kept),
    )
