"""What the training loop must know of a task: its batches, their loss, and how good the network is on dev."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from torch import Tensor, nn

from headwork.base.results import WHOLE
from headwork.base.runs import TaskPoint
from headwork.data.batches import epoch_batches
from headwork.train.config import TrainConfig

EPOCH_STEPS = 16
"""an epoch of little data is cut into as many steps, or the largest batch would leave it too few to learn from"""
MIN_BATCH_TOKENS = 128


class Look(NamedTuple):
    """How the network does on dev."""

    accuracy: float
    """share of the answers that are right; of the next tokens, for a task that writes"""
    loss: float
    """nats for each answer"""
    rank: tuple[float, ...]
    """what the weights that are kept have the most of"""
    linear: bool = False
    """was the softmax over the memories left out"""
    tasks: Mapping[str, TaskPoint] = {}
    """by task, where several are learnt at once"""


class Problem(ABC):
    """Rows to learn from, and a network that learns."""

    def __init__(self, network: nn.Module, config: TrainConfig, *, lengths: Sequence[int], seed: int):
        self.network, self.config, self.lengths, self.seed = network, config, lengths, seed
        self.carried: dict[str, Tensor] = {}
        """what a step leaves to the next beside the weights; it goes into checkpoints"""
        self.spent = 0.0
        """seconds of training before the first step"""
        self.done = 0.0
        """share of the steps that lie behind the one in hand"""
        self.cut = WHOLE
        """what of the training texts no step sees"""
        self.looks = 1
        """at dev in an epoch, evenly; the last at its end"""

    @abstractmethod
    def loss(self, rows: Sequence[int]) -> Tensor:
        """The mean loss of a batch, to be differentiated."""

    @abstractmethod
    def look(self) -> Look: ...

    def start(self) -> bool:
        """Bring the weights to where the steps begin; was there anything to do? A resumed run has it behind it."""
        return False

    def stage(self, step: int, steps: int) -> tuple[int, int]:
        """Where a step stands among how many, for the schedule of the rate; in parts where learning has several."""
        return step, steps

    def end(self) -> None:  # noqa: B027  most problems have nothing to tidy up
        """The weights are final."""

    def batches(self, epoch: int) -> list[list[int]]:
        """The rows of each step of an epoch, a pure function of the epoch."""
        enough = max(MIN_BATCH_TOKENS, sum(self.lengths) // EPOCH_STEPS)
        budget = min(self.config.batch_tokens, enough)
        return epoch_batches(self.lengths, seed=self.seed, epoch=epoch, budget_tokens=budget)
