"""What every model of the task algorithm promises, on every data set whose kind of answer it gives."""

import pytest
import torch
from torch import nn

from headwork.base.errors import HeadworkError
from headwork.base.recipes import load_recipe, recipe_names, with_settings
from headwork.data.drawn import Drawn, prepare_drawn
from headwork.data.generated import GENERATORS, Examples
from headwork.models import kind_of
from headwork.models.stored import load_tensors, save_tensors
from headwork.tasks.algorithm import Learner, loss_of

NETWORKS = recipe_names("algorithm")
NEEDS = {"neural-programmer": "cells", "behaviour-cloning": "wish"}
"""channels that a model must know by name"""


def fits(name: str, data: str) -> bool:
    model, _ = kind_of(load_recipe(name, "algorithm")).load()
    channels = prepare_drawn(data).generator.channels
    return GENERATORS[data].ANSWERS in model.ANSWERS and (name not in NEEDS or NEEDS[name] in channels)


PAIRS = [(name, data) for name in NETWORKS for data in GENERATORS if fits(name, data)]
ONE_EACH = list({name: (name, data) for name, data in reversed(PAIRS)}.values())


def build(name: str, data: str, size: str = "tiny", seed: int = 0, settings: tuple[str, ...] = ()) -> Learner:
    recipe = with_settings(load_recipe(name, "algorithm"), settings, size=size)
    return Learner.new(recipe, prepare_drawn(data).generator, seed=seed)


def batch(data: str, number: int = 0, steps: int = 100) -> Examples:
    return prepare_drawn(data).train(0, number, steps)


def loss(learner: Learner, examples: Examples) -> torch.Tensor:
    inputs, targets = learner.tensors(examples)
    answer = learner.network(inputs, targets)
    mean = loss_of(learner.generator, answer.outputs, targets)[:, examples.scored].mean()
    return mean if answer.penalty is None else mean + answer.penalty.mean()


@pytest.mark.parametrize(("name", "data"), PAIRS)
def test_answers_have_the_shape_that_is_asked_for(name, data):
    learner, drawn = build(name, data), prepare_drawn(data)
    for examples in (drawn.test[0], drawn.test[-1]):
        answered = learner.answer(examples)
        assert answered.answers.shape == examples.targets.shape
        for looked in answered.looks.values():
            assert looked.shape[0] == len(examples)
            assert looked.min() >= 0 and looked.sum(-1).max() <= 1 + 1e-4


@pytest.mark.parametrize(("name", "data"), [("neural-programmer", "find-the-maximum"), ("behaviour-cloning", "copy")])
def test_a_set_without_the_channels_that_a_model_must_know_is_refused(name, data):
    with pytest.raises(HeadworkError, match="asks for channels called"):
        build(name, data)


@pytest.mark.parametrize(("name", "data"), ONE_EACH)
def test_gradients_reach_every_parameter(name, data):
    learner = build(name, data)
    for number in range(4):
        loss(learner, batch(data, number)).backward()
    unreached = [n for n, p in learner.network.named_parameters() if p.grad is None or not p.grad.any()]
    assert not unreached


@pytest.mark.parametrize(("name", "data"), ONE_EACH)
def test_examples_do_not_see_each_other(name, data):
    learner, examples = build(name, data), prepare_drawn(data).dev[-1]
    learner.network.double().eval()
    inputs = torch.from_numpy(examples.inputs).double()
    with torch.no_grad():
        torch.manual_seed(0)
        together = learner.network(inputs[:5]).outputs
        torch.manual_seed(0)
        first = learner.network(inputs[:1]).outputs
    torch.testing.assert_close(together[:1], first, rtol=0, atol=1e-9)


@pytest.mark.parametrize(("name", "data"), ONE_EACH)
def test_the_size_dial_goes_up(name, data):
    tiny, small, base = (build(name, data, size).parameters for size in ("tiny", "small", "base"))
    assert tiny < small < base


@pytest.mark.parametrize(("name", "data"), ONE_EACH)
def test_stored_and_loaded_it_answers_with_the_same_bits(name, data, tmp_path):
    learner, examples = build(name, data), prepare_drawn(data).dev[0]
    learner.save(tmp_path)
    again = Learner.load(tmp_path)
    assert (again.answer(examples).nats == learner.answer(examples).nats).all()
    other = build(name, data, seed=1)
    assert (other.answer(examples).nats != learner.answer(examples).nats).any()
    save_tensors(nn.Linear(2, 2), tmp_path / "model.safetensors")
    with pytest.raises(HeadworkError, match="tensor"):
        load_tensors(other.network, tmp_path / "model.safetensors")


def test_a_model_that_cannot_answer_is_refused():
    drawn: Drawn = prepare_drawn("copy")
    for name in NETWORKS:
        model, _ = kind_of(load_recipe(name, "algorithm")).load()
        if drawn.generator.ANSWERS not in model.ANSWERS:
            with pytest.raises(HeadworkError, match=f"{name} answers with .*, and this data set asks for bits"):
                Learner.new(load_recipe(name, "algorithm"), drawn.generator, seed=0)
