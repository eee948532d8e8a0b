"""A network that models language: reading documents segment by segment, and writing token by token.

Axes: B documents, T tokens of a segment, t tokens of a document, V vocabulary.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from headwork.base.recipes import Recipe
from headwork.data.vocabulary import Vocabulary
from headwork.models import kind_of
from headwork.models.datastore import Datastore
from headwork.models.joining import JOININGS, alone_of
from headwork.models.language import LanguageNetwork, Memory
from headwork.models.language_head import Judged
from headwork.models.size import as_large
from headwork.models.stored import load_tensors, save_tensors
from headwork.tasks.language import LanguageModel, Writer, joined

ROWS = 32
"""pieces of a text that are read side by side by a network that carries nothing"""
DATASTORE = "datastore.safetensors"
STREAMS, STREAM_SEGMENTS = 8, 16
"""streams that are read side by side by one that carries, and segments that each has at least: all but the first begin
with an empty memory within the text"""


class Reading(NamedTuple):
    """(t - 1,) losses, and whether the likeliest token was the right one."""

    nats: np.ndarray
    right: np.ndarray


class Heard(NamedTuple):
    """A segment of several pieces of a text, as the network read it."""

    states: Tensor
    """(B, T, D)"""
    answers: Tensor
    """(B, T) tokens that follow"""
    firsts: list[int]
    """where the pieces begin"""
    fresh: int
    """how many tokens of a piece have been heard before; none of the text's own beginning"""
    spent: Tensor | None
    """(B, T) steps that each place took, where that differs"""

    def new(self, values: Tensor) -> Iterator[tuple[slice, Tensor]]:
        """Of (B, T, …) values those of places that were not heard before, with where in the text these are."""
        for row, first in enumerate(self.firsts):
            skipped = self.fresh if first else 0
            yield slice(first + skipped, first + values.shape[1]), values[row, skipped:]


class NeuralLanguageModel(LanguageModel):
    def __init__(self, recipe: Recipe, vocabulary: Vocabulary, device: str):
        super().__init__(recipe, vocabulary)
        self.device = device
        model, _ = kind_of(recipe).load()
        self.network: LanguageNetwork = model(self.config, vocabulary=vocabulary.size).to(device)
        self.datastore: Datastore | None = None

    @classmethod
    def new(
        cls, recipe: Recipe, vocabulary: Vocabulary, *, seed: int, device: str, before: Path | None = None
    ) -> "NeuralLanguageModel":
        """Weights drawn from `seed`, or those of the model in the folder `before`."""
        model, _ = kind_of(recipe).load()
        sized = as_large(recipe, lambda config: model(config, vocabulary=vocabulary.size))
        torch.manual_seed(seed)
        new = cls(sized, vocabulary, device)
        if before is not None:
            load_tensors(new.network, before / "model.safetensors")
        return new

    @classmethod
    def load(cls, recipe: Recipe, vocabulary: Vocabulary, folder: Path, *, device: str) -> "NeuralLanguageModel":
        model = cls(recipe, vocabulary, device)
        load_tensors(model.network, folder / "model.safetensors")
        model.network.eval()
        config = model.config
        if config.datastore:
            model.datastore = Datastore.load(
                folder / DATASTORE,
                JOININGS[config.joining](config.dim),
                k=config.neighbours,
                width=config.dim,
                vocabulary=vocabulary.size,
                device=device,
            )
        return model

    def store(self, folder: Path) -> None:
        save_tensors(self.network, folder / "model.safetensors")
        if self.datastore is not None:
            self.datastore.save(folder / DATASTORE)

    @property
    def parameters(self) -> int:
        parts = [self.network] if self.datastore is None else [self.network, self.datastore.joining]
        return sum(parameter.numel() for part in parts for parameter in part.parameters())

    def nats(self, documents: Sequence[np.ndarray]) -> list[np.ndarray]:
        # The loss of a token that opens a document belongs to none.
        losses = np.concatenate([[0.0], self.read(joined(documents)).nats])
        return [part[1:] for part in np.split(losses, np.cumsum([len(document) for document in documents])[:-1])]

    @torch.inference_mode()
    def read(self, ids: np.ndarray, *, context: int | None = None, apart: bool = False) -> Reading:
        """How likely each of (t,) tokens behind the first is, read in segments of `context` tokens.

        A network without a memory of segments reads half a segment again, so that a token has half a context before it
        at least; one with a memory reads on where it was. `apart`: each segment by itself, and by the network alone. A
        segment that is a picture begins and ends with one.
        """
        judge = self.network.judge if apart else self.judge
        reading = Reading(np.zeros(len(ids) - 1), np.zeros(len(ids) - 1, dtype=bool))
        for heard in self.hear(ids, context=context, apart=apart):
            judged = judge(heard.states, heard.answers)
            for place, nats in heard.new(judged.nats):
                reading.nats[place] = nats.double().cpu()
            for place, right in heard.new(judged.right):
                reading.right[place] = right.cpu()
        return reading

    def judge(self, states: Tensor, answers: Tensor) -> Judged:
        """(B, T, D) states and the (B, T) tokens that follow: how likely each was, by the datastore too."""
        if self.datastore is None:
            return self.network.judge(states, answers)
        return self.datastore.joining.judge(self.network, states, answers, self.datastore.near)

    def log_probabilities(self, states: Tensor) -> Tensor:
        """(n, D) to (n, V) of the next token, in double precision."""
        if self.datastore is None:
            return alone_of(self.network, states)
        return self.datastore.joining.log_probabilities(self.network, states, self.datastore.near)

    def hear(self, ids: np.ndarray, *, context: int | None = None, apart: bool = False) -> Iterator[Heard]:
        """The states of (t,) tokens, each place once, in whatever order suits the network."""
        self.network.eval()
        tokens, context = torch.as_tensor(ids), context or self.context
        if self.network.carries and not apart:
            return self._hear_on(tokens, context)
        if self.config.whole:
            return self._hear_pieces(tokens, context, stride=context + 1)
        return self._hear_pieces(tokens, context, stride=context if apart else context // 2)

    def _hear_on(self, tokens: Tensor, context: int) -> Iterator[Heard]:
        """Several streams side by side, each from its beginning to its end; the last reads what is left over."""
        total = len(tokens) - 1
        streams = min(STREAMS, max(1, total // (STREAM_SEGMENTS * context)))
        each, memory = total // streams, None
        firsts = torch.arange(streams) * each
        for done in range(0, each, context):
            heard, memory = self._segment(tokens, firsts + done, min(context, each - done), memory)
            yield heard
        memory = {name: value[-1:] for name, value in (memory or {}).items()}
        for first in range(streams * each, total, context):
            heard, memory = self._segment(tokens, torch.tensor([first]), min(context, total - first), memory)
            yield heard

    def _hear_pieces(self, tokens: Tensor, context: int, *, stride: int) -> Iterator[Heard]:
        """Pieces that begin `stride` tokens apart; what two of them hold counts in the earlier, what stands between two
        in none."""
        total, overlap = len(tokens) - 1, max(context - stride, 0)
        firsts = torch.arange(0, max(total - context, 0) + 1, stride)
        for rows in firsts.split(ROWS):
            yield self._segment(tokens, rows, min(context, total), None, fresh=overlap)[0]
        heard, first = int(firsts[-1]) + min(context, total), int(firsts[-1]) + stride
        if max(heard, first) < total:
            yield self._segment(tokens, torch.tensor([first]), total - first, None, fresh=overlap)[0]

    def _segment(
        self, tokens: Tensor, firsts: Tensor, width: int, memory: Memory | None, *, fresh: int = 0
    ) -> tuple[Heard, Memory]:
        """Read `width` tokens from each of the places `firsts` on."""
        window = tokens[firsts[:, None] + torch.arange(width + 1)].to(self.device)
        read = self.network(window[:, :-1], memory)
        return Heard(read.states, window[:, 1:], firsts.tolist(), fresh, read.spent), read.memory

    def note(self, prompt: str) -> str:
        tokens = len(self.vocabulary.encode(prompt).ids)
        if self.network.room(None) is None or tokens <= self.context:
            return ""
        half = self.context // 2
        return f"the prompt has {tokens:,} tokens and the model reads {self.context}: only the last {half} count"

    def writer(self, ids: Sequence[int]) -> Writer:
        self.network.eval()
        return _Writing(self, ids)


class _Writing(Writer):
    """Reads each token once; where a network without a memory of segments is full, the last half again."""

    def __init__(self, model: NeuralLanguageModel, ids: Sequence[int]):
        self.model, self.network, self.context = model, model.network, model.context
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
            segment = torch.tensor([ids[first : first + self.context]], device=self.model.device)
            states, self.memory, *_ = self.network(segment, self.memory)
        self.log_probabilities = self.model.log_probabilities(states[0, -1:])[0].cpu().numpy()
