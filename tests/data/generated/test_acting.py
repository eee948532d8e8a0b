"""Sets in which one acts: a maze and a grid world, walked by hand."""

import numpy as np
import pytest

from headwork.data.drawn import prepare_drawn
from headwork.data.generated.worlds import GridWorld


@pytest.mark.row("LC11")
def test_a_walker_that_remembers_the_signs_leaves_the_maze():
    """By a walker that keeps a list of the signs, and by one that follows every arrow."""
    for length in (1, 9, 30):
        generator = prepare_drawn("t-maze").generator
        examples = generator.draw(np.random.default_rng(0), length, 200)
        strayed = np.zeros(200)
        for row, (steps, targets) in enumerate(zip(examples.inputs, examples.targets, strict=True)):
            signs, last = [], 0
            for step, target in zip(steps, targets, strict=True):
                arrow = int(step[1:3] @ [1, 2])
                last = arrow or last
                if step[0]:
                    signs.append(arrow)
                if step[3]:
                    assert target == signs.pop(0) and not arrow
                    strayed[row] += last == target
                else:
                    assert target == 0
            assert not signs and steps[-1, 3] and steps[:3, 0].all()
        guessed = generator.guesses(examples)["last arrow"].score
        assert guessed == pytest.approx(strayed / 3)
        assert examples.inputs.shape[1] == generator.steps(length) == length + 6
    assert abs(guessed.mean() - 0.5) < 0.1  # far from the entry the last arrow is any
    assert len({tuple(np.flatnonzero(steps[:, 3])) for steps in examples.inputs}) > 100
    assert (generator.score(examples, np.where(examples.targets > 0, 3 - examples.targets, 0)) == 0).all()


def walk(side: int, start: int, actions: list[int], walls: set[int]) -> tuple[list[int], float]:
    """Cells and what is earned, by a walker that knows rows and columns alone."""
    row, column = divmod(start, side)
    cells, earned = [start], 0.0
    for action in actions:
        if cells[-1] not in (0, side**2 - 1):
            down, right = [(-1, 0), (0, 1), (1, 0), (0, -1), (0, 0)][action]
            there = row + down, column + right
            if min(there) >= 0 and max(there) < side and there[0] * side + there[1] not in walls:
                row, column = there
            earned += {0: 1.0, side**2 - 1: 0.5}.get(row * side + column, 0.0) - 1 / (8 * side)
        cells.append(row * side + column)
    return cells, earned


@pytest.mark.row("LC28")
def test_a_grid_tells_where_walkers_were_and_what_they_still_earned():
    generator = GridWorld()
    walls = {cell for cell in range(24) if np.isinf(generator.world.distances[0][cell])}
    examples = generator.draw(np.random.default_rng(0), 4, 300)
    assert list(np.flatnonzero(examples.scored)) == list(range(1, 30, 3))
    reached = []
    for steps, targets in zip(examples.inputs, examples.targets, strict=True):
        states, taken = steps[1::3, 2:-5], steps[2::3, -5:]
        assert (states.sum(1) == 1).all() and (taken.sum(1) == 1).all() and (steps[0::3, 1] == 1).all()
        actions = taken.argmax(1).tolist()
        assert actions == targets[1::3].tolist()
        cells, earned = walk(5, int(states[0].argmax()), actions, walls)
        assert states.argmax(1).tolist() == cells[:-1]
        assert steps[0, 0] == pytest.approx(earned, abs=1e-6)
        for place in range(10):
            assert steps[3 * place, 0] == pytest.approx(walk(5, cells[place], actions[place:], walls)[1], abs=1e-6)
        reached.append(cells[-1])
    assert abs(reached.count(0) / 300 - 0.2) < 0.1 and abs(reached.count(24) / 300 - 0.4) < 0.15


@pytest.mark.row("LC28")
@pytest.mark.parametrize("side", [4, 5, 8])
def test_shortest_paths_are_those_of_scipy(side: int):
    from scipy.sparse.csgraph import shortest_path

    world = GridWorld(side=side, longest=2).world
    ways = np.zeros((side**2, side**2))
    for cell in range(side**2):
        ways[cell, world.after[cell]] = 1
        row, column = divmod(cell, side)
        for there in world.after[cell]:
            assert abs(there // side - row) + abs(there % side - column) <= 1
    found = shortest_path(ways, unweighted=True)
    for treasure, told in zip(world.treasures, world.distances, strict=True):
        assert np.array_equal(found[:, treasure], told)
    assert np.isinf(world.distances[0]).sum() > 1, "there are walls"


@pytest.mark.row("LC28")
def test_the_score_is_what_is_earned_by_acting():
    """A walker asked step by step is told of its own way, and to earn the rest of the great treasure."""
    generator = GridWorld()
    walls = {cell for cell in range(24) if np.isinf(generator.world.distances[0][cell])}
    examples = generator.draw(np.random.default_rng(1), 4, 60)
    random = np.random.default_rng(2)
    asked = []

    def decide(told: np.ndarray) -> np.ndarray:
        asked.append(told)
        return random.integers(0, 5, told.shape[:2])

    played = generator.played(examples, examples.targets, decide)
    assert [told.shape[1] for told in asked] == list(range(2, 30, 3))
    for row in range(60):
        start, actions = int(asked[0][row, 1, 2:-5].argmax()), played[row, 1::3].tolist()
        cells, earned = walk(5, start, actions, walls)
        best = 1 - generator.world.distances[0][start] / 40
        assert generator.score(examples, played)[row] == pytest.approx(max(0, earned) / best)
        for place, told in enumerate(asked):
            assert told[row, 3 * place + 1, 2:-5].argmax() == cells[place]
            assert told[row, 3 * place, 0] == pytest.approx(1 - walk(5, start, actions[:place], walls)[1], abs=1e-6)
            assert place == 0 or told[row, 3 * place - 1, -5:].argmax() == actions[place - 1]


@pytest.mark.row("LC28")
def test_shortest_paths_are_right_and_random_walkers_earn_what_is_expected():
    generator = GridWorld()
    examples = generator.draw(np.random.default_rng(1), 4, 4000)
    random, world = np.random.default_rng(3), generator.world

    def shortest(told: np.ndarray) -> np.ndarray:
        return np.repeat(world.best(random, 0)[told[:, -1, 2:-5].argmax(1)][:, None], told.shape[1], 1)

    played = generator.played(examples, examples.targets, shortest)
    assert generator.right(examples, played).all() and generator.score(examples, played) == pytest.approx(np.ones(4000))
    anyhow = generator.played(examples, examples.targets, lambda told: random.integers(0, 5, told.shape[:2]))
    guesses = generator.guesses(examples)
    assert generator.score(examples, anyhow).mean() == pytest.approx(guesses["chance"].score.mean(), abs=0.015)
    assert guesses["walkers"].score == pytest.approx(generator.score(examples, examples.targets))
    assert guesses["walkers"].score.mean() < 0.7
