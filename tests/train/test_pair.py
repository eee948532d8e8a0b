"""Learning from pairs: the losses, what is kept, and a cut run that goes on to the bit."""

import numpy as np
import pytest
import torch
from msgspec.structs import replace
from torch.nn import functional as F

from headwork.base.recipes import load_recipe, with_settings
from headwork.data.pairs import PairExamples
from headwork.measure.correlation import spearman
from headwork.tasks.neural_pair import NeuralMatcher
from headwork.tasks.pair import Target, new_matcher
from headwork.train import fit as fit_module
from headwork.train.config import TrainConfig
from headwork.train.fit import fit
from headwork.train.logistic import features_of, fit_logistic_head
from headwork.train.pair import Match
from headwork.train.record import Place

WORDS = "alpha beta gamma delta epsilon zeta eta theta iota kappa".split()
CONFIG = TrainConfig(epochs=3, patience=99, lr=5e-3, batch_tokens=400)


class PowerCutError(Exception):
    pass


def pairs(count: int, seed: int, *, scores: bool) -> PairExamples:
    """How many words two texts share: the score, or whether it is more than half of them."""
    random = np.random.default_rng(seed)
    firsts = [random.choice(WORDS, 5, replace=False) for _ in range(count)]
    shared = random.integers(0, 6, count)
    seconds = [
        [*first[:many], *random.choice([word for word in WORDS if word not in first], 5 - many, replace=False)]
        for first, many in zip(firsts, shared, strict=True)
    ]
    labels = 10.0 + 2 * shared if scores else (shared > 2).astype(np.int64)
    joined = [[" ".join(random.permutation(text)) for text in texts] for texts in (firsts, seconds)]
    return PairExamples(joined[0], labels, np.arange(count), joined[1])


ENCODER = {"pretrained": "", "tokens": "wordpiece", "depth": -1, "freeze": "nothing"}
"""what makes a recipe on MiniLM one from scratch"""


def problem(name: str = "decomposable", *, scores: bool, config: TrainConfig = CONFIG, **settings) -> Match:
    train, dev = (pairs(count, seed, scores=scores) for count, seed in ((150, 0), (60, 1)))
    words = tuple(f"model.{key}={value}" for key, value in settings.items())
    recipe = with_settings(load_recipe(name, "pair"), words, size="tiny")
    target = Target.of([] if scores else ["few", "many"], train.labels)
    matcher = new_matcher(recipe, target, train, seed=0)
    assert isinstance(matcher, NeuralMatcher)
    return Match(matcher, train, dev, config, seed=3)


@pytest.mark.parametrize(
    ("name", "scores"),
    [(name, scores) for name in ("decomposable", "two-way-lstm") for scores in (False, True)] + [("sbert", True)],
)
def test_an_interrupted_fit_ends_with_the_same_bits(name, scores, tmp_path, monkeypatch):
    monkeypatch.setattr(fit_module, "CHECKPOINT_SECONDS", 0.0)

    def run(folder=None, cut_at: float = 2.0):
        def watch(share: float) -> None:
            if share >= cut_at:
                raise PowerCutError

        settings = ENCODER if name == "sbert" else {}
        config = replace(CONFIG, fit="logistic-gradient") if settings else CONFIG
        learning = problem(name, scores=scores, config=config, **settings)
        place = Place(folder / "plan.json", folder / "state.safetensors") if folder else None
        fitted = fit(learning, place=place, progress=watch)
        return learning.network.state_dict(), [(p.step, p.train_loss, p.dev_loss) for p in fitted.points]

    calm, calm_points = run()
    for cut_at in (0.2, 0.7):
        with pytest.raises(PowerCutError):
            run(tmp_path, cut_at)
    weights, points = run(tmp_path)
    assert all(torch.equal(calm[key], weights[key]) for key in calm)
    assert points == calm_points


def test_scores_are_learnt_by_their_squared_error_in_units_of_their_spread():
    learning = problem(scores=True, dropout=0.0)
    rows = [0, 5, 9]
    found = learning.network(learning.train.batch(rows))[:, 0]
    train = learning.train_examples.labels
    expected = (train[rows] - train.mean()) / train.std()
    torch.testing.assert_close(learning.loss(rows), F.mse_loss(found, torch.tensor(expected).float()))


def test_classes_are_learnt_by_their_cross_entropy():
    learning = problem(scores=False, dropout=0.0)
    rows = [0, 5, 9]
    found = learning.network(learning.train.batch(rows))
    labels = torch.tensor(learning.train_examples.labels[rows])
    torch.testing.assert_close(learning.loss(rows), F.cross_entropy(found, labels))


@pytest.mark.row("BE25")
def test_the_head_of_a_cosine_is_the_line_of_least_squares():
    """No rank changes: the fitted answers are the cosines in the units of the scores."""
    learning = problem("sbert", scores=True, **ENCODER)
    train, matcher = learning.train_examples, learning.classifier
    fit_logistic_head(matcher, train, learning.dev_examples)
    cosines = features_of(matcher, train.items)[:, 0]
    slope, intercept = np.polyfit(cosines, train.labels, 1)
    np.testing.assert_allclose(matcher.scores(matcher.logits(train.items)), slope * cosines + intercept, atol=0.1)
    assert spearman(matcher.logits(train.items)[:, 0], cosines) == pytest.approx(np.sign(slope))


def meetings(count: int, seed: int, *, scores: bool) -> PairExamples:
    """Do two words mean the same? Only the targets tell, for the texts share no word."""
    random = np.random.default_rng(seed)
    first = random.integers(0, 3, count)
    second = np.where(random.random(count) < 0.5, first, random.integers(0, 3, count))
    same = (first == second).astype(np.int64)
    labels = 2.0 + 3 * same if scores else same
    texts = [[f"{word}{topic}" for topic in topics] for word, topics in (("x", first), ("y", second))]
    return PairExamples(texts[0], labels, np.arange(count), texts[1])


@pytest.mark.row("BE25")
@pytest.mark.parametrize("scores", [False, True], ids=["classes", "scores"])
@pytest.mark.parametrize("name", ["sbert", "minilm-cross"])
def test_an_encoder_learns_from_pairs_what_means_the_same(name, scores):
    train, dev = (meetings(count, seed, scores=scores) for count, seed in ((120, 0), (60, 1)))
    recipe = with_settings(load_recipe(name, "pair"), [f"model.{k}={v}" for k, v in ENCODER.items()], size="tiny")
    target = Target.of([] if scores else ["other", "same"], train.labels)
    matcher = new_matcher(recipe, target, train, seed=0)
    config = TrainConfig(epochs=12 if name == "sbert" else 40, patience=40, lr=3e-3, batch_tokens=200)
    fit(Match(matcher, train, dev, config, seed=0))
    found = matcher.answer(dev.items)
    right = (found > 3.5) == (dev.labels > 3.5) if scores else found.argmax(1) == dev.labels
    assert right.mean() > 0.95


def test_a_look_at_scores_is_spearmans_correlation_in_any_unit():
    learning = problem(scores=True)
    look, dev = learning.look(), learning.dev_examples
    predicted = learning.classifier.scores(learning.classifier.logits(dev.items))
    assert look.accuracy == pytest.approx(spearman(predicted, dev.labels))
    assert look.rank[0] == look.accuracy
    assert abs(predicted.mean() - learning.train_examples.labels.mean()) < 10


@pytest.mark.row("AT30")
@pytest.mark.parametrize("scores", [False, True], ids=["classes", "scores"])
def test_shared_words_are_counted_by_comparing(scores):
    """Neither text alone tells anything here."""
    config = TrainConfig(epochs=25, patience=25, lr=1e-2, batch_tokens=300)
    learning = problem(scores=scores, config=config, dropout=0.0, score="cosine:8", project="none")
    fit(learning)
    assert learning.look().accuracy > 0.8


def test_a_number_of_weights_can_be_asked_for():
    train = pairs(150, 0, scores=True)
    recipe = replace(load_recipe("two-way-lstm", "pair"), parameters=200_000)
    matcher = new_matcher(recipe, Target.of([], train.labels), train, seed=0)
    assert abs(matcher.parameters - 200_000) < 15_000
