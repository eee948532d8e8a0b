"""Fitting a network: batches cut by a token budget, AdamW, a schedule with a known length, the best weights kept.

Killed at any moment and started again, a run continues from its checkpoint and ends with the same bits: batches are a
pure function of (seed, epoch, lengths), and the random state, the optimiser and the position are in the checkpoint.
"""

import contextlib
import itertools
import time
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from headwork.attention.normalisers import LearnedEntmax
from headwork.base.files import read_json, write_json
from headwork.base.runs import Point
from headwork.data.batches import epoch_batches
from headwork.data.corpus import Examples
from headwork.ops.linear import multiplies_bf16
from headwork.tasks.neural import NeuralClassifier
from headwork.train.checkpoint import Position, free_tensors, load_checkpoint, save_checkpoint
from headwork.train.config import TrainConfig
from headwork.train.logistic import fit_logistic_head
from headwork.train.plan import Plan, plan_steps
from headwork.train.record import Fitted, Place, Progress
from headwork.train.schedules import SCHEDULES

EPOCH_STEPS = 16
"""an epoch of little data is cut into as many steps, or the largest batch would leave it too few to learn from"""
MIN_BATCH_TOKENS = 128
CHECKPOINT_SECONDS = 5.0
"""between two checkpoints; what a kill can cost"""


def fit(
    classifier: NeuralClassifier,
    train: Examples,
    dev: Examples,
    config: TrainConfig,
    *,
    seed: int,
    budget_seconds: float | None = None,
    place: Place | None = None,
    progress: Progress = lambda share: None,
) -> Fitted:
    """Fit the classifier's network on `train`; leaves it with the weights that scored best on `dev`."""
    return Trainer(classifier, train, dev, config, seed, place).run(budget_seconds, progress)


class Trainer:
    """The loop and its state."""

    def __init__(
        self,
        classifier: NeuralClassifier,
        train: Examples,
        dev: Examples,
        config: TrainConfig,
        seed: int,
        place: Place | None,
    ):
        self.classifier, self.network, self.config, self.seed, self.place = (
            classifier,
            classifier.network,
            config,
            seed,
            place,
        )
        self.train_examples, self.dev_examples = train, dev
        self.train, self.dev = classifier.reader.read(train.texts), classifier.reader.read(dev.texts)
        self.labels, self.dev_labels = torch.as_tensor(train.labels), torch.as_tensor(dev.labels)
        self.batch_tokens = min(config.batch_tokens, max(MIN_BATCH_TOKENS, sum(self.train.lengths) // EPOCH_STEPS))
        self.position, self.best = Position(), {}
        self.optimizer = _optimizer(self.network, config)
        torch.manual_seed(seed)

    def run(self, budget_seconds: float | None, progress: Progress) -> Fitted:
        self._start()
        plan = self._plan(None if budget_seconds is None else budget_seconds - self.position.seconds)
        self._resume()
        began, before, saved = time.perf_counter(), self.position.seconds, time.perf_counter()
        stopped = "budget" if plan.limited else "epochs"
        for step, epoch, rows, closes_epoch in self._steps(plan.steps):
            if self.position.epochs_without_gain >= self.config.patience:
                stopped = "patience"
                break
            self._step(rows, step, plan.steps)
            last = step + 1 == plan.steps
            if closes_epoch or last:
                self._look_at_dev(step + 1, epoch, before + time.perf_counter() - began)
            self.position.seconds = before + time.perf_counter() - began
            progress((step + 1) / plan.steps)
            if self.place and time.perf_counter() - saved > CHECKPOINT_SECONDS:
                save_checkpoint(self.place.state, self.position, self.network, self.best, self.optimizer)
                saved = time.perf_counter()
        with torch.no_grad():
            for name, value in free_tensors(self.network).items():
                value.copy_(self.best[name])
        self.network.eval()
        self.classifier.changed()
        epochs = self.position.points[-1].epoch if self.position.points else 0.0
        return Fitted(
            stopped=stopped,
            steps=self.position.step,
            epochs=epochs,
            seconds=self.position.seconds,
            points=self.position.points,
        )

    def _steps(self, steps: int) -> Iterator[tuple[int, float, list[int], bool]]:
        """(step, epochs done after it, rows, does it close an epoch) from the current position on."""
        step = 0
        for epoch in itertools.count():
            batches = self._batches(epoch)
            if step + len(batches) <= self.position.step:
                step += len(batches)
                continue
            for index, rows in enumerate(batches):
                if step == steps:
                    return
                if step >= self.position.step:
                    yield step, epoch + (index + 1) / len(batches), rows, index + 1 == len(batches)
                step += 1

    def _batches(self, epoch: int) -> list[list[int]]:
        return epoch_batches(self.train.lengths, seed=self.seed, epoch=epoch, budget_tokens=self.batch_tokens)

    def _step(self, rows: Sequence[int], step: int, steps: int) -> None:
        factor = SCHEDULES[self.config.schedule](step, steps, self.config.warmup)
        for group in self.optimizer.param_groups:
            group["lr"] = self.config.lr * factor
        loss = self._loss(rows)
        loss.backward()
        nn.utils.clip_grad_norm_(_free(self.network), self.config.clip, foreach=True)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)  # here, not above: no gradients lie beside the next activations
        self.position.step = step + 1
        self.position.loss_sum += loss.item()
        self.position.loss_steps += 1

    def _loss(self, rows: Sequence[int]) -> Tensor:
        self.network.train()
        device = self.classifier.device
        batch, labels = self.train.batch(rows).to(device), self.labels[rows].to(device)
        penalised = getattr(self.network, "with_penalty", None)
        with _precision(self.config, device):
            logits, penalty = penalised(batch) if penalised else (self.network(batch), 0.0)
        return F.cross_entropy(logits.float(), labels, label_smoothing=self.config.label_smoothing) + penalty

    def _look_at_dev(self, step: int, epoch: float, seconds: float) -> None:
        accuracy, loss = self._dev_score()
        position = self.position
        position.points.append(
            Point(
                step=step,
                epoch=epoch,
                seconds=seconds,
                dev_loss=loss,
                dev_accuracy=accuracy,
                train_loss=position.loss_sum / position.loss_steps,
                alphas=alphas_of(self.network),
            )
        )
        position.loss_sum, position.loss_steps = 0.0, 0
        self._keep_best(accuracy, loss)

    def _dev_score(self) -> tuple[float, float]:
        """Accuracy and loss."""
        logits = self.classifier.logits_of(self.dev, self.network)
        accuracy = (logits.argmax(1) == self.dev_labels).double().mean().item()
        return accuracy, F.cross_entropy(logits, self.dev_labels).item()

    @torch.no_grad()
    def _keep_best(self, accuracy: float, loss: float) -> None:
        position = self.position
        if (accuracy, -loss) <= (position.best_accuracy, -position.best_loss):
            position.epochs_without_gain += 1
            return
        position.best_accuracy, position.best_loss, position.epochs_without_gain = accuracy, loss, 0
        for name, value in free_tensors(self.network).items():
            if name in self.best:
                self.best[name].copy_(value)  # in its place: a second copy would be the peak of memory
            else:
                self.best[name] = value.detach().clone()

    def _start(self) -> None:
        """Begin with a head fitted on frozen features, where the recipe asks for it.

        It takes part of the training time and is the first candidate for the best weights. A run with a checkpoint has
        it behind it.
        """
        if self.config.fit != "logistic-gradient" or (self.place and self.place.state.is_file()):
            return
        began = time.perf_counter()
        fit_logistic_head(self.classifier, self.train_examples, self.dev_examples)
        self._keep_best(*self._dev_score())
        self.position.seconds = time.perf_counter() - began

    def _plan(self, budget_seconds: float | None) -> Plan:
        """The stored plan, or a new one; measuring it leaves no trace in weights, optimiser or random state."""
        if self.place and self.place.plan.is_file():
            return read_json(self.place.plan, Plan)
        batches = self._batches(0)
        before, random = (
            {name: value.detach().clone() for name, value in free_tensors(self.network).items()},
            torch.get_rng_state(),
        )
        position, self.position = self.position, Position()
        plan = plan_steps(
            [sum(self.train.lengths[row] for row in rows) for rows in batches],
            epochs_steps=sum(len(self._batches(epoch)) for epoch in range(self.config.epochs)),
            budget_seconds=budget_seconds,
            threads=torch.get_num_threads(),
            step=lambda index: self._step(batches[index], 0, 1),
        )
        with torch.no_grad():
            for name, value in free_tensors(self.network).items():
                value.copy_(before[name])
        torch.set_rng_state(random)
        self.optimizer, self.position = _optimizer(self.network, self.config), position
        if self.place:
            write_json(self.place.plan, plan)
        return plan

    def _resume(self) -> None:
        found = load_checkpoint(self.place.state, self.network, self.optimizer) if self.place else None
        if found:
            self.position, self.best = found


def alphas_of(network: nn.Module) -> dict[str, list[float]]:
    """The exponents that heads have learned so far (Correia, Niculae and Martins 2019, section 3.2)."""
    return {
        name: module.alpha.detach().flatten().tolist()
        for name, module in network.named_modules()
        if isinstance(module, LearnedEntmax)
    }


def _free(network: nn.Module) -> list[nn.Parameter]:
    return [parameter for parameter in network.parameters() if parameter.requires_grad]


def _optimizer(network: nn.Module, config: TrainConfig) -> torch.optim.Optimizer:
    """AdamW (Loshchilov and Hutter 2019) without decay on biases and norms."""
    free = _free(network)
    groups = [
        {"params": [p for p in free if p.dim() > 1], "weight_decay": config.weight_decay},
        {"params": [p for p in free if p.dim() <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW([group for group in groups if group["params"]], lr=config.lr, fused=True)


def _precision(config: TrainConfig, device: str) -> contextlib.AbstractContextManager[Any]:
    if config.precision == "bf16" and (device != "cpu" or multiplies_bf16()):
        return torch.autocast(torch.device(device).type, dtype=torch.bfloat16)
    return contextlib.nullcontext()
