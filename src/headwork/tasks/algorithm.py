"""Algorithms: a network, the examples that it answers, and what its answers are worth.

Stored as `model/{config.json, model.safetensors}`; nothing in these files is executed.

Axes: n examples of one length, S answers of an example, O width of an answer, P inputs on which an answer rests.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from headwork.base.files import read_config, write_json
from headwork.base.recipes import Recipe
from headwork.data.drawn import prepare_drawn
from headwork.data.generated import Examples, Generated
from headwork.models import config_of, kind_of
from headwork.models.algorithm import WRITTEN, Answer, Shape, check_answers
from headwork.models.size import as_large
from headwork.models.stored import load_tensors, save_tensors

BITS = 1 / np.log(2)
"""of a nat"""


class StoredLearner(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """model/config.json."""

    recipe: Recipe
    data: str
    """the generator and its settings, as in `copy:longest=10,width=6`"""


@dataclass(frozen=True)
class Answered:
    """What a network made of examples."""

    answers: np.ndarray
    """shaped as the targets"""
    score: np.ndarray
    """(n,) in [0, 1]"""
    whole: np.ndarray
    """(n,) without a mistake"""
    bits: np.ndarray
    """(n,) to code all answers; of numbers the squared error"""
    nats: np.ndarray
    """(n,) the loss of an answer, as in training"""
    looks: dict[str, np.ndarray]
    found: np.ndarray | None
    """(n,) do the P greatest weights lie on the P inputs that the answer rests on"""
    thoughts: np.ndarray | None
    """(n,) how often it thought about a step, of models that choose"""


class Learner:
    """A recipe, a generator and a network."""

    def __init__(self, recipe: Recipe, generator: Generated, device: str):
        self.recipe, self.generator, self.device = recipe, generator, device
        model, _ = kind_of(recipe).load()
        shape = shape_of(generator)
        check_answers(recipe.name, model, shape)
        self.network: Any = model(config_of(recipe), shape).to(device)

    @classmethod
    def new(cls, recipe: Recipe, generator: Generated, *, seed: int, device: str = "cpu") -> "Learner":
        """Weights drawn from `seed`."""
        model, _ = kind_of(recipe).load()
        sized = as_large(recipe, lambda config: model(config, shape_of(generator)))
        torch.manual_seed(seed)
        return cls(sized, generator, device)

    @classmethod
    def load(cls, folder: Path, *, device: str = "cpu") -> "Learner":
        """The learner stored in `folder` (the `model` folder of a run); anything damaged is refused."""
        stored = read_config(folder, StoredLearner)
        learner = cls(stored.recipe, prepare_drawn(stored.data).generator, device)
        load_tensors(learner.network, folder / "model.safetensors")
        learner.network.eval()
        return learner

    def save(self, folder: Path) -> int:
        """Store the learner and return the bytes it takes."""
        folder.mkdir(parents=True, exist_ok=True)
        save_tensors(self.network, folder / "model.safetensors")
        write_json(folder / "config.json", StoredLearner(recipe=self.recipe, data=self.generator.spec))
        return sum(file.stat().st_size for file in folder.iterdir() if file.name != "README.md")

    @property
    def parameters(self) -> int:
        return sum(parameter.numel() for parameter in self.network.parameters())

    def tensors(self, examples: Examples) -> tuple[Tensor, Tensor]:
        """Inputs and targets on the device."""
        inputs, targets = torch.from_numpy(examples.inputs), torch.from_numpy(examples.targets)
        return inputs.to(self.device), targets.to(self.device)

    def _decide(self, inputs: np.ndarray) -> np.ndarray:
        """(n, T, I) to the answers."""
        outputs = self.network(torch.from_numpy(inputs).to(self.device)).outputs
        return decided(self.generator, outputs).cpu().numpy()

    @torch.inference_mode()
    def answer(self, examples: Examples) -> Answered:
        self.network.eval()
        inputs, targets = self.tensors(examples)
        answer: Answer = self.network(inputs)
        answers = decided(self.generator, answer.outputs).cpu().numpy()
        answers = self.generator.played(examples, answers, self._decide)
        # What the right places would have cost is known where each is named after the right ones.
        outputs = self.network(inputs, targets).outputs if self.generator.ANSWERS in WRITTEN else answer.outputs
        losses = loss_of(self.generator, outputs, targets)[:, examples.scored].flatten(1).double().cpu().numpy()
        looks = {what: weights.float().cpu().numpy() for what, weights in answer.looks.items()}
        return Answered(
            answers,
            self.generator.score(examples, answers),
            self.generator.right(examples, answers).min(1),
            losses.sum(1) * (1 if self.generator.ANSWERS == "number" else BITS),
            losses.mean(1),
            looks,
            found_in(looks, examples),
            None if answer.thoughts is None else answer.thoughts.float().mean(1).cpu().numpy(),
        )


def shape_of(generator: Generated) -> Shape:
    longest = generator.steps(max(generator.lengths))
    return Shape(generator.inputs, generator.outputs, generator.ANSWERS, longest, generator.channels)


def loss_of(generator: Generated, outputs: Tensor, targets: Tensor) -> Tensor:
    """(n, S, …) nats of each answer; of numbers the squared error."""
    if generator.ANSWERS == "bits":
        return F.binary_cross_entropy_with_logits(outputs, targets, reduction="none")
    if generator.ANSWERS == "number":
        return (outputs - targets).square()
    return F.cross_entropy(outputs.flatten(0, 1), targets.flatten(), reduction="none").view_as(targets)


def decided(generator: Generated, outputs: Tensor) -> Tensor:
    """The answers that the outputs speak for."""
    if generator.ANSWERS == "bits":
        return (outputs > 0).to(outputs.dtype)
    return outputs if generator.ANSWERS == "number" else outputs.argmax(-1)


def found_in(looks: dict[str, np.ndarray], examples: Examples) -> np.ndarray | None:
    """Of a model that attends: are the places that the answer rests on those it looks at most?"""
    if examples.looks is None or "attention" not in looks:
        return None
    weights = looks["attention"][:, examples.scored].sum(1)
    greatest = np.argsort(-weights, 1)[:, : examples.looks.shape[1]]
    return (np.sort(greatest, 1) == np.sort(examples.looks, 1)).all(1)
