"""Programs of several questions laid end to end: their scores from potentials, and what they teach.

    score(z) = sum of the potentials of its slots;   p(z | question) = softmax over the question's programs
    loss = - ln sum over z that give the right answer of p(z)

The sum over all consistent programs is maximum marginal likelihood: which of them is meant is not known (Krishnamurthy,
Dasigi and Gardner 2017, section 3; Liang, Norouzi, Berant, Le and Lao 2018, "Memory augmented policy optimization",
section 2).

Axes: Q questions, P programs of all of them, S slots, T traits, R roles, M columns of all tables.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from headwork.models.programs.slots import ROLES, TRAITS


@dataclass(frozen=True)
class Laid:
    """slots: (P, S) places in [A of all questions, B of all columns, 0]; programs, columns: how many each has."""

    slots: np.ndarray
    programs: tuple[int, ...]
    columns: tuple[int, ...]

    @property
    def questions(self) -> np.ndarray:
        """(P,) the question of each program."""
        return np.repeat(np.arange(len(self.programs)), self.programs)


def lay(slots: Sequence[np.ndarray], columns: Sequence[int]) -> Laid:
    """From the (P, S) slots of each question and the columns of its table."""
    traits, roles, questions = len(TRAITS), len(ROLES), len(slots)
    nothing = questions * traits + sum(columns) * roles
    firsts = np.cumsum([0, *columns])
    placed = [
        np.where(
            own < 0,
            nothing,
            np.where(own < traits, traits * place + own, questions * traits + roles * firsts[place] + own - traits),
        )
        for place, own in enumerate(map(np.asarray, (one.astype(np.int64) for one in slots)))
    ]
    return Laid(np.concatenate(placed), tuple(map(len, slots)), tuple(columns))


def scores_of(laid: Laid, traits: np.ndarray, roles: np.ndarray) -> np.ndarray:
    """(P,) from (Q, T) and (M, R) potentials."""
    return np.concatenate([traits.ravel(), roles.ravel(), [0.0]])[laid.slots].sum(1)


def shares(scores: np.ndarray, laid: Laid, among: np.ndarray | None = None) -> np.ndarray:
    """(P,) softmax over the programs of each question; `among` are (P,) those that count, at least one in each."""
    scores = scores if among is None else np.where(among, scores, -np.inf)
    starts = np.cumsum([0, *laid.programs[:-1]])
    powers = np.exp(scores - np.maximum.reduceat(scores, starts)[laid.questions])
    return powers / np.add.reduceat(powers, starts)[laid.questions]


def gradient(laid: Laid, traits: np.ndarray, roles: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of the summed loss by the (Q, T) and the (M, R) potentials; `right` are the (P,) consistent programs."""
    scores = scores_of(laid, traits, roles)
    slope = shares(scores, laid) - shares(scores, laid, right)
    size = traits.size + roles.size + 1
    found = np.bincount(laid.slots.ravel(), np.repeat(slope, laid.slots.shape[1]), minlength=size)
    return found[: traits.size].reshape(traits.shape), found[traits.size : -1].reshape(roles.shape)
