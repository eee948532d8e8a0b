"""Fitting a network: batches cut by a token budget, AdamW, a schedule with a known length, the best weights kept.

Killed at any moment and started again, a run continues from its checkpoint and ends with the same bits: batches are a
pure function of (seed, epoch, lengths), and the random state, the optimiser and the position are in the checkpoint.
"""

import itertools
import time
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import nn

from headwork.attention.normalisers import LearnedEntmax
from headwork.base.files import read_json, write_json
from headwork.base.runs import Point
from headwork.measure.crowding import Stopwatch
from headwork.ops.chance import random_state, set_random_state
from headwork.train.adamw import AdamW
from headwork.train.average import Weights, mean_of, remember
from headwork.train.checkpoint import Position, State, copied, free_tensors, load_checkpoint, save_checkpoint
from headwork.train.config import TrainConfig
from headwork.train.plan import Plan, plan_steps
from headwork.train.problem import Look, Problem
from headwork.train.record import Fitted, Place, Progress
from headwork.train.thawing import rates

CHECKPOINT_SECONDS = 5.0
"""between two checkpoints; what a kill can cost"""


def fit(
    problem: Problem,
    *,
    budget_seconds: float | None = None,
    place: Place | None = None,
    progress: Progress = lambda share: None,
) -> Fitted:
    """Fit the problem's network; leaves it with the weights that scored best on dev."""
    return Trainer(problem, place).run(budget_seconds, progress)


class Trainer:
    """The loop and its state."""

    def __init__(self, problem: Problem, place: Place | None):
        self.problem, self.network, self.config, self.place = problem, problem.network, problem.config, place
        self.position = Position()
        self.best: Weights = {}
        self.kept: list[Weights] = []
        """of the last looks, to be averaged"""
        self.layers = len(_layers(self.network, self.config))
        self.thawed = True
        """did all layers learn in the last step; until they do, patience is not tried"""
        self.optimizer = _optimizer(self.network, self.config)
        torch.manual_seed(problem.seed)

    def run(self, budget_seconds: float | None, progress: Progress) -> Fitted:
        whole = Stopwatch()
        self._start()
        plan = self._plan(None if budget_seconds is None else budget_seconds - self.position.seconds)
        self._resume()
        training, before, saved = Stopwatch(), self.position.seconds, time.perf_counter()
        stopped = "budget" if plan.limited else "epochs"
        for step, epoch, rows, looks in self._steps(plan.steps):
            if self.position.epochs_without_gain >= self.config.patience:
                stopped = "patience"
                break
            self._step(rows, step, plan.steps)
            last = step + 1 == plan.steps
            if looks or last:
                self._look_at_dev(step + 1, epoch, before + training.seconds)
            self.position.seconds = before + training.seconds
            progress((step + 1) / plan.steps)
            if self.place and time.perf_counter() - saved > CHECKPOINT_SECONDS:
                self._save(self.place)
                saved = time.perf_counter()
        if len(self.kept) > 1:
            _put(self.network, mean_of(self.kept))
            self._keep_best(self.problem.look())
        _put(self.network, self.best)
        self.network.eval()
        self.problem.end()
        epochs = self.position.points[-1].epoch if self.position.points else 0.0
        return Fitted(
            stopped=stopped,
            steps=self.position.step,
            epochs=epochs,
            seconds=self.position.seconds,
            points=self.position.points,
            crowded=whole.waited_share,
            cut=self.problem.cut,
        )

    def _steps(self, steps: int) -> Iterator[tuple[int, float, list[int], bool]]:
        """(step, epochs done after it, rows, is dev looked at after it) from the current position on."""
        step, looks = 0, self.problem.looks
        for epoch in itertools.count():
            batches = self.problem.batches(epoch)
            if step + len(batches) <= self.position.step:
                step += len(batches)
                continue
            for index, rows in enumerate(batches):
                if step == steps:
                    return
                if step >= self.position.step:
                    before, after = (looks * count // len(batches) for count in (index, index + 1))
                    yield step, epoch + (index + 1) / len(batches), rows, after > before
                step += 1

    def _step(self, rows: Sequence[int], step: int, steps: int) -> None:
        of_layers = rates(self.config, self.layers, *self.problem.stage(step, steps))
        for group in self.optimizer.param_groups:
            group["lr"] = of_layers[group["layer"]] or 0.0
        self.thawed = None not in of_layers
        self.network.train()
        self.problem.done = step / steps
        loss = self.problem.loss(rows)
        loss.backward()
        for group in self.optimizer.param_groups:
            if of_layers[group["layer"]] is None:
                for parameter in group["params"]:
                    parameter.grad = None
        nn.utils.clip_grad_norm_(_free(self.network), self.config.clip, foreach=True)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)  # here, not above: no gradients lie beside the next activations
        self.position.step = step + 1
        self.position.loss_sum += loss.item()
        self.position.loss_steps += 1

    def _look_at_dev(self, step: int, epoch: float, seconds: float) -> None:
        look, position = self.problem.look(), self.position
        position.points.append(
            Point(
                step=step,
                epoch=epoch,
                seconds=seconds,
                dev_loss=look.loss,
                dev_accuracy=look.accuracy,
                train_loss=position.loss_sum / position.loss_steps,
                alphas=alphas_of(self.network),
                linear=look.linear,
                tasks=look.tasks,
            )
        )
        position.loss_sum, position.loss_steps = 0.0, 0
        remember(self.kept, self.network, self.config.average)
        self._keep_best(look)

    @torch.no_grad()
    def _keep_best(self, look: Look) -> None:
        position = self.position
        if look.rank <= position.best_rank:
            position.epochs_without_gain += self.thawed
            return
        position.best_rank, position.epochs_without_gain = look.rank, 0
        for name, value in free_tensors(self.network).items():
            if name in self.best:
                self.best[name].copy_(value)  # in its place: a second copy would be the peak of memory
            else:
                self.best[name] = value.detach().clone()

    def _start(self) -> None:
        """Let the problem begin, where it has something to do that takes part of the training time."""
        if self.place and self.place.state.is_file():
            return
        starting = Stopwatch()
        self.position.seconds = self.problem.spent
        if self.problem.start():
            self._keep_best(self.problem.look())
            self.position.seconds += starting.seconds

    def _plan(self, budget_seconds: float | None) -> Plan:
        """The stored plan, or a new one; measuring it leaves no trace in weights, optimiser or random state."""
        if self.place and self.place.plan.is_file():
            return read_json(self.place.plan, Plan)
        batches = self.problem.batches(0)
        before, random = copied(free_tensors(self.network)), random_state()
        carried, position = copied(self.problem.carried), self.position
        self.position = Position()
        plan = plan_steps(
            [sum(self.problem.lengths[row] for row in rows) for rows in batches],
            epochs_steps=sum(len(self.problem.batches(epoch)) for epoch in range(self.config.epochs)),
            budget_seconds=budget_seconds,
            threads=torch.get_num_threads(),
            step=lambda index: self._step(batches[index], index, len(batches)),  # steps may differ along the way
        )
        _put(self.network, before)
        set_random_state(random)
        self.optimizer, self.position = _optimizer(self.network, self.config), position
        self.problem.carried = carried
        if self.place:
            write_json(self.place.plan, plan)
        return plan

    def _save(self, place: Place) -> None:
        state = State(self.position, self.best, self.kept, self.problem.carried)
        save_checkpoint(place.state, state, self.network, self.optimizer)

    def _resume(self) -> None:
        found = load_checkpoint(self.place.state, self.network, self.optimizer) if self.place else None
        if found:
            self.position, self.best, self.kept, self.problem.carried = found


def alphas_of(network: nn.Module) -> dict[str, list[float]]:
    """The exponents that heads have learned so far (Correia, Niculae and Martins 2019, section 3.2)."""
    return {
        name: module.alpha.detach().flatten().tolist()
        for name, module in network.named_modules()
        if isinstance(module, LearnedEntmax)
    }


@torch.no_grad()
def _put(network: nn.Module, weights: Weights) -> None:
    for name, value in free_tensors(network).items():
        value.copy_(weights[name])


def _free(network: nn.Module) -> list[nn.Parameter]:
    return [parameter for parameter in network.parameters() if parameter.requires_grad]


def _layers(network: nn.Module, config: TrainConfig) -> list[list[nn.Parameter]]:
    """The free weights of each layer, from the lowest; one layer where all learn alike."""
    if config.unfreeze == "all" and config.discriminative == 1:
        return [_free(network)]
    groups: Any = network.layer_groups
    return [_free(group) for group in groups()]


def _optimizer(network: nn.Module, config: TrainConfig) -> torch.optim.Optimizer:
    """AdamW (Loshchilov and Hutter 2019) without decay on biases and norms."""
    groups = [
        group
        for layer, free in enumerate(_layers(network, config))
        for group in (
            {"params": [p for p in free if p.dim() > 1], "weight_decay": config.weight_decay, "layer": layer},
            {"params": [p for p in free if p.dim() <= 1], "weight_decay": 0.0, "layer": layer},
        )
    ]
    kept = [group for group in groups if group["params"]]
    return AdamW(kept, lr=config.lr, betas=(config.beta1, config.beta2), fused=True)
