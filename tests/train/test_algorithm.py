"""Learning from examples without end: exact resume, and the tasks that must come out."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from headwork.base.recipes import load_recipe, with_settings
from headwork.data.drawn import prepare_drawn
from headwork.tasks.algorithm import Learner
from headwork.train import algorithm as algorithm_module
from headwork.train import fit as fit_module
from headwork.train.algorithm import Learn
from headwork.train.config import train_config
from headwork.train.fit import fit
from headwork.train.record import Fitted, Place


class PowerCutError(Exception):
    pass


def run(
    name: str, data: str, folder: Path | None = None, *, settings: tuple[str, ...] = (), cut_at: float = 2.0, seed=0
) -> tuple[Learner, Fitted]:
    """Learn from what is in `folder`; the power is cut when the share `cut_at` is done."""

    def watch(share: float) -> None:
        if share >= cut_at:
            raise PowerCutError

    recipe = with_settings(load_recipe(name, "algorithm"), ("train.batch_tokens=100", *settings), size="tiny")
    drawn = prepare_drawn(data)
    learner = Learner.new(recipe, drawn.generator, seed=seed)
    place = Place(folder / "plan.json", folder / "state.safetensors") if folder else None
    return learner, fit(Learn(learner, drawn, train_config(recipe), seed=seed), place=place, progress=watch)


def weights_of(learner: Learner) -> dict[str, Tensor]:
    return learner.network.state_dict()


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


@pytest.fixture
def short_epochs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(algorithm_module, "EPOCH", 4)
    monkeypatch.setattr(fit_module, "CHECKPOINT_SECONDS", 0.0)


@pytest.mark.parametrize(("name", "data"), [("ntm", "copy:longest=3"), ("lstm", "repeat-copy:longest=2")])
@pytest.mark.parametrize("cuts", [(0.02,), (0.3, 0.31, 0.9), (0.5, 0.999)])
def test_an_interrupted_fit_ends_with_the_same_bits(name, data, cuts, tmp_path, short_epochs):
    settings = ("train.epochs=3",)
    calm, calm_fitted = run(name, data, settings=settings)
    for cut_at in cuts:
        with pytest.raises(PowerCutError):
            run(name, data, tmp_path, settings=settings, cut_at=cut_at)
    learner, fitted = run(name, data, tmp_path, settings=settings)
    assert same(weights_of(calm), weights_of(learner))
    told = [(point.step, point.train_loss, point.dev_loss, point.dev_accuracy) for point in fitted.points]
    assert told == [(p.step, p.train_loss, p.dev_loss, p.dev_accuracy) for p in calm_fitted.points]
    assert len(told) == 3


def test_a_resumed_run_that_drew_other_batches_is_noticed(tmp_path, short_epochs, monkeypatch):
    settings = ("train.epochs=3",)
    calm, _ = run("lstm", "copy:longest=3", settings=settings)
    with pytest.raises(PowerCutError):
        run("lstm", "copy:longest=3", tmp_path, settings=settings, cut_at=0.5)
    monkeypatch.setattr(Learn, "batches", lambda self, epoch: [[index] for index in range(4)])
    assert not same(weights_of(calm), weights_of(run("lstm", "copy:longest=3", tmp_path, settings=settings)[0]))


def test_seeds_draw_other_weights_and_other_examples(short_epochs):
    one, other = (run("lstm", "copy:longest=3", settings=("train.epochs=1",), seed=seed)[0] for seed in (0, 1))
    assert not same(weights_of(one), weights_of(other))


@pytest.mark.row("ME01")
def test_copying_one_vector_is_learned_in_seconds():
    _, fitted = run("ntm", "copy:longest=1,width=2", settings=("train.epochs=3", "train.lr=1e-2"))
    assert max(point.dev_accuracy for point in fitted.points) > 0.9
