"""The adaptive softmax is a distribution, the one of its definition; losses and likeliest tokens follow from it."""

import pytest
import torch
from tests.models.test_language import VOCABULARY, build, text

from headwork.base.errors import HeadworkError
from headwork.base.recipes import load_recipe, with_settings
from headwork.models import config_of
from headwork.models.language_head import Adaptive, Tied

CUT = ("model.tied=false", "model.cutoffs=[6, 14]")
NETWORKS = ["transformer", "transformer-xl", "lstm", "lstmn", "key-value-predict"]


def by_definition(head: Adaptive, state: torch.Tensor) -> torch.Tensor:
    """(D,) to (V,): Grave et al. 2017, section 4.2, token by token."""
    clusters = head.clusters
    first = (clusters.head.weight @ state).softmax(0)
    bounds = [0, *clusters.cutoffs]
    found = [first[: bounds[1]]]
    for number, tail in enumerate(clusters.tail):
        narrow, table = tail[0].weight, tail[1].weight
        assert len(table) == bounds[number + 2] - bounds[number + 1]
        found.append(first[bounds[1] + number] * (table @ (narrow @ state)).softmax(0))
    return torch.cat(found)


@pytest.mark.parametrize("name", NETWORKS)
@torch.no_grad()
def test_chances_are_those_of_the_definition(name: str):
    network, ids = build(name, *CUT), text(20)
    assert isinstance(network.head, Adaptive)
    states, answers = network(ids[:, :-1]).states, ids[:, 1:]
    log_p = network.logits(states)
    torch.testing.assert_close(log_p.exp().sum(-1), torch.ones(2, 19, dtype=torch.float64))
    torch.testing.assert_close(log_p[1, 7].exp(), by_definition(network.head, states[1, 7]), rtol=0, atol=1e-12)
    judged = network.judge(states, answers)
    torch.testing.assert_close(judged.nats, -log_p.gather(-1, answers[..., None]).squeeze(-1))
    assert torch.equal(judged.right, log_p.argmax(-1) == answers)
    torch.testing.assert_close(network.loss(states, answers), judged.nats.mean())
    theirs = network.head.clusters(states.flatten(0, 1), answers.flatten())
    torch.testing.assert_close(judged.nats.flatten(), -theirs.output)


@pytest.mark.parametrize("answers", [[3], [7], [29], [3, 7], [29, 29, 0], [6, 13, 14, 5]])
def test_a_cluster_may_have_one_answer_or_none(answers: list[int]):
    torch.manual_seed(0)
    head, tokens = Adaptive(16, 30, [6, 14]).double(), torch.tensor(answers)
    states = torch.randn(len(answers), 16, dtype=torch.float64, requires_grad=True)
    found, expected = head.judge(states, tokens).nats, -head.clusters(states, tokens).output
    torch.testing.assert_close(found, expected)
    gradients = [torch.autograd.grad(nats.sum(), states)[0] for nats in (found, expected)]
    torch.testing.assert_close(*gradients)


def test_rarer_tokens_take_narrower_tables():
    adaptive, plain = Adaptive(64, 10_000, [500, 2000]), Tied(64, 10_000, None)
    assert [tail[1].in_features for tail in adaptive.clusters.tail] == [16, 4]
    weights = [sum(weight.numel() for weight in head.parameters()) for head in (adaptive, plain)]
    assert weights[0] < weights[1] / 5


def test_a_vocabulary_within_the_first_cutoff_has_one_softmax():
    head = build("lstm", "model.tied=false", "model.cutoffs=[100, 200]").head
    assert isinstance(head, Tied)
    head = build("lstm", "model.tied=false", "model.cutoffs=[20, 100]").head
    assert isinstance(head, Adaptive) and head.clusters.cutoffs == [20, VOCABULARY]
    assert head(torch.zeros(2, 3, 32).double()).shape == (2, 3, VOCABULARY)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (("model.cutoffs=[6, 14]",), "tied=false"),
        (("model.tied=false", "model.cutoffs=[14, 6]"), "rising"),
        (("model.tied=false", "model.cutoffs=[0]"), "rising"),
        ((*CUT, "model.datastore=10", "model.joining=gated"), "one table"),
        ((*CUT, "model.picture=[2, 2, 1]"), "intensities"),
        (("model.tied=false", "model.cutoffs=[6, 14, 50, 99]", "model.dim=64", "model.heads=2"), "fewer cutoffs"),
    ],
)
def test_what_does_not_go_together_is_refused(settings: tuple[str, ...], told: str):
    with pytest.raises(HeadworkError, match=told):
        config_of(with_settings(load_recipe("transformer", "language"), settings))
