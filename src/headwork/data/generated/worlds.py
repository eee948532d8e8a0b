"""A grid with two treasures, and the paths of good, poor and random walkers in it: learn from them how to act.

    R_1 s_1 a_1 R_2 s_2 a_2 …,      R_t = r_t + … + r_N,     r = prize - cost of a step

The great treasure is worth 1, the small one, at the other end of the grid, half as much; each step costs a little, and
whoever has reached a treasure stays there. A good walker takes a shortest path to the great treasure, a poor one to the
small one, a random one walks anyhow. The action is asked for behind each state, given the return that was still to come
(Chen et al. 2021, "Decision Transformer", section 3). A model is scored by what it earns: it acts in the grid from the
same start, and is told each time to earn the rest of what the great treasure is worth.

Axes: n examples, N actions, T = 3 N steps, C cells.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import ClassVar

import numpy as np

from headwork.data.generated.base import Answers, Examples, Generated, Guess

MOVES = np.array([(-1, 0), (0, 1), (1, 0), (0, -1), (0, 0)])
"""of the actions; the last stays"""
STAY = len(MOVES) - 1
PRIZES = 1.0, 0.5
WALLS = 0.25
"""share of the cells"""
WISH, STATE = 0, 2
"""channels of the return to come, of the state behind it and, behind those, of the action"""
WIDEST = 12


class GridWorld(Generated, frozen=True, kw_only=True, forbid_unknown_fields=True):
    NAME: ClassVar[str] = "grid-world"
    TITLE: ClassVar[str] = "act in a grid with two treasures, having seen good, poor and random walkers"
    ANSWERS: ClassVar[Answers] = "classes"
    UNIT: ClassVar[str] = "steps from the great treasure"
    SCORE: ClassVar[str] = "what the model earns when it acts, divided by what a shortest path earns; 0 for a loss"
    GUESSES: ClassVar[Mapping[str, str]] = {
        "chance": "walks anyhow",
        "walkers": "acts as the walkers in the data",
        "optimum": "takes a shortest path",
    }

    longest: int = 4
    side: int = 5
    good: int = 20
    """of a hundred walkers"""
    poor: int = 40

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 3 <= self.side <= WIDEST or self.good + self.poor > 100:
            raise ValueError(
                f"side is {self.side}, good {self.good}, poor {self.poor}; expected 3 to {WIDEST}, together 100 at most"
            )
        if self.longest >= self.world.furthest:
            raise ValueError(
                f"longest is {self.longest}; expected less than {self.world.furthest}, for no cell of a grid of side "
                f"{self.side} is further from the treasure"
            )

    @property
    def world(self) -> "World":
        return world_of(self.side)

    @property
    def inputs(self) -> int:
        return STATE + self.side**2 + len(MOVES)

    @property
    def outputs(self) -> int:
        return len(MOVES)

    @property
    def channels(self) -> Mapping[str, range]:
        return {"wish": range(WISH, WISH + 1)}

    @property
    def test_lengths(self) -> Sequence[int]:
        furthest = self.world.furthest
        return sorted({max(1, self.longest // 2), self.longest, (self.longest + furthest + 1) // 2, furthest})

    @property
    def actions(self) -> int:
        """N"""
        return 2 * self.side

    @property
    def cost(self) -> float:
        """Of a step."""
        return 1 / (4 * self.actions)

    def steps(self, length: int) -> int:
        return 3 * self.actions

    def draw(self, random: np.random.Generator, length: int, count: int) -> Examples:
        starts = np.flatnonzero(self.world.distances[0] == length)
        cells = [random.choice(starts, count)]
        kinds = random.choice(3, count, p=[self.good / 100, self.poor / 100, 1 - (self.good + self.poor) / 100])
        actions: list[np.ndarray] = []
        for _ in range(self.actions):
            ways = np.stack([self.world.best(random, 0), self.world.best(random, 1)])
            anyhow = random.integers(0, len(MOVES), count)
            chosen = np.where(kinds == 2, anyhow, ways[np.minimum(kinds, 1), cells[-1]])
            actions.append(np.where(self.world.ends(cells[-1]), STAY, chosen))
            cells.append(self.world.after[cells[-1], actions[-1]])
        path, taken = np.stack(cells, 1), np.stack(actions, 1)
        to_come = self.earned(path)[:, ::-1].cumsum(1)[:, ::-1]
        targets = np.full((count, self.steps(length)), STAY)
        targets[:, 1::3] = taken
        scored = np.arange(self.steps(length)) % 3 == 1
        return Examples(self._told(to_come, path[:, :-1], taken), targets, scored, length)

    def played(
        self, examples: Examples, answered: np.ndarray, decide: Callable[[np.ndarray], np.ndarray]
    ) -> np.ndarray:
        shape = len(examples), self.actions
        to_come, path, taken = np.zeros(shape), np.zeros(shape, int), np.zeros(shape, int)
        cell, wish = starts_of(examples), np.full(len(examples), PRIZES[0])
        for action in range(self.actions):
            to_come[:, action], path[:, action] = wish, cell
            told = self._told(to_come, path, taken)[:, : 3 * action + 2]
            taken[:, action] = decide(told)[:, -1]
            after = self.world.after[cell, taken[:, action]]
            wish = wish - self.earned(np.stack([cell, after], 1))[:, 0]
            cell = after
        answers = np.full_like(answered, STAY)
        answers[:, 1::3] = taken
        return answers

    def score(self, examples: Examples, answered: np.ndarray) -> np.ndarray:
        earned = self.earned(self._walked(examples, answered)).sum(1)
        return earned.clip(0) / self._best(examples)

    def right(self, examples: Examples, answered: np.ndarray) -> np.ndarray:
        """(n, N): does each action go on along a shortest path, or stay at its end."""
        left = self.world.distances[0][self._walked(examples, answered)]
        return left[:, 1:] == np.maximum(left[:, :-1] - 1, 0)

    def guesses(self, examples: Examples) -> dict[str, Guess]:
        count = len(examples)
        anyhow = Guess(self.at_random()[starts_of(examples)] / self._best(examples))
        return {
            "chance": anyhow,
            "walkers": Guess(self.score(examples, examples.targets)),
            "optimum": Guess(np.ones(count)),
        }

    def at_random(self) -> np.ndarray:
        """(C,) what is expected of a random walker from each cell, losses taken as nothing."""
        world, cells = self.world, self.side**2
        arrived = np.zeros((cells, cells))
        arrived[np.arange(cells), np.arange(cells)] = 1
        turn = np.zeros((cells, cells))
        np.add.at(turn, (np.arange(cells)[:, None], world.after), 1 / len(MOVES))
        found = np.zeros(cells)
        for step in range(1, self.actions + 1):
            before, arrived = arrived, arrived @ turn
            for prize, treasure in zip(PRIZES, world.treasures, strict=True):
                found += (arrived - before)[:, treasure] * max(0.0, prize - step * self.cost)
        return found

    def earned(self, path: np.ndarray) -> np.ndarray:
        """(n, N + 1) cells to the (n, N) rewards of the actions between them."""
        worth = np.zeros(self.side**2)
        worth[list(self.world.treasures)] = PRIZES
        return np.where(self.world.ends(path[:, :-1]), 0.0, worth[path[:, 1:]] - self.cost)

    def _walked(self, examples: Examples, answered: np.ndarray) -> np.ndarray:
        """(n, N + 1) the cells that the actions lead through."""
        cells = [starts_of(examples)]
        for action in answered[:, 1::3].T:
            cells.append(self.world.after[cells[-1], action])
        return np.stack(cells, 1)

    def _best(self, examples: Examples) -> np.ndarray:
        return PRIZES[0] - self.cost * self.world.distances[0][starts_of(examples)]

    def _told(self, to_come: np.ndarray, path: np.ndarray, taken: np.ndarray) -> np.ndarray:
        """(n, N) each to the (n, 3 N, I) steps that tell them."""
        inputs = np.zeros((len(path), 3 * self.actions, self.inputs), np.float32)
        inputs[:, 0::3, WISH], inputs[:, 0::3, WISH + 1] = to_come, 1
        inputs[:, 1::3, STATE : -len(MOVES)] = np.eye(self.side**2)[path]
        inputs[:, 2::3, -len(MOVES) :] = np.eye(len(MOVES))[taken]
        return inputs


def starts_of(examples: Examples) -> np.ndarray:
    """(n,) the first cells."""
    return examples.inputs[:, 1, STATE : -len(MOVES)].argmax(1)


@dataclass(frozen=True)
class World:
    """A grid and its treasures, the great one first."""

    after: np.ndarray
    """(C, 5) the cell that each action leads to; from a treasure nothing leads away"""
    treasures: tuple[int, int]
    distances: tuple[np.ndarray, np.ndarray]
    """(C,) steps of a shortest path to each treasure; infinite from walls and from the other treasure"""

    @property
    def furthest(self) -> int:
        return int(self.distances[0][np.isfinite(self.distances[0])].max())

    def ends(self, cells: np.ndarray) -> np.ndarray:
        return np.isin(cells, self.treasures)

    def best(self, random: np.random.Generator, treasure: int) -> np.ndarray:
        """(C,) an action of each cell that brings the treasure nearest, any where there are several."""
        left = self.distances[treasure][self.after]
        return (left + random.random(left.shape)).argmin(1)


@cache
def world_of(side: int) -> World:
    """The same for all who ask: walls are drawn until there is a way to both treasures from everywhere."""
    random, treasures = np.random.default_rng(side), (0, side**2 - 1)
    while True:
        walls = random.random(side**2) < WALLS
        walls[list(treasures)] = False
        after = _after(walls.reshape(side, side), treasures)
        distances = _distances(after, treasures[0]), _distances(after, treasures[1])
        free = np.setdiff1d(np.flatnonzero(~walls), treasures)
        if all(np.isfinite(each[free]).all() for each in distances):
            return World(after, treasures, distances)


def _after(walls: np.ndarray, treasures: tuple[int, int]) -> np.ndarray:
    side = len(walls)
    here = np.stack(np.divmod(np.arange(side**2), side), 1)
    there = here[:, None] + MOVES
    inside = ((there >= 0) & (there < side)).all(2)
    there = there.clip(0, side - 1)
    open_ = inside & ~walls[there[..., 0], there[..., 1]]
    after = np.where(open_, there @ [side, 1], np.arange(side**2)[:, None])
    stays = walls.flatten()
    stays[list(treasures)] = True
    after[stays] = np.flatnonzero(stays)[:, None]
    return after


def _distances(after: np.ndarray, treasure: int) -> np.ndarray:
    found = np.full(len(after), np.inf)
    found[treasure] = 0
    for _ in after:
        found = np.minimum(found, 1 + found[after].min(1))
    return found
