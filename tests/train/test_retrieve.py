"""Learning to search: losses against loops, what is looked at, two parts of training, and a cut run that goes on."""

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from headwork.base.recipes import load_recipe, with_settings
from headwork.data.pairs import PairExamples
from headwork.tasks.neural_retrieve import NeuralRetriever
from headwork.tasks.retrieve import new_retriever
from headwork.train import fit as fit_module
from headwork.train import retrieve as retrieve_module
from headwork.train.config import TrainConfig
from headwork.train.fit import fit
from headwork.train.record import Place
from headwork.train.retrieve import Retrieve
from headwork.train.schedules import SCHEDULES

VERBS = "read write open close send find parse join".split()
NOUNS = "file line socket table key value tree user".split()
CONFIG = TrainConfig(epochs=2, patience=99, lr=5e-3, batch_tokens=400)
SMALL = ("model.max_tokens=24", "model.dropout=0.0")


class PowerCutError(Exception):
    pass


def functions(count: int, seed: int) -> PairExamples:
    """A verb and a noun ask for the function whose name has both."""
    chance = np.random.default_rng(seed)
    kinds = [(VERBS[v], NOUNS[n]) for v, n in chance.integers(0, 8, (count, 2))]
    queries = [f"{verb} a {noun}" for verb, noun in kinds]
    documents = [f"def {verb}_{noun}(x): return {noun}.{verb}({place % 3})" for place, (verb, noun) in enumerate(kinds)]
    return PairExamples(queries, np.zeros(count, np.int64), np.arange(count), documents)


def problem(name: str = "codebert", *settings: str, config: TrainConfig = CONFIG, train=None) -> Retrieve:
    train = train or functions(60, 0)
    own = (word for word in SMALL if name == "codebert" or "max_tokens" in word)
    recipe = with_settings(load_recipe(name, "retrieve"), (*own, *settings), size="tiny")
    retriever = new_retriever(recipe, train, seed=3)
    assert isinstance(retriever, NeuralRetriever)
    return Retrieve(retriever, train, functions(20, 1), config, seed=3)


def test_the_loss_leaves_out_what_is_right_as_well():
    learning = problem("nbow", "model.dropout=0.0")
    train = functions(60, 0)
    rows = [0, 5, 7, 20, 33, 34, 50]
    rows += [next(n for n in range(60) if n not in rows and train.texts[n] == train.texts[0])]
    right = learning.right(rows)
    for i, one in enumerate(rows):
        for j, other in enumerate(rows):
            same = train.texts[one] == train.texts[other] or train.seconds[one] == train.seconds[other]
            assert bool(right[i, j]) == same
    queries, documents = learning.towers.eval().both(learning.train.batch(rows))
    cosines = (20 * queries @ documents.T).double()
    expected = 0.0
    for side in (cosines, cosines.T):
        for i in range(len(rows)):
            kept = [j for j in range(len(rows)) if j == i or not right[i, j]]
            expected -= (side[i, i] - side[i, kept].logsumexp(0)).item() / (2 * len(rows))
    assert learning.loss(rows).item() == pytest.approx(expected, abs=1e-5)


@pytest.mark.row("BE26")
def test_a_look_is_the_mrr_of_the_library(monkeypatch):
    monkeypatch.setattr(retrieve_module, "LOOKED", 9)
    learning = problem()
    look = learning.look()
    learning.retriever.changed()
    dev = functions(20, 1).sample(9)
    library = learning.retriever.index(dev.seconds)
    ranks = []
    for query, own, scores in zip(dev.texts, dev.seconds, library.scores(dev.texts), strict=True):
        right = scores[dev.seconds.index(own)]
        others = {d: s for q, d, s in zip(dev.texts, dev.seconds, scores, strict=True) if d != own}
        answering = {d for q, d in zip(dev.texts, dev.seconds, strict=True) if q == query}
        ranks.append(1 + sum(score >= right for d, score in others.items() if d not in answering))
    assert look.accuracy == pytest.approx(np.mean([1 / rank for rank in ranks]))
    assert look.rank == (look.accuracy, -look.loss)


@pytest.mark.row("BE26")
def test_texts_are_repaired_first_and_searched_then(monkeypatch):
    learning = problem(config=TrainConfig(epochs=2, lr=5e-3, batch_tokens=400, pretrain=0.4))
    assert learning.repair is not None
    seen = []
    monkeypatch.setattr(learning.repair, "loss", lambda rows: seen.append("repair") or torch.tensor(0.0))
    monkeypatch.setattr(retrieve_module, "contrastive_loss", lambda *_, **__: seen.append("search"))
    for step in range(10):
        learning.done = step / 10
        learning.loss([0, 1, 2])
    assert seen == ["repair"] * 4 + ["search"] * 6
    parts = [learning.stage(step, 10) for step in range(10)]
    assert parts == [(step, 4) for step in range(4)] + [(step, 6) for step in range(6)]
    rates = [SCHEDULES["warmup-linear"](*part, 0.0) for part in parts]
    assert max(rates[:4]) == rates[1] and rates[4] > rates[3]  # up and down, and up again
    learning.done = 0.3
    early = learning.look()
    learning.done = 0.6
    assert early.rank < learning.look().rank and early.rank[0] < 0


@pytest.mark.row("BE26")
def test_what_is_repaired_are_pairs_in_a_row(monkeypatch):
    torch.manual_seed(0)
    learning = problem(config=TrainConfig(batch_tokens=400, pretrain=0.5))
    repair, network = learning.repair, learning.towers
    assert repair is not None
    core = network.documents.core
    monkeypatch.setattr(core, "forward", keep := _Keep(core.forward))
    loss = repair.loss([0, 1, 2])
    assert keep.batch.lengths[:3] == keep.batch.lengths[3:]
    queries, documents = (learning.train.first, learning.train.second)
    whole = [[*queries.ids[row], *documents.ids[row][1:]] for row in (0, 1, 2)]
    assert [len(ids) for ids in whole] == list(keep.batch.lengths[:3])
    original = torch.tensor([token for ids in whole for token in ids])
    masked, doubted = keep.batch.ids.chunk(2)
    frame = original < 4
    assert torch.equal(masked[frame], original[frame]) and torch.equal(doubted[frame], original[frame])
    assert (masked == network.mask).any() and not (doubted == network.mask).any()
    assert (doubted >= 4)[~frame].all()
    assert math.isfinite(loss.item())
    loss.backward()
    without = [
        name for name, p in network.named_parameters() if p.requires_grad and (p.grad is None or not p.grad.any())
    ]
    assert not without  # positions of the second half too, and both heads


@pytest.mark.row("BE26")
def test_queries_and_documents_have_generators_of_their_own(monkeypatch):
    learning = problem(config=TrainConfig(batch_tokens=400, pretrain=0.5))
    assert learning.repair is not None
    core = learning.towers.documents.core
    monkeypatch.setattr(core, "forward", keep := _Keep(core.forward))
    known = [{token for ids in side.ids for token in ids} for side in (learning.train.first, learning.train.second)]
    assert known[0] - known[1] and known[1] - known[0]
    for _ in range(5):
        learning.repair.loss(list(range(60)))
        half = keep.batch.lengths[:60]
        for row, text in enumerate(keep.batch.ids.chunk(2)[1].split(list(half))):
            end = len(learning.train.first.ids[row])
            assert set(text[:end].tolist()) <= known[0] and set(text[end:].tolist()) <= known[1]


class _Keep:
    """A forward pass, and the batch that it was given last."""

    def __init__(self, forward: Any):
        self.forward = forward
        self.batch: Any = None

    def __call__(self, batch, **others):
        self.batch = batch
        return self.forward(batch, **others)


def test_each_part_of_training_has_a_schedule_of_its_own(monkeypatch):
    asked: list[tuple[int, int]] = []
    plain = fit_module.rates

    def watched(config, layers, step, steps):
        asked.append((step, steps))
        return plain(config, layers, step, steps)

    monkeypatch.setattr(fit_module, "rates", watched)
    fit(problem(config=TrainConfig(epochs=2, patience=99, lr=5e-3, batch_tokens=300, pretrain=0.5)))
    first, second = asked[0][1], asked[-1][1]
    assert asked == [*((step, first) for step in range(first)), *((step, second) for step in range(second))]
    assert first == math.ceil(len(asked) / 2) and second > 1


@pytest.mark.parametrize(
    ("name", "pretrain", "cut_at"), [("nbow", 0.0, 0.5), ("codebert", 0.5, 0.3), ("codebert", 0.5, 0.7)]
)
def test_an_interrupted_fit_ends_with_the_same_bits(name, pretrain, cut_at, tmp_path, monkeypatch):
    monkeypatch.setattr(fit_module, "CHECKPOINT_SECONDS", 0.0)
    config = TrainConfig(epochs=2, patience=99, lr=5e-3, batch_tokens=300, pretrain=pretrain)

    def run(folder=None, cut_at: float = 2.0):
        def watch(share: float) -> None:
            if share >= cut_at:
                raise PowerCutError

        learning = problem(name, config=config)
        place = Place(folder / "plan.json", folder / "state.safetensors") if folder else None
        fitted = fit(learning, place=place, progress=watch)
        return learning.towers.state_dict(), [(p.step, p.train_loss, p.dev_loss) for p in fitted.points]

    calm, calm_points = run()
    with pytest.raises(PowerCutError):
        run(tmp_path, cut_at)
    weights, points = run(tmp_path)
    assert all(torch.equal(calm[key], weights[key]) for key in calm)
    assert points == calm_points


@pytest.mark.parametrize("name", ["nbow", "codebert"])
def test_a_few_pairs_are_learnt_by_heart(name):
    train = functions(8, 5)
    learning = problem(name, "model.dropout=0.0", train=train)
    optimizer = torch.optim.AdamW([p for p in learning.towers.parameters() if p.requires_grad], lr=1e-2)
    learning.towers.train()
    for _ in range(40):
        loss = learning.loss(list(range(8)))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    queries, documents = learning.towers.eval().both(learning.train.batch(list(range(8))))
    found = (queries @ documents.T).masked_fill(learning.right(list(range(8))) & ~torch.eye(8, dtype=torch.bool), -9)
    assert F.cross_entropy(20 * found, torch.arange(8)).item() < 0.1


def test_published_weights_are_kept_where_training_makes_nothing_better():
    learning = problem("nbow", config=TrainConfig(epochs=2, lr=50.0, batch_tokens=400))
    assert not learning.start()
    learning.retriever.config = SimpleNamespace(pretrained="some encoder")
    with torch.no_grad():
        learning.towers.documents.weigh.weight.zero_()  # all words alike: what both have in common is found
    assert learning.start()
    before = {name: value.clone() for name, value in learning.towers.state_dict().items()}
    fitted = fit(learning)
    assert fitted.steps > 0 and max(point.dev_accuracy for point in fitted.points) < learning.look().accuracy
    assert all(torch.equal(before[name], value) for name, value in learning.towers.state_dict().items())
