"""Slanted rates, layers that thaw, and rates that fall from layer to layer: by the papers' formulas, worked by hand."""

from fractions import Fraction

import pytest
import torch
from msgspec.structs import replace
from torch import Tensor

from headwork.base.errors import HeadworkError
from headwork.base.recipes import load_recipe, with_settings
from headwork.data.corpus import Examples
from headwork.tasks.neural import NeuralClassifier
from headwork.train import fit as fit_module
from headwork.train.any import check_recipe, fit_any
from headwork.train.classify import Classify
from headwork.train.config import TrainConfig, train_config
from headwork.train.fit import Trainer
from headwork.train.problem import Look
from headwork.train.record import Place
from headwork.train.schedules import slanted
from headwork.train.thawing import rates, stages

CLASSES = ["red", "green", "blue"]
LAYERS = 5
"""of ulmfit: embeddings, three LSTMs, the head"""


@pytest.mark.row("UL13")
def test_slanted_rates_are_those_of_equation_3():
    """T = 1000, cut_frac = 0.1, ratio = 32: cut = 100."""
    cut, ratio = 100, 32

    def published(t: int) -> Fraction:
        p = Fraction(t, cut) if t < cut else 1 - Fraction(t - cut, cut * (10 - 1))
        return (1 + p * (ratio - 1)) / ratio

    for t in (0, 1, 50, 99, 100, 101, 550, 999):
        assert slanted(t, 1000, 0.1) == pytest.approx(float(published(t)), abs=1e-12)
    assert slanted(0, 1000, 0.1) == 1 / 32 and slanted(100, 1000, 0.1) == 1.0
    assert slanted(50, 1000, 0.1) == pytest.approx(33 / 64) and slanted(550, 1000, 0.1) == pytest.approx(33 / 64)


@pytest.mark.row("UL13")
def test_each_layer_learns_2_6_times_slower_than_the_one_above_it():
    config = TrainConfig(lr=0.01, discriminative=2.6, schedule="slanted")
    for step in (0, 30, 100, 299):
        found = rates(config, 4, step, 300)
        top = 0.01 * slanted(step, 300, 0.1)
        assert found == pytest.approx([top / 2.6**3, top / 2.6**2, top / 2.6, top])


@pytest.mark.row("UL13")
def test_layers_thaw_from_the_highest():
    found = stages("gradual", 4, 60)
    assert [sorted(stage.layers) for stage in found] == [[3], [2, 3], [1, 2, 3], [0, 1, 2, 3]]
    assert [(stage.start, stage.stop) for stage in found] == [(0, 10), (10, 20), (20, 30), (30, 60)]


@pytest.mark.row("AT37")
def test_a_chain_thaws_the_new_layer_then_each_by_itself_then_all():
    found = stages("chain", 4, 80)
    assert [sorted(stage.layers) for stage in found] == [[3], [0], [1], [2], [0, 1, 2, 3]]
    assert [stage.start for stage in found] == [0, 10, 20, 30, 40]


@pytest.mark.parametrize("kind", ["all", "gradual", "chain"])
@pytest.mark.parametrize("layers", [1, 2, 5])
@pytest.mark.parametrize("steps", [1, 3, 7, 100])
def test_every_step_is_in_one_stage_and_the_last_is_of_all_layers(kind, layers, steps):
    found = stages(kind, layers, steps)
    assert [step for stage in found for step in range(stage.start, stage.stop)] == list(range(steps))
    assert found[-1].layers == frozenset(range(layers)) and found[-1].stop - found[-1].start >= steps / 2
    assert all(len(rates(TrainConfig(unfreeze=kind), layers, step, steps)) == layers for step in range(steps))


def classifier_of(train: Examples, *settings: str) -> NeuralClassifier:
    chosen = ("train.epochs=2", "train.patience=99", "train.batch_tokens=600", *settings)
    recipe = with_settings(load_recipe("ulmfit"), chosen, size="tiny")
    return NeuralClassifier.new(recipe, CLASSES, train.texts, seed=0, offline=True, device="cpu")


@pytest.mark.row("UL13")
@pytest.mark.parametrize("kind", ["gradual", "chain"])
def test_a_frozen_layer_keeps_its_weights_to_the_bit(train, dev, kind):
    classifier = classifier_of(train, f"train.unfreeze={kind}")
    network, config = classifier.network, train_config(classifier.recipe)
    trainer = Trainer(Classify(classifier, train, dev, config, seed=0), None)
    rows, steps, thawed = list(range(12)), 40, frozenset()
    for stage in stages(kind, LAYERS, steps):
        before = copied(network)
        trainer._step(rows, stage.start, steps)
        moved = [
            any(not torch.equal(old, new) for old, new in zip(olds, news, strict=True))
            for olds, news in zip(before, copied(network), strict=True)
        ]
        assert moved == [layer in stage.layers for layer in range(LAYERS)]
        thawed |= stage.layers
        heard = [
            any(weight in trainer.optimizer.state for weight in group.parameters()) for group in network.layer_groups()
        ]
        assert heard == [layer in thawed for layer in range(LAYERS)]  # its gradients are not even remembered


def copied(network) -> list[list[Tensor]]:
    return [[value.detach().clone() for value in group.parameters()] for group in network.layer_groups()]


def test_patience_waits_until_all_layers_learn(train, dev, monkeypatch):
    """Where dev never gets better, one epoch is too many, once all layers learn."""
    monkeypatch.setattr(Classify, "look", lambda self: Look(0.5, 1.0, (0.5,)))
    classifier = classifier_of(train[range(24)], "train.unfreeze=chain", "train.epochs=6")
    config = replace(train_config(classifier.recipe), patience=1, language=0.0)
    fitted = fit_module.fit(Classify(classifier, train[range(24)], dev[range(8)], config, seed=0))
    whole = 6 * fitted.steps / fitted.epochs
    assert fitted.stopped == "patience" and 0.4 * whole < fitted.steps < 0.9 * whole


class PowerCutError(Exception):
    pass


@pytest.mark.row("UL13")
@pytest.mark.parametrize("cut_at", [0.1, pytest.param(0.8, marks=pytest.mark.slow)])
def test_a_killed_fit_ends_with_the_same_bits_wherever_it_was(train, dev, tmp_path, monkeypatch, cut_at):
    """At a tenth the language model is learning, at four fifths the classifier."""
    monkeypatch.setattr(fit_module, "CHECKPOINT_SECONDS", 0.0)
    short, few = train[range(16)], dev[range(8)]

    def fitted(place: Place | None, cut: float) -> dict[str, Tensor]:
        def watch(share: float) -> None:
            if share >= cut:
                raise PowerCutError

        classifier = classifier_of(short)
        fit_any(classifier, short, few, seed=1, place=place, progress=watch)
        return classifier.network.state_dict()

    place = Place(tmp_path / "plan.json", tmp_path / "checkpoint" / "state.safetensors")
    calm = fitted(None, 2.0)
    with pytest.raises(PowerCutError):
        fitted(place, cut_at)
    found = fitted(place, 2.0)
    assert all(torch.equal(calm[name], found[name]) for name in calm)


@pytest.mark.parametrize(
    ("name", "setting", "told"),
    [
        ("bag", "train.unfreeze=gradual", "train.unfreeze is for models whose layers are told apart, and bag is none"),
        ("bag", "train.discriminative=2.6", "train.discriminative is for models"),
        ("bag", "train.language=0.5", "with a language model inside"),
        ("ulmfit", "train.discriminative=0.5", "out of range"),
        ("ulmfit", "train.language=1.0", "out of range"),
        ("ulmfit", "train.unfreeze=some", "unfreeze"),
    ],
)
def test_settings_that_mean_nothing_are_refused(name, setting, told):
    with pytest.raises(HeadworkError, match=told):
        check_recipe(with_settings(load_recipe(name), (setting,)))
