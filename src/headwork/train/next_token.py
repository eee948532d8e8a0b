"""Learning to tell the next token of each text, beside another task; the encoder looks back only.

L = mean over tokens of -ln p(token | those before it)            Radford et al. 2018, equation 1
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from headwork.data.batches import ordered_batches
from headwork.ops.packed import TokenBatch
from headwork.tasks.masked import said
from headwork.train.classify import precision
from headwork.train.masked import LOOK_TOKENS, FillIn
from headwork.train.problem import Look


class GoOn(FillIn):
    """The same texts in the same windows."""

    def loss(self, rows: Sequence[int]) -> Tensor:
        logits, targets = self._told(rows)
        return F.cross_entropy(logits.float(), targets)

    @torch.inference_mode()
    def look(self) -> Look:
        """`accuracy` is the share of tokens that come first, `loss` that of a token."""
        self.network.eval()
        nats = right = tokens = 0.0
        for rows in ordered_batches(self.dev.lengths, LOOK_TOKENS // 8):
            logits, targets = self._told(rows, dev=True)
            nats += F.cross_entropy(logits.float(), targets, reduction="sum").item()
            right += (logits.argmax(1) == targets).sum().item()
            tokens += len(targets)
        return Look(right / max(tokens, 1), nats / max(tokens, 1), (-nats,))

    def _told(self, rows: Sequence[int], *, dev: bool = False) -> tuple[Tensor, Tensor]:
        """Logits of what follows every token but the last of its text, and what does."""
        batch: TokenBatch = (self.dev if dev else self.train).batch(rows).batch.to(self.device)
        followed = torch.ones_like(batch.ids, dtype=torch.bool)
        followed[torch.tensor(batch.lengths, device=self.device).cumsum(0) - 1] = False
        with precision(self.config, self.device):
            return said(self.network, batch, followed), batch.ids.roll(-1)[followed]
