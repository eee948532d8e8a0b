"""Any number of labels for a text: what a fitted labeller can be asked, whatever model is in it.

    p_l = sigmoid(z_l / T_l)        label l is given where p_l >= t_l

The model is one of `classify`, with a logit for each label in place of each class. Temperatures T and thresholds t
are fitted on dev, each label by itself. Stored as `model/{config.json, model.safetensors, tokenizer.json}`; nothing in
these files is executed.

Axes: n texts, L labels.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from headwork.base.errors import HeadworkError
from headwork.base.files import read_config, write_json
from headwork.base.recipes import Recipe
from headwork.base.results import Cut
from headwork.measure.calibration import fit_temperature
from headwork.measure.label_calibration import of_two, sigmoid
from headwork.measure.thresholds import UNSEEN, fit_thresholds
from headwork.tasks.classify import Classifier, StoredClassifier, new_classifier, restored


class StoredLabeller(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """model/config.json."""

    model: StoredClassifier
    """its `classes` are the labels"""
    temperatures: list[float]
    thresholds: list[float]


class Labeller:
    """A model with a logit for each label, and what makes logits into labels."""

    def __init__(self, model: Classifier):
        self.model = model
        self.temperatures = np.ones(len(model.classes))
        self.thresholds = np.full(len(model.classes), UNSEEN)

    @property
    def labels(self) -> list[str]:
        return self.model.classes

    @property
    def recipe(self) -> Recipe:
        return self.model.recipe

    @property
    def text_column(self) -> str:
        return self.model.text_column

    @property
    def parameters(self) -> int:
        return self.model.parameters

    def logits(self, texts: Sequence[str]) -> np.ndarray:
        """(n, L), not yet divided by the temperatures."""
        return self.model.logits(texts)

    def cut(self, texts: Sequence[str]) -> Cut:
        return self.model.cut(texts)

    def probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """(n, L) calibrated probabilities; a row of them has no sum to keep to."""
        return self.calibrated(self.logits(texts))

    def calibrated(self, logits: np.ndarray) -> np.ndarray:
        return sigmoid(logits / self.temperatures)

    def given(self, chances: np.ndarray) -> np.ndarray:
        """(n, L) which labels are given at these calibrated probabilities."""
        return chances >= self.thresholds

    def settle(self, logits: np.ndarray, truth: np.ndarray) -> None:
        """Fit temperatures and thresholds to the (n, L) logits and truths of dev."""
        self.temperatures = np.array(
            [fit_temperature(of_two(own), true.astype(int)) for own, true in zip(logits.T, truth.T, strict=True)]
        )
        self.thresholds = fit_thresholds(self.calibrated(logits), truth)

    def save(self, folder: Path) -> int:
        """Store the labeller and return the bytes it takes."""
        folder.mkdir(parents=True, exist_ok=True)
        stored = StoredLabeller(
            model=self.model.store(folder),
            temperatures=self.temperatures.tolist(),
            thresholds=self.thresholds.tolist(),
        )
        write_json(folder / "config.json", stored)
        return sum(file.stat().st_size for file in folder.iterdir() if file.name != "README.md")


def new_labeller(recipe: Recipe, labels: Sequence[str], texts: Sequence[str], *, seed: int, **told: Any) -> Labeller:
    """A labeller to be fitted, as `new_classifier` makes its model."""
    return Labeller(new_classifier(recipe, labels, texts, seed=seed, **told))


def load_labeller(folder: Path, *, device: str = "cpu") -> Labeller:
    """The labeller stored in `folder` (the `model` folder of a run); anything damaged is refused."""
    stored = read_config(folder, StoredLabeller)
    labeller = Labeller(restored(stored.model, folder, device=device))
    for name, least in (("temperatures", np.nextafter(0, 1)), ("thresholds", 0.0)):
        values = np.array(getattr(stored, name))
        if values.shape != (len(labeller.labels),) or not (np.isfinite(values) & (values >= least)).all():
            raise HeadworkError(
                f"{folder / 'config.json'}: expected {len(labeller.labels)} {name}, finite and not negative; copy the "
                "model again or train it again"
            )
        setattr(labeller, name, values)
    return labeller
