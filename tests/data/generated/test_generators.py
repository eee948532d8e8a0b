"""Generated data sets: pure, as stated, and with guesses that are what they say."""

from itertools import pairwise

import numpy as np
import pytest

from headwork.base.errors import HeadworkError
from headwork.data.drawn import Drawn, prepare_drawn
from headwork.data.generated import GENERATORS, Examples
from headwork.data.generated.base import up_to_double

NAMES = list(GENERATORS)
TRUE = [name for name in NAMES if name != "grid-world"]
"""those whose targets are what is right, and not what some have done"""


def some(name: str, length: int | None = None, count: int = 40, seed: int = 0) -> Examples:
    generator = prepare_drawn(name).generator
    chosen = length or generator.lengths[-1]
    return generator.draw(np.random.default_rng(seed), chosen, count)


def same(one: Examples, other: Examples) -> bool:
    return np.array_equal(one.inputs, other.inputs) and np.array_equal(one.targets, other.targets)


@pytest.mark.parametrize("name", NAMES)
def test_a_batch_follows_from_seed_and_number_alone(name):
    drawn, again = prepare_drawn(name), prepare_drawn(name)
    first = drawn.train(3, 6, 400)
    drawn.train(3, 7, 400)
    assert same(first, again.train(3, 6, 400))
    others = [drawn.train(3, 7, 400), drawn.train(3, 8, 400), drawn.train(4, 6, 400)]
    assert not any(same(first, other) for other in others)


@pytest.mark.parametrize("name", NAMES)
def test_shapes_are_as_stated(name):
    generator = prepare_drawn(name).generator
    for length in generator.test_lengths:
        examples = some(name, length, 3)
        assert examples.inputs.dtype == np.float32
        assert examples.inputs.shape[0] == 3 and examples.inputs.shape[2] == generator.inputs
        assert examples.scored.any() and examples.scored.shape == examples.targets.shape[1:2]
        assert examples.length == length
        if generator.ANSWERS == "bits":
            assert examples.targets.shape[2] == generator.outputs
            assert set(np.unique(examples.targets)) <= {0, 1}
        if examples.looks is not None:
            assert ((examples.looks >= 0) & (examples.looks < examples.inputs.shape[1])).all()


def test_lengths_go_up_to_double() -> None:
    assert up_to_double(range(2, 7)) == [2, 6, 9, 12]
    assert up_to_double(range(1, 2)) == [1, 2]


@pytest.mark.parametrize("name", NAMES)
def test_the_test_side_has_longer_inputs_than_training(name):
    generator = prepare_drawn(name).generator
    assert max(generator.test_lengths) > max(generator.lengths)
    assert set(generator.test_lengths) & set(generator.lengths)
    lengths = {prepare_drawn(name).train(0, number, 300).length for number in range(40)}
    assert lengths <= set(generator.lengths)


@pytest.mark.parametrize("name", TRUE)
def test_the_truth_scores_one_and_guesses_score_less(name):
    generator = prepare_drawn(name).generator
    examples = some(name)
    assert generator.score(examples, examples.targets) == pytest.approx(np.ones(40))
    guesses = generator.guesses(examples)
    assert list(guesses) == list(generator.GUESSES)
    for guess in guesses.values():
        assert guess.score.shape == (40,)
        assert ((guess.score >= 0) & (guess.score <= 1)).all()
    assert guesses["chance"].score.mean() < 1


@pytest.mark.parametrize("name", NAMES)
def test_a_set_is_its_name_and_settings(name, tmp_path):
    drawn = prepare_drawn(name)
    again = prepare_drawn(drawn.generator.spec)
    assert again.generator == drawn.generator
    assert again.facts.fingerprint == drawn.facts.fingerprint
    drawn.save(tmp_path)
    assert Drawn.load(tmp_path).facts == drawn.facts


def test_settings_change_the_set_and_its_name():
    plain, chosen = prepare_drawn("copy"), prepare_drawn("copy:longest=4,width=3")
    assert (plain.name, chosen.name) == ("copy", "copy-longest-4-width-3")
    assert chosen.facts.fingerprint != plain.facts.fingerprint
    assert max(chosen.generator.lengths) == 4
    assert chosen.generator.inputs == 4


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("copi", "did you mean 'copy'"),
        ("reviews.csv", "expected one of copy"),
        ("copy:long=3", "expected one of longest, width"),
        ("copy:longest=0", "longest is 0"),
        ("copy:longest=100000000", "expected 1 to 1000"),
        ("copy:longest=x", "Expected `int`"),
        ("copy:longest", "'longest' is no setting"),
        ("associative-recall:longest=1", "needs 2"),
        ("n-gram:context=60", "context is 60"),
        ("grid-world:longest=30", "no cell of a grid of side 5"),
        ("grid-world:good=60,poor=50", "together 100 at most"),
    ],
)
def test_a_source_that_means_nothing_is_refused_in_one_line(source, told):
    with pytest.raises(HeadworkError, match=told) as refused:
        prepare_drawn(source)
    assert "\n" not in str(refused.value)


def test_copy_asks_for_what_it_showed():
    examples = some("copy", 5)
    assert np.array_equal(examples.targets[:, 6:], examples.inputs[:, :5, :-1])
    assert (examples.inputs[:, 6:] == 0).all() and (examples.inputs[:, 5, -1] == 1).all()
    assert list(np.flatnonzero(examples.scored)) == list(range(6, 11))


def test_reverse_asks_for_it_backwards():
    examples = some("reverse", 5)
    assert np.array_equal(examples.targets[:, 6:], examples.inputs[:, :5, :-1][:, ::-1])


@pytest.mark.row("ME02")
def test_repeat_copy_says_how_often_and_when_it_ends():
    seen = set()
    for seed in range(30):
        examples = some("repeat-copy", 3, 2, seed)
        answers = examples.targets[:, 4:]
        repeats = (answers.shape[1] - 1) // 3
        seen.add((repeats, float(examples.inputs[0, 3, -1])))
        assert np.array_equal(answers[:, :-1, :-1], np.tile(examples.inputs[:, :3, :6], (1, repeats, 1)))
        assert (answers[:, -1, -1] == 1).all() and answers[:, :-1, -1].sum() == 0
    assert {repeats for repeats, _ in seen} == {1, 2, 3, 4, 5}
    told = dict(seen)
    assert len(told) == len(seen) and sorted(told.values()) == [told[repeats] for repeats in sorted(told)]


@pytest.mark.row("ME02")
def test_recall_asks_for_the_item_behind_the_one_shown():
    for row in range(40):
        examples = some("associative-recall", 4)
        inputs, answer = examples.inputs[row], examples.targets[row, -3:]
        starts = np.flatnonzero(inputs[:, -2] == 1)
        items = [inputs[start + 1 : start + 4, :6].tobytes() for start in starts]
        opening, closing = np.flatnonzero(inputs[:, -1] == 1)
        asked = inputs[opening + 1 : closing, :6].tobytes()
        assert len(items) == 4
        assert np.ascontiguousarray(answer).tobytes() in {after for item, after in pairwise(items) if item == asked}


@pytest.mark.row("ME02")
def test_priority_sort_names_the_highest_in_order():
    examples = some("priority-sort", 5)
    for inputs, targets in zip(examples.inputs, examples.targets, strict=True):
        listed = sorted(range(5), key=lambda place: -inputs[place, -2])
        assert np.array_equal(targets[-4:], inputs[listed[:4], :6])


@pytest.mark.row("ME02")
def test_the_optimum_of_n_grams_is_the_posterior_mean():
    """The estimate is E[p | counts], here by numerical integration over p with the prior Beta(1/2, 1/2)."""
    generator = prepare_drawn("n-gram:longest=30,context=2").generator
    examples = generator.draw(np.random.default_rng(1), 30, 4)
    estimates = generator.optimum(examples)  # type: ignore[attr-defined]
    # p = sin^2(t) makes the prior uniform in t.
    p = np.sin(np.linspace(0, np.pi / 2, 20001)) ** 2
    for row in range(4):
        bits = [*examples.inputs[row, :, 0].astype(int), int(examples.targets[row, -1, 0])]
        for place in range(2, 30):
            after = [bits[i] for i in range(2, place) if bits[i - 2 : i] == bits[place - 2 : place]]
            likelihood = p ** sum(after) * (1 - p) ** (len(after) - sum(after))
            assert estimates[row, place - 2] == pytest.approx((likelihood * p).sum() / likelihood.sum(), abs=1e-3)


@pytest.mark.row("ME02")
def test_no_estimate_of_n_grams_needs_fewer_bits_than_the_optimum():
    generator = prepare_drawn("n-gram").generator
    examples = generator.draw(np.random.default_rng(0), 60, 400)
    guesses = generator.guesses(examples)
    best = guesses["optimum"].bits.mean()
    chances = generator.optimum(examples)  # type: ignore[attr-defined]
    truth = examples.targets[:, examples.scored, 0]
    for blunt in (0.5, 0.9, 1.1, 2.0):
        odds = (chances / (1 - chances)) ** blunt
        bits = -np.log2(np.where(truth == 1, odds / (1 + odds), 1 / (1 + odds))).sum(1).mean()
        assert bits > best
    assert guesses["chance"].bits.mean() == 57
    assert guesses["optimum"].score.mean() > 0.7


@pytest.mark.row("ME03")
def test_parity_counts_ones_among_as_many_elements_as_said():
    for length in (1, 5, 8):
        examples = some("parity", length)
        vectors = examples.inputs[:, 0]
        assert (np.count_nonzero(vectors, axis=1) == length).all()
        assert set(np.unique(vectors)) <= {-1, 0, 1}
        assert np.array_equal(examples.targets[:, 0, 0], (vectors == 1).sum(1) % 2)


@pytest.mark.row("AT34")
def test_toys_rest_on_the_places_they_name():
    for length in (4, 20):
        added = some("add-two-numbers", length, 200)
        numbers, marks = added.inputs[..., 0], added.inputs[..., 1]
        assert (marks.sum(1) == 2).all()
        for row in range(200):
            behind = np.flatnonzero(marks[row]) + 1
            assert sorted(added.looks[row]) == list(behind)
            assert marks[row, behind].sum() == 0 and (behind < length).all()
            assert added.targets[row, -1, 0] == pytest.approx(numbers[row, behind].sum())
        largest = some("find-the-maximum", length)
        assert np.array_equal(largest.targets[:, -1, 0], largest.inputs[:, :-1, 0].max(1))
        assert np.array_equal(largest.looks[:, 0], largest.inputs[:, :-1, 0].argmax(1))
        second, first = np.sort(largest.inputs[:, :-1, 0], 1)[:, -2:].T
        assert (first - second >= 0.0999).all()


@pytest.mark.row("AT17")
def test_the_answer_is_on_the_marked_patch():
    from headwork.data.generated.patches import patterns

    examples = some("marked-patch", 3, 300)
    rows = np.arange(300)
    assert (examples.inputs[..., -1].sum(1) == 1).all()
    assert (examples.inputs[rows, examples.looks[:, 0], -1] == 1).all()
    likeness = examples.inputs[rows, examples.looks[:, 0], :-1] @ patterns(4, 16).T
    assert (likeness.argmax(1) == examples.targets[:, -1]).mean() > 0.95


@pytest.mark.row("ME06")
def test_hulls_are_those_of_scipy():
    from scipy.spatial import ConvexHull

    for length in (3, 5, 8, 12):
        examples = some("convex-hull", length, 60)
        for points, named in zip(examples.inputs.astype(float), examples.targets, strict=True):
            corners = list(named[named < length])
            expected = list(ConvexHull(points).vertices)  # counter-clockwise in the plane
            first = expected.index(corners[0])
            assert corners == expected[first:] + expected[:first]
            assert points[corners[0], 0] == points[:, 0].min()
            assert (named[len(corners) :] == length).all() and len(corners) <= length


@pytest.mark.row("ME06")
def test_tours_are_the_shortest_of_all():
    from itertools import permutations

    from headwork.data.generated.tours import shortest_tours, tour_lengths

    points = np.random.default_rng(0).random((20, 6, 2))
    tours = shortest_tours(points)
    every = np.array([(0, *rest) for rest in permutations(range(1, 6))])
    for row in range(20):
        lengths = tour_lengths(np.repeat(points[row][None], len(every), 0), every)
        assert tour_lengths(points, tours)[row] == pytest.approx(lengths.min())
    assert (tours[:, 0] == 0).all() and (np.sort(tours, 1) == np.arange(6)).all()
    along = np.take_along_axis(points, tours[:, :, None], 1)
    x, y = along[..., 0], along[..., 1]
    assert ((x * np.roll(y, -1, 1) - y * np.roll(x, -1, 1)).sum(1) > 0).all()


@pytest.mark.row("ME06")
def test_the_exact_search_goes_to_ten_points():
    from headwork.data.generated.tours import shortest_tours, tour_lengths

    circle = np.linspace(0, 2 * np.pi, 10, endpoint=False)
    order = np.random.default_rng(0).permutation(10)
    points = np.stack([np.cos(circle), np.sin(circle)], 1)[order][None]
    assert tour_lengths(points, shortest_tours(points))[0] == pytest.approx(20 * np.sin(np.pi / 10))


@pytest.mark.row("ME06")
def test_what_is_no_tour_scores_nothing():
    generator, examples = prepare_drawn("tsp").generator, some("tsp", 5)
    assert generator.score(examples, np.roll(examples.targets, 2, 1)) == pytest.approx(np.ones(40))
    assert (generator.score(examples, np.zeros_like(examples.targets)) == 0).all()
    assert (generator.guesses(examples)["nearest"].score <= 1).all()


@pytest.mark.row("ME07")
def test_the_nearest_neighbour_of_episodes_is_that_of_scikit_learn():
    from sklearn.neighbors import KNeighborsClassifier

    generator, examples = prepare_drawn("episodes").generator, some("episodes", 2)
    for row in range(40):
        vectors, labels = examples.inputs[row, :, :12], examples.inputs[row, :-1, 12:].argmax(1)
        assert sorted(labels) == sorted([*range(5)] * 2)
        found = KNeighborsClassifier(1).fit(vectors[:-1], labels).predict(vectors[-1:])[0]
        assert generator.guesses(examples)["nearest"].score[row] == float(found == examples.targets[row, -1])
    assert (examples.inputs[:, -1, 12:] == 0).all()


@pytest.mark.row("ME07")
def test_the_optimum_of_episodes_is_the_posterior_of_classes():
    """By drawing class means from their posterior, one class at a time."""
    from scipy.stats import multivariate_normal

    from headwork.data.generated.episodes import NOISE, turn

    generator, examples = prepare_drawn("episodes:directions=2,width=3").generator, None
    examples = generator.draw(np.random.default_rng(0), 2, 3)
    random = np.random.default_rng(1)
    for row in range(3):
        vectors = (examples.inputs[row, :, :3] @ turn(3).T)[:, :2]
        labels = examples.inputs[row, :-1, 3:].argmax(1)
        means = random.standard_normal((400_000, 2))
        given = []
        for label in range(5):
            shown = [
                multivariate_normal.logpdf(means - vectors[place], np.zeros(2), NOISE**2)
                for place in np.flatnonzero(labels == label)
            ]
            weights = np.exp(np.sum(shown, 0))
            asked = multivariate_normal.pdf(means - vectors[-1], np.zeros(2), NOISE**2)
            given.append((weights * asked).sum() / weights.sum())
        posterior = np.array(given) / np.sum(given)
        np.testing.assert_allclose(np.exp(generator.optimum(examples)[row]), posterior, atol=0.03)


@pytest.mark.row("ME08")
@pytest.mark.parametrize("supports", [1, 2])
def test_stories_are_answered_by_following_their_facts(supports: int):
    """By a reader that walks through the steps, and by the supports alone."""
    stories = GENERATORS["stories"](longest=8, supports=supports)
    examples = stories.draw(np.random.default_rng(3), 8, 200)
    people, places = slice(3, 7), slice(7, 13)
    for steps, targets, looks in zip(examples.inputs, examples.targets, examples.looks, strict=True):
        where, holder = {}, {}
        for number, step in enumerate(steps[:-1]):
            person = int(step[people].argmax())
            if step[0]:
                where[person] = number, int(step[places].argmax())
            else:
                holder[int(step[13:].argmax())] = number, person
        question = steps[-1]
        assert question[2] == 1
        if supports == 1:
            expected = [where[int(question[people].argmax())]]
            assert looks.tolist() == [expected[0][0]]
        else:
            taken, person = holder[int(question[13:].argmax())]
            expected = [where[person]]
            assert looks.tolist() == [taken, expected[0][0]]
        assert targets[-1] == expected[0][1]
