"""A reader that attends: it reads all steps, then looks at some of them for its answer.

    h_1 … h_T = LSTM(x), or tanh(W x) of each step alone;   q_t = h_t, or one learned query
    a_t = normaliser_j<=t (score(q_t, h_j));   y_t = W_o sum_j a_tj W_v x_j + b

What is read are the inputs themselves, so that an answer can rest only on places that were looked at. With the
normaliser `hard:reinforce` one place is drawn and read. What is read learns from the answer as ever. The choice of the
last step, which is the one that is asked for an answer, learns from the reward log p(answer), against a moving baseline
and with a bonus for entropy (Xu et al. 2015, "Show, attend and tell", section 4.1).

Axes: B examples, T steps, H width of a state, V width of a value, O width of an answer.
"""

from typing import Any, ClassVar, Literal

import msgspec
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from headwork.attention.choice import Choice
from headwork.attention.mechanism import weights
from headwork.attention.normalisers import Draw, Hard, MovingBaseline, reinforce_loss
from headwork.attention.where import Where
from headwork.models.algorithm import STEPWISE, Answer, Shape


class ReaderConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    SIZES: ClassVar[dict[str, dict[str, Any]]] = {"tiny": {"hidden": 24}, "small": {}, "base": {"hidden": 256}}

    reads: Literal["lstm", "steps"] = "lstm"
    """in order, or each step alone"""
    hidden: int = 64
    score: str = "additive"
    normaliser: str = "softmax"
    entropy: float = 0.01
    """what the entropy of hard attention is worth, in nats of the answer"""

    def __post_init__(self) -> None:
        self.choice.check(width=self.hidden, keys=1)

    @property
    def choice(self) -> Choice:
        return Choice(score=self.score, scope=("causal",), normaliser=self.normaliser)


class Reader(nn.Module):
    ANSWERS: ClassVar[frozenset[str]] = STEPWISE

    def __init__(self, config: ReaderConfig, shape: Shape):
        super().__init__()
        self.config, self.answers = config, shape.answers
        hidden, lstm = config.hidden, config.reads == "lstm"
        self.reading = nn.LSTM(shape.inputs, hidden, batch_first=True) if lstm else nn.Linear(shape.inputs, hidden)
        self.query = None if lstm else nn.Parameter(0.1 * torch.randn(hidden))
        self.mechanism = config.choice.mechanism(width=hidden, keys=shape.longest)
        self.parts = nn.ModuleList(self.mechanism.modules())
        self.value = nn.Linear(shape.inputs, hidden)
        self.output = nn.Linear(hidden, shape.outputs)
        self.baseline = MovingBaseline() if self._draws else None

    @property
    def _draws(self) -> bool:
        normaliser = self.mechanism.normaliser
        return isinstance(normaliser, Hard) and normaliser.estimator == "reinforce"

    def forward(self, inputs: Tensor, targets: Tensor | None = None) -> Answer:
        keys, queries = self._read(inputs)
        if targets is None or not self._draws:
            looked = self._look(queries, keys)
            return Answer(self._answer(looked, inputs), {"attention": looked})
        return self._draw(queries, keys, inputs, targets)

    def _read(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """(B, T, H) keys and queries."""
        if isinstance(self.reading, nn.LSTM):
            states, _ = self.reading(inputs)
            return states, states
        assert self.query is not None
        keys = self.reading(inputs).tanh()
        return keys, self.query.expand_as(keys)

    def _look(self, queries: Tensor, keys: Tensor) -> Tensor:
        """(B, T, T)"""
        query, key = queries[:, None], keys[:, None]
        where = Where.of(query, key, scale=self.mechanism.score.scale(query.shape[-1]))
        return weights(self.mechanism, where)[:, 0]

    def _answer(self, looked: Tensor, inputs: Tensor) -> Tensor:
        return self.output(looked @ self.value(inputs))

    def _draw(self, queries: Tensor, keys: Tensor, inputs: Tensor, targets: Tensor) -> Answer:
        """Hard attention in training: the last step is rewarded for its answer."""
        normaliser, baseline = self.mechanism.normaliser, self.baseline
        assert isinstance(normaliser, Hard) and baseline is not None
        with normaliser.drawing() as draws:
            looked = self._look(queries, keys)
        outputs = self._answer(looked, inputs)
        reward = self._reward(outputs[:, -1].detach(), targets[:, -1])
        last = [Draw(*(part[:, 0, -1] for part in draw)) for draw in draws]
        loss = reinforce_loss(last, reward, baseline.value, self.config.entropy)
        baseline.update(reward)
        return Answer(outputs, {"attention": looked}, penalty=loss.expand(len(inputs)))

    def _reward(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """(B,) log-likelihood of the right answer; of a number less its squared error."""
        if self.answers == "classes":
            return -F.cross_entropy(outputs, targets, reduction="none")
        if self.answers == "bits":
            return -F.binary_cross_entropy_with_logits(outputs, targets, reduction="none").mean(1)
        return -(outputs - targets).square().mean(1)
