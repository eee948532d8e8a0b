"""A network that models language: reading documents segment by segment, and writing token by token.

Axes: B documents, T tokens of a segment, t tokens of a document, V vocabulary.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from headwork.base.recipes import Recipe
from headwork.data.vocabulary import Vocabulary
from headwork.models import kind_of
from headwork.models.language import LanguageNetwork, Memory
from headwork.models.size import as_large
from headwork.models.stored import load_tensors, save_tensors
from headwork.tasks.language import LanguageModel, Writer, joined

ROWS = 32
"""pieces of a text that are read side by side by a network that carries nothing"""
STREAMS, STREAM_SEGMENTS = 8, 16
"""streams that are read side by side by one that carries, and segments that each has at least: all but the first begin
with an empty memory within the text"""


class Reading(NamedTuple):
    """(t - 1,) losses, and whether the likeliest token was the right one."""

    nats: np.ndarray
    right: np.ndarray


class NeuralLanguageModel(LanguageModel):
    def __init__(self, recipe: Recipe, vocabulary: Vocabulary, device: str):
        super().__init__(recipe, vocabulary)
        self.device = device
        model, _ = kind_of(recipe).load()
        self.network: LanguageNetwork = model(self.config, vocabulary=vocabulary.size).to(device)

    @classmethod
    def new(cls, recipe: Recipe, vocabulary: Vocabulary, *, seed: int, device: str) -> "NeuralLanguageModel":
        model, _ = kind_of(recipe).load()
        sized = as_large(recipe, lambda config: model(config, vocabulary=vocabulary.size))
        torch.manual_seed(seed)
        return cls(sized, vocabulary, device)

    @classmethod
    def load(cls, recipe: Recipe, vocabulary: Vocabulary, folder: Path, *, device: str) -> "NeuralLanguageModel":
        model = cls(recipe, vocabulary, device)
        load_tensors(model.network, folder / "model.safetensors")
        model.network.eval()
        return model

    def store(self, folder: Path) -> None:
        save_tensors(self.network, folder / "model.safetensors")

    @property
    def parameters(self) -> int:
        return sum(parameter.numel() for parameter in self.network.parameters())

    def nats(self, documents: Sequence[np.ndarray]) -> list[np.ndarray]:
        # The loss of a token that opens a document belongs to none.
        losses = np.concatenate([[0.0], self.read(joined(documents)).nats])
        return [part[1:] for part in np.split(losses, np.cumsum([len(document) for document in documents])[:-1])]

    @torch.inference_mode()
    def read(self, ids: np.ndarray, *, context: int | None = None, apart: bool = False) -> Reading:
        """How likely each of (t,) tokens behind the first is, read in segments of `context` tokens.

        A network without a memory of segments reads half a segment again, so that a token has half a context before it
        at least; one with a memory reads on where it was. `apart`: each segment by itself. A segment that is a picture
        begins and ends with one.
        """
        self.network.eval()
        tokens, context = torch.as_tensor(ids), context or self.context
        reading = Reading(np.zeros(len(ids) - 1), np.zeros(len(ids) - 1, dtype=bool))
        if self.network.carries and not apart:
            self._read_on(tokens, context, reading)
        elif self.config.whole:
            self._read_pieces(tokens, context, reading, stride=context + 1)
        else:
            self._read_pieces(tokens, context, reading, stride=context if apart else context // 2)
        return reading

    def _read_on(self, tokens: Tensor, context: int, reading: Reading) -> None:
        """Several streams side by side, each from its beginning to its end; the last reads what is left over."""
        total = len(tokens) - 1
        streams = min(STREAMS, max(1, total // (STREAM_SEGMENTS * context)))
        each, memory = total // streams, None
        firsts = torch.arange(streams) * each
        for done in range(0, each, context):
            memory = self._judge(tokens, firsts + done, min(context, each - done), memory, reading)
        memory = {name: value[-1:] for name, value in (memory or {}).items()}
        for first in range(streams * each, total, context):
            memory = self._judge(tokens, torch.tensor([first]), min(context, total - first), memory, reading)

    def _read_pieces(self, tokens: Tensor, context: int, reading: Reading, *, stride: int) -> None:
        """Pieces that begin `stride` tokens apart; what two of them hold is judged by the earlier, what stands between
        two by none."""
        total, overlap = len(tokens) - 1, max(context - stride, 0)
        firsts = torch.arange(0, max(total - context, 0) + 1, stride)
        for rows in firsts.split(ROWS):
            self._judge(tokens, rows, min(context, total), None, reading, fresh=overlap)
        judged, first = int(firsts[-1]) + min(context, total), int(firsts[-1]) + stride
        if max(judged, first) < total:
            self._judge(tokens, torch.tensor([first]), total - first, None, reading, fresh=overlap)

    def _judge(
        self, tokens: Tensor, firsts: Tensor, width: int, memory: Memory | None, reading: Reading, *, fresh: int = 0
    ) -> Memory:
        """Read `width` tokens from each of the places `firsts` on; but for the text's own beginning, the first `fresh`
        of them have been judged before."""
        window = tokens[firsts[:, None] + torch.arange(width + 1)].to(self.device)
        read = self.network(window[:, :-1], memory)
        judged = self.network.judge(read.states, window[:, 1:])
        for row, first in enumerate(firsts.tolist()):
            skipped = fresh if first else 0
            place = slice(first + skipped, first + width)
            reading.nats[place] = judged.nats[row, skipped:].double().cpu()
            reading.right[place] = judged.right[row, skipped:].cpu()
        return read.memory

    def note(self, prompt: str) -> str:
        tokens = len(self.vocabulary.encode(prompt).ids)
        if self.network.room(None) is None or tokens <= self.context:
            return ""
        half = self.context // 2
        return f"the prompt has {tokens:,} tokens and the model reads {self.context}: only the last {half} count"

    def writer(self, ids: Sequence[int]) -> Writer:
        return _Writing(self.network.eval(), ids, self.device)


class _Writing(Writer):
    """Reads each token once; where a network without a memory of segments is full, the last half again."""

    def __init__(self, network: LanguageNetwork, ids: Sequence[int], device: str):
        self.network, self.device, self.context = network, device, network.config.context
        self.memory: Memory | None = None
        self.recent: list[int] = []
        self._read(ids)

    def add(self, token: int) -> None:
        self._read([token])

    @torch.inference_mode()
    def _read(self, ids: Sequence[int]) -> None:
        self.recent = [*self.recent, *ids][-self.context :]
        room = self.network.room(self.memory)
        if room is not None and len(ids) > room:
            ids, self.memory = self.recent[-(self.context // 2) :], None
        for first in range(0, len(ids), self.context):
            segment = torch.tensor([ids[first : first + self.context]], device=self.device)
            states, self.memory, *_ = self.network(segment, self.memory)
        self.log_probabilities = self.network.logits(states[0, -1]).double().log_softmax(-1).cpu().numpy()
