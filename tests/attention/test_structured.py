"""Hops of structured attention, and the penalty on their overlap."""

import numpy as np
import pytest
import torch

from headwork.attention.record import record
from headwork.attention.structured import StructuredAttention, overlap
from headwork.base.recipes import load_recipe, with_settings
from headwork.data.corpus import Examples
from headwork.models import config_of
from headwork.models.bilstm import BiLstm
from headwork.ops.packed import pack
from headwork.tasks.neural import NeuralClassifier
from headwork.train.classify import Classify
from headwork.train.config import train_config
from headwork.train.fit import fit

pytestmark = pytest.mark.row("AT28")
LENGTHS = (4, 1, 6)


def attention() -> tuple[StructuredAttention, torch.Tensor]:
    torch.manual_seed(0)
    return StructuredAttention(5, hidden=3, hops=2).double(), torch.randn(sum(LENGTHS), 5, dtype=torch.float64)


def test_hops_are_the_formula():
    attend, h = attention()
    read = attend(h, LENGTHS).split(1)
    for text, weights, found in zip(h.split(LENGTHS), attend.hops(h, LENGTHS).split(LENGTHS), read, strict=True):
        scores = attend.queries.detach().numpy() @ np.tanh(attend.projection.weight.detach().numpy() @ text.numpy().T)
        a = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
        assert np.allclose(weights.detach().numpy(), a.T)
        assert np.allclose(found.detach().numpy()[0], (a @ text.numpy()).ravel())


def test_the_penalty_is_that_of_the_formula():
    attend, h = attention()
    hops = attend.hops(h, LENGTHS)
    for a, found in zip(hops.split(LENGTHS), overlap(hops, LENGTHS), strict=True):
        a = a.detach().numpy().T
        assert found.item() == pytest.approx(np.linalg.norm(a @ a.T - np.eye(2)) ** 2)
    apart = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
    assert overlap(apart, (3,)).item() == 0
    assert overlap(torch.tensor([[1.0, 1.0], [0.0, 0.0]]), (2,)).item() == 2


def test_each_hop_is_recorded():
    attend, h = attention()
    with record(attend) as tape:
        attend(h, LENGTHS)
    for text, hops in enumerate(attend.hops(h, LENGTHS).split(LENGTHS)):
        assert torch.allclose(tape.map(0, text=text).squeeze(1), hops.T)


def trained_overlap(penalty: float) -> float:
    words = ["red", "green", "blue", "old", "new", "big", "small"]
    random = np.random.default_rng(0)
    rows = [list(random.choice(words, 6, replace=False)) for _ in range(120)]
    labels = np.array([int(row.index("red") < row.index("blue")) if {"red", "blue"} <= set(row) else 0 for row in rows])
    texts = [" ".join(row) for row in rows]
    recipe = with_settings(
        load_recipe("bilstm-structured-penalised"), [f"model.penalty={penalty}", "train.epochs=6"], size="tiny"
    )
    classifier = NeuralClassifier.new(recipe, ["no", "yes"], texts, seed=0, offline=True, device="cpu")
    examples = Examples(texts, labels, np.arange(len(texts)))
    fit(Classify(classifier, examples, examples, train_config(recipe), seed=0))
    network, batch = classifier.network, classifier.reader.read(texts).batch(range(len(texts)))
    assert isinstance(network, BiLstm)
    with torch.no_grad():
        return overlap(network.pool.hops(network._annotations(batch), batch.lengths), batch.lengths).mean().item()


def test_training_with_the_penalty_takes_the_hops_apart():
    assert trained_overlap(1.0) < 0.7 * trained_overlap(0.0)


def test_without_hops_there_is_no_penalty():
    model = BiLstm(config_of(load_recipe("bilstm-attention")), vocabulary=10, classes=2).eval()
    batch = pack([[1, 2, 3], [4]])
    logits, penalty = model.with_penalty(batch)
    assert torch.equal(logits, model(batch))
    assert penalty == 0
