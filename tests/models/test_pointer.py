"""Pointer networks: valid places, the score of the paper, and the same answers in training and in writing."""

import pytest
import torch
from torch.nn import functional

from headwork.data.drawn import prepare_drawn
from headwork.models.algorithm import Shape
from headwork.models.pointer import Pointer, PointerConfig

pytestmark = pytest.mark.row("ME06")


def build(pointing: str = "attention", *, ends: int = 1, answers: str = "places") -> Pointer:
    torch.manual_seed(0)
    return Pointer(PointerConfig(hidden=12, pointing=pointing), Shape(2, ends, answers, 6)).double().eval()


def points(count: int = 5, many: int = 6) -> torch.Tensor:
    return torch.rand(count, many, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(3))


@pytest.mark.parametrize("pointing", ["attention", "table"])
@pytest.mark.parametrize("ends", [0, 1])
@pytest.mark.parametrize("many", [3, 6, 9])
def test_places_are_valid_and_named_once(pointing, ends, many):
    named = build(pointing, ends=ends)(points(many=many)).outputs.argmax(-1)
    assert named.shape == (5, many + ends)
    for row in named.tolist():
        own = [place for place in row if place < many]
        assert len(own) == len(set(own)) and max(row) < many + ends
        if not ends:
            assert sorted(row) == list(range(many))


@pytest.mark.parametrize("pointing", ["attention", "table"])
@pytest.mark.parametrize("many", [3, 6, 9])
def test_triples_are_corners_of_triangles(pointing, many):
    named = build(pointing, answers="triples")(points(many=many)).outputs.argmax(-1)
    assert named.shape == (5, 3 * (2 * many - 5))
    for row in named.view(5, -1, 3).tolist():
        ended = [corners == [many] * 3 for corners in row]
        assert ended == sorted(ended)
        assert all(0 <= a < b < c < many for a, b, c in row[: ended.count(False)])


@pytest.mark.parametrize("pointing", ["attention", "table"])
@pytest.mark.parametrize(("ends", "answers"), [(0, "places"), (1, "places"), (1, "triples")])
def test_told_its_own_answers_it_answers_the_same(pointing, ends, answers):
    """All steps at once after given answers are the steps one by one."""
    model, x = build(pointing, ends=ends, answers=answers), points()
    written = model(x).outputs
    torch.testing.assert_close(model(x, written.argmax(-1)).outputs, written)


def test_the_first_answer_is_the_papers_score():
    model, x = build(), points(1)
    encoded, state = model.encoder(x)
    decoded, _ = model.decoder(model.start.expand(1, 1, -1), state)
    score = model.mechanism.score
    keys = torch.cat([encoded[0], model.end[None]])
    expected = torch.stack(
        [torch.tanh(decoded[0, 0] @ score.query_weight[0] + key @ score.key_weight[0]) @ score.out[0] for key in keys]
    )
    torch.testing.assert_close(model(x).outputs[0, 0], expected)


def test_an_answer_does_not_depend_on_what_follows():
    model, x = build(), points()
    targets = torch.stack([torch.randperm(6, generator=torch.Generator().manual_seed(i)) for i in range(5)])
    targets = functional.pad(targets, (0, 1), value=6)
    changed = targets.clone()
    changed[:, 3:6] = targets[:, 3:6].flip(1)
    one, other = model(x, targets).outputs, model(x, changed).outputs
    torch.testing.assert_close(one[:, :4], other[:, :4])
    assert not torch.allclose(one[:, 5], other[:, 5])


def test_a_right_place_is_never_masked():
    for data in ("tsp", "convex-hull", "delaunay"):
        drawn = prepare_drawn(data)
        for examples in drawn.test:
            model = build(ends=drawn.generator.outputs, answers=drawn.generator.ANSWERS)
            targets = torch.from_numpy(examples.targets)
            right = model(torch.from_numpy(examples.inputs).double(), targets).outputs.gather(2, targets[..., None])
            assert right.min() > -1e3
