"""Fitting: the budget, early stopping, and a stopped run that goes on as if nothing had been."""

import time
from pathlib import Path

import pytest
import torch
from msgspec.structs import replace
from torch import Tensor

from headwork.base.errors import HeadworkError
from headwork.base.recipes import load_recipe, with_settings
from headwork.data.corpus import Examples
from headwork.measure import crowding
from headwork.tasks.neural import NeuralClassifier
from headwork.train import fit as fit_module
from headwork.train.classify import Classify
from headwork.train.config import TrainConfig, train_config
from headwork.train.fit import fit
from headwork.train.logistic import fit_logistic_head
from headwork.train.plan import plan_steps
from headwork.train.record import Fitted, Place

CLASSES = ["red", "green", "blue"]
CONFIG = TrainConfig(epochs=4, patience=99, lr=5e-3, batch_tokens=256)


class PowerCutError(Exception):
    pass


def new(train: Examples, name: str = "bilstm-attention") -> NeuralClassifier:
    recipe = with_settings(load_recipe(name), (), size="tiny")
    return NeuralClassifier.new(recipe, CLASSES, train.texts, seed=0, offline=True, device="cpu")


def run(
    train: Examples,
    dev: Examples,
    folder: Path | None = None,
    *,
    config: TrainConfig = CONFIG,
    cut_at: float = 2.0,
    budget_seconds: float | None = None,
) -> tuple[dict[str, Tensor], Fitted]:
    """Fit from what is in `folder`; the power is cut when the share `cut_at` is done."""

    def watch(share: float) -> None:
        if share >= cut_at:
            raise PowerCutError

    classifier = new(train)
    place = Place(folder / "plan.json", folder / "checkpoint" / "state.safetensors") if folder else None
    problem = Classify(classifier, train, dev, config, seed=3)
    fitted = fit(problem, place=place, progress=watch, budget_seconds=budget_seconds)
    return classifier.network.state_dict(), fitted


def losses(fitted: Fitted) -> list[tuple[float, ...]]:
    return [(point.step, point.epoch, point.train_loss, point.dev_loss, point.dev_accuracy) for point in fitted.points]


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def interrupted(
    train: Examples, dev: Examples, folder: Path, cuts: tuple[float, ...]
) -> tuple[dict[str, Tensor], Fitted]:
    for cut_at in cuts:
        with pytest.raises(PowerCutError):
            run(train, dev, folder, cut_at=cut_at)
    return run(train, dev, folder)


@pytest.fixture
def checkpoint_every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fit_module, "CHECKPOINT_SECONDS", 0.0)


@pytest.mark.parametrize("cuts", [(0.02,), (0.3, 0.31, 0.9), (0.5, 0.999)])
def test_an_interrupted_fit_ends_with_the_same_bits(train, dev, tmp_path, checkpoint_every_step, cuts) -> None:
    calm, calm_fitted = run(train, dev)
    weights, fitted = interrupted(train, dev, tmp_path, cuts)
    assert same(calm, weights)
    assert losses(fitted) == losses(calm_fitted)


@pytest.mark.parametrize("forgotten", ["random", "optimizer", "position"])
def test_a_checkpoint_that_forgets_something_is_noticed(
    train, dev, tmp_path, checkpoint_every_step, monkeypatch, forgotten
) -> None:
    calm, calm_fitted = run(train, dev)
    if forgotten == "random":
        monkeypatch.setattr(torch, "set_rng_state", lambda state: None)
    elif forgotten == "optimizer":
        monkeypatch.setattr(torch.optim.AdamW, "load_state_dict", lambda self, state: None)
    else:
        load = fit_module.load_checkpoint

        def without_position(*given):
            found = load(*given)
            if found:
                found.position.step = 0
            return found

        monkeypatch.setattr(fit_module, "load_checkpoint", without_position)
    weights, fitted = interrupted(train, dev, tmp_path, (0.5,))
    assert not same(calm, weights) or losses(fitted) != losses(calm_fitted)


def test_measuring_the_step_leaves_no_trace(train, dev, tmp_path) -> None:
    calm, _ = run(train, dev)
    budgeted, fitted = run(train, dev, tmp_path, budget_seconds=3600)
    assert fitted.stopped == "epochs"
    assert same(calm, budgeted)


def test_a_small_budget_stops_early_and_says_so(train, dev, tmp_path) -> None:
    _, whole = run(train, dev)
    _, fitted = run(train, dev, tmp_path, budget_seconds=0.05)
    assert fitted.stopped == "budget"
    assert 1 <= fitted.steps < whole.steps
    again, _ = run(train, dev, tmp_path, budget_seconds=3600)
    assert same(again, run(train, dev, tmp_path, budget_seconds=0.01)[0]), (
        "the stored plan is the length of the schedule"
    )


def test_waiting_for_a_core_is_told_and_is_no_training_time(train, dev, monkeypatch) -> None:
    monkeypatch.setattr(crowding, "waited_seconds", lambda: 0.9 * time.perf_counter())
    began = time.perf_counter()
    _, fitted = run(train, dev)
    assert fitted.crowded == pytest.approx(0.9, rel=0.01)
    assert fitted.points[-1].seconds <= fitted.seconds < 0.2 * (time.perf_counter() - began)


def test_waiting_for_a_core_makes_no_plan_shorter(monkeypatch) -> None:
    monkeypatch.setattr(crowding, "waited_seconds", lambda: 0.9 * time.perf_counter())
    asked = {"epochs_steps": 10**6, "budget_seconds": 10.0, "threads": 1}
    plan = plan_steps([1] * 100, **asked, step=lambda index: time.sleep(0.01))
    assert plan.seconds_per_token == pytest.approx(0.001, rel=0.5)


def test_patience_stops_when_dev_gets_no_better(train, dev) -> None:
    _, fitted = run(train, dev, config=TrainConfig(epochs=50, patience=2, lr=1e-9, batch_tokens=256))
    assert fitted.stopped == "patience"
    assert fitted.epochs < 50


def test_the_best_weights_are_kept(train, dev) -> None:
    classifier = new(train)
    fitted = fit(Classify(classifier, train, dev, CONFIG, seed=3))
    logits = classifier.logits_of(classifier.reader.read(dev.texts), classifier.network)
    accuracy = (logits.argmax(1) == torch.as_tensor(dev.labels)).double().mean().item()
    assert accuracy == max(point.dev_accuracy for point in fitted.points)


def test_a_damaged_checkpoint_is_refused(train, dev, tmp_path, checkpoint_every_step) -> None:
    with pytest.raises(PowerCutError):
        run(train, dev, tmp_path, cut_at=0.5)
    state = tmp_path / "checkpoint" / "state.safetensors"
    state.write_bytes(state.read_bytes()[:-10])
    with pytest.raises(HeadworkError, match="damaged checkpoint"):
        run(train, dev, tmp_path)


@pytest.mark.parametrize("name", ["bag", "text-cnn", "bilstm-attention", "han", "transformer"])
def test_every_network_learns_the_telling_word(train, dev, name) -> None:
    classifier = new(train, name)
    config = replace(train_config(load_recipe(name)), epochs=20, patience=99)
    fitted = fit(Classify(classifier, train, dev, config, seed=0))
    assert max(point.dev_accuracy for point in fitted.points) >= 0.8


def probed(train: Examples, dev: Examples, folder: Path, *, cut_at: float = 2.0, budget: float | None = None):
    """As `run`, of a Transformer whose head is first fitted on its frozen features."""

    def watch(share: float) -> None:
        if share >= cut_at:
            raise PowerCutError

    classifier = new(train, "transformer")
    config, place = replace(CONFIG, fit="logistic-gradient"), Place(folder / "plan.json", folder / "state.safetensors")
    problem = Classify(classifier, train, dev, config, seed=3)
    fitted = fit(problem, place=place, progress=watch, budget_seconds=budget)
    return classifier, fitted


def test_a_head_fitted_first_is_the_least_that_comes_out(train, dev, tmp_path) -> None:
    alone = new(train, "transformer")
    fit_logistic_head(alone, train, dev)
    least = (alone.logits(dev.texts).argmax(1) == dev.labels).mean()
    for place, budget in enumerate([1e-9, None]):
        classifier, fitted = probed(train, dev, tmp_path / str(place), budget=budget)
        assert (classifier.logits(dev.texts).argmax(1) == dev.labels).mean() >= least > 1 / len(CLASSES)
        assert fitted.seconds > 0
    assert fitted.steps > 1


@pytest.mark.parametrize("cut_at", [0.02, 0.6])
def test_a_fitted_head_survives_an_interruption(train, dev, tmp_path, monkeypatch, cut_at) -> None:
    calm, _ = probed(train, dev, tmp_path / "calm")
    monkeypatch.setattr(fit_module, "CHECKPOINT_SECONDS", 0.0)
    with pytest.raises(PowerCutError):
        probed(train, dev, tmp_path / "cut", cut_at=cut_at)
    continued, _ = probed(train, dev, tmp_path / "cut")
    assert same(calm.network.state_dict(), continued.network.state_dict())
