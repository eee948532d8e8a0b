"""The memory network against its equations, and the hops that follow one fact to the next."""

import pytest
import torch

from headwork.base.recipes import load_recipe, with_settings
from headwork.data.drawn import prepare_drawn
from headwork.models.algorithm import Shape
from headwork.models.memory_network import MemoryNetwork, MemoryNetworkConfig
from headwork.tasks.algorithm import Learner
from headwork.train.algorithm import Learn
from headwork.train.config import train_config
from headwork.train.fit import fit

pytestmark = pytest.mark.row("ME08")


@pytest.mark.parametrize("linear", [False, True])
def test_it_is_the_equations_of_the_paper(linear: bool):
    """Without the softmax the weights are the scores themselves."""
    torch.manual_seed(0)
    config = MemoryNetworkConfig(hops=2, hidden=5)
    model = MemoryNetwork(config, Shape(inputs=3, outputs=2, answers="classes", longest=4)).double()
    model.leave_softmax_out(linear)
    x = torch.randn(1, 4, 3, dtype=torch.float64)
    answer = model(x)
    a, c = [m.weight for m in model.memories[:2]], [m.weight for m in model.memories[1:]]
    t_a, t_c = [age.keys for age in model.ages[:2]], [age.keys for age in model.ages[1:]]
    for t in range(4):
        u = model.question(x[0, t])
        for k in range(2):
            ago = [4 - (t - j) for j in range(t + 1)]  # row of the table for a distance of j - t, clipped at 4
            scores = torch.stack([u @ (a[k] @ x[0, j] + t_a[k][ago[j]]) for j in range(t + 1)])
            p = scores if linear else scores.softmax(0)
            torch.testing.assert_close(answer.looks[f"hop {k + 1}"][0, t, : t + 1], p)
            assert not answer.looks[f"hop {k + 1}"][0, t, t + 1 :].any()
            u = u + sum(p[j] * (c[k] @ x[0, j] + t_c[k][ago[j]]) for j in range(t + 1))
        torch.testing.assert_close(answer.outputs[0, t], model.output(u))


def test_weights_are_stored_with_the_rule_that_they_were_learned_under(tmp_path):
    drawn = prepare_drawn("stories:longest=4")
    learner = Learner.new(load_recipe("memory-network", "algorithm"), drawn.generator, seed=0)
    learner.network.leave_softmax_out(True)
    learner.save(tmp_path)
    again = Learner.load(tmp_path)
    assert again.network.linear
    assert (again.answer(drawn.dev[0]).nats == learner.answer(drawn.dev[0]).nats).all()


def test_values_of_a_hop_are_the_keys_of_the_next():
    model = MemoryNetwork(MemoryNetworkConfig(), Shape(inputs=3, outputs=2, answers="classes", longest=4))
    assert all(mix.values is age.keys for mix, age in zip(model.mixes, model.ages[1:], strict=True))


def test_the_hops_look_at_the_fact_that_the_answer_rests_on():
    data = "stories:longest=6"
    recipe = with_settings(load_recipe("memory-network", "algorithm"), ("train.epochs=6",))
    drawn = prepare_drawn(data)
    learner = Learner.new(recipe, drawn.generator, seed=0)
    fit(Learn(learner, drawn, train_config(recipe), seed=0))
    for examples in drawn.test:
        if examples.length <= 6:
            answered = learner.answer(examples)
            assert answered.score.mean() > 0.95
            assert (answered.looks["hop 1"][:, -1].argmax(1) == examples.looks[:, 0]).mean() > 0.95
