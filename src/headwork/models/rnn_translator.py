"""Recurrent encoder-decoders, from one fixed context vector to attention, as settings of one model.

    h_1 … h_K = encoder(x);   s_0 = tanh(W h_end);   s_t = cell([y_t-1; given], s_t-1)

`attention` says what is given to the decoder:

    none     nothing: the encoder's state alone starts the decoder                  Sutskever, Vinyals and Le 2014
    fixed    c = h_end at every step                                                Cho et al. 2014, section 2.2
    before   c_t = attend(s_t-1, h), which the cell then reads                      Bahdanau, Cho and Bengio 2015
    after    c_t = attend(s_t, h), s~_t = tanh(W [c_t; s_t])                        Luong, Pham and Manning 2015

With `after`, input feeding gives s~_t-1 to the cell (Luong et al. 2015, section 3.3). Several layers with residuals and
`before`, where the lowest state asks and every layer reads c_t, are GNMT (Wu et al. 2016, section 3).

With `reads = "pictures"` the sources are pictures, and h_1 … h_K the states of a grid of places, whose mean starts the
decoder (Xu et al. 2015, "Show, attend and tell", section 3.1). Its other parts are settings too:

    gated       z_t = sigmoid(W s_t-1 + b) c_t stands for c_t                       section 4.2.1
    coverage    λ sum_i (1 - sum_t α_ti)^2 is added to -log P(y | x)                section 4.2.1

`pattern = "recursive"` writes without a state: each new token runs the whole model again over the source and all that
is written. It gives what `direct` gives, at a cost that grows with the length.

Axes: B texts, R rows, N packed source tokens, K tokens of the longest source, T target tokens, M packed target tokens,
E width of an embedding, H width of a state, V vocabulary.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Literal, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from headwork.attention.attend import run
from headwork.attention.choice import Choice
from headwork.attention.layout import Layout, Padded
from headwork.attention.mechanism import Mechanism, weights
from headwork.attention.record import Recorder, record
from headwork.attention.scores import ready
from headwork.layers.cells import State as CellState
from headwork.layers.cells import Step
from headwork.layers.grid import GridEncoder, fits
from headwork.layers.recurrent import Recurrent
from headwork.models.translation import TextSettings
from headwork.ops.dropout import drop
from headwork.ops.linear import Linear
from headwork.ops.packed import TokenBatch, mask_of, pad, segment_first, unpad


class RnnTranslatorConfig(TextSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    SIZES: ClassVar[dict[str, dict[str, Any]]] = {
        "tiny": {"width": 32, "hidden": 32},
        "small": {},
        "base": {"width": 512, "hidden": 512},
    }

    cell: Literal["lstm", "gru"] = "gru"
    width: int = 256
    """of embeddings"""
    hidden: int = 256
    """of a state; half of it in each direction of the encoder's lowest layer"""
    layers: int = 1
    both_ways: Literal["bottom", "all"] = "all"
    """which layers of the encoder read in both directions"""
    residual: bool = False
    """each layer above the lowest adds to what it reads"""
    attention: Literal["none", "fixed", "before", "after"] = "before"
    score: str = "additive"
    scope: str = "full"
    normaliser: str = "softmax"
    gated: bool = False
    """the state says how much of each coordinate of the context is given"""
    coverage: float = 0.0
    """weight λ of the penalty that wants each place of the source to receive a weight of 1 over all steps"""
    input_feeding: bool = False
    readout: Literal["maxout", "tanh"] = "tanh"
    """of the state, the context and the last token: maxout as in Bahdanau et al. 2015, appendix A.2.2"""
    pattern: Literal["direct", "recursive"] = "direct"
    dropout: float = 0.3
    tied: bool = True
    """one table of embeddings for source, target and output (Press and Wolf 2017)"""

    def __post_init__(self) -> None:
        if self.hidden % 2:
            raise ValueError(f"hidden is {self.hidden}; an encoder of two directions needs an even number")
        if (self.gated or self.coverage) and not self.attends:
            raise ValueError(f"gated and coverage need attention = 'before' or 'after', found {self.attention!r}")
        if self.picture and not fits(self.picture, self.grid):
            height, width, _ = self.picture
            raise ValueError(
                f"pictures of {height} x {width} and grid = {self.grid}; expected squares of the grid's side times "
                "1, 2, 4, …: bring them there with SOURCE:side=64"
            )
        if self.input_feeding and self.attention != "after":
            raise ValueError(f"input_feeding needs attention = 'after', found {self.attention!r}")
        self.choice.check(width=self.hidden, keys=self.max_tokens)

    @property
    def choice(self) -> Choice:
        return Choice(self.score, tuple(self.scope.split(" & ")), self.normaliser)

    @property
    def attends(self) -> bool:
        return self.attention in ("before", "after")


@dataclass
class Memory:
    """The encoded sources of R rows."""

    annotations: Tensor
    """(R, K, H)"""
    mechanism: Mechanism
    keys: Tensor
    """(R, 1, K, …) as the mechanism's score asks them, computed once"""
    lengths: tuple[int, ...]
    summary: Tensor
    """(R, H): both ends of the source"""

    def select(self, rows: Tensor) -> "Memory":
        lengths = tuple(self.lengths[row] for row in rows.tolist())
        return Memory(self.annotations[rows], self.mechanism, self.keys[rows], lengths, self.summary[rows])


@dataclass
class Writing:
    """Where a decoder stands."""

    memory: Memory
    layers: list[CellState]
    fed: Tensor
    """(R, H) the attentional state of the step before, for input feeding"""
    place: int = 0

    def reorder(self, rows: Tensor) -> None:
        self.layers = [tuple(part[rows] for part in state) for state in self.layers]
        self.fed = self.fed[rows]

    def select(self, rows: Tensor) -> None:
        self.reorder(rows)
        self.memory = self.memory.select(rows)


@dataclass
class Rewriting:
    """What the recursive pattern carries: the sources and all that is written."""

    sources: list[Tensor]
    written: list[Tensor] = field(default_factory=list)
    """(R,) ids of each step"""

    def reorder(self, rows: Tensor) -> None:
        self.written = [ids[rows] for ids in self.written]

    def select(self, rows: Tensor) -> None:
        self.reorder(rows)
        self.sources = [self.sources[row] for row in rows.tolist()]


class RnnTranslator(nn.Module):
    def __init__(self, config: RnnTranslatorConfig, *, vocabulary: int):
        super().__init__()
        self.config = config
        width, hidden = config.width, config.hidden
        self.sources = nn.Embedding(vocabulary, width)
        self.targets = self.sources if config.tied or config.picture else nn.Embedding(vocabulary, width)
        self.places = GridEncoder(config.picture, grid=config.grid, hidden=hidden) if config.picture else None
        self.encoder = nn.ModuleList(
            _encoder_layer(config, width if not layer else hidden, layer)
            for layer in range(0 if config.picture else config.layers)
        )
        given = hidden * (config.attention in ("fixed", "before"))
        lowest = width + given + hidden * config.input_feeding
        self.decoder = nn.ModuleList(
            Step(config.cell, hidden + given if layer else lowest, hidden=hidden) for layer in range(config.layers)
        )
        self.first = nn.ModuleList(nn.Linear(hidden, hidden) for _ in range(config.layers))
        attends = config.attends
        self.mechanism = config.choice.mechanism(width=hidden, keys=config.max_tokens) if attends else Mechanism()
        self.parts = nn.ModuleList(self.mechanism.modules())
        self.tape: Recorder | None = None
        self.gate = nn.Linear(hidden, hidden) if config.gated else None
        read = hidden * (1 + (config.attention != "none"))
        self.combine = nn.Linear(read, hidden, bias=False) if config.input_feeding else None
        maxout = config.readout == "maxout"
        inner = (hidden if config.input_feeding else read) + width * maxout
        self.read = Linear(inner, 2 * width if maxout else width)
        self.output = self.targets if config.tied else nn.Linear(width, vocabulary)
        self.bias = nn.Parameter(torch.zeros(vocabulary))
        for table in {self.sources, self.targets}:
            nn.init.normal_(table.weight, std=width**-0.5)

    @property
    def steps(self) -> list[Step]:
        """The decoder's layers, lowest first."""
        return cast(list[Step], list(self.decoder))

    @property
    def LOOKS(self) -> bool:
        return self.config.attends

    def forward(self, source: TokenBatch, target: TokenBatch) -> Tensor:
        """(M, V) logits behind each target token that is fed in."""
        ids, _ = target.padded()
        state = self._start(self.encode(source))
        embedded = drop(self.targets(ids), self.config.dropout, self.training)
        read = [self._advance(token, state) for token in embedded.unbind(1)]
        return self._logits(unpad(torch.stack(read, 1), target.lengths))

    def learn(self, source: TokenBatch, target: TokenBatch) -> tuple[Tensor, Tensor | None]:
        if not self.config.coverage:
            return self(source, target), None
        with self._looking() as look:
            logits = self(source, target)
        doubly = doubly_stochastic(torch.stack(look.given, 1), source.lengths, target.lengths)
        return logits, self.config.coverage * doubly / len(target.ids)

    def encode(self, source: TokenBatch) -> Memory:
        annotations, summary = self._read(source) if self.places is None else self._see(source)
        mechanism, keys = self.mechanism, annotations[:, None]
        if not mechanism.parts.whole_keys:  # a scope that judges the keys wants them as they are
            score, keys = ready(mechanism.score, keys)
            mechanism = replace(mechanism, score=score)
        return Memory(annotations, mechanism, keys, source.lengths, summary)

    def _see(self, source: TokenBatch) -> tuple[Tensor, Tensor]:
        """Pictures to the (B, K, H) states of their places, and the (B, H) means of these."""
        assert self.places is not None
        states = drop(self.places(source.ids), self.config.dropout, self.training)
        return states, states.mean(1)

    def _read(self, source: TokenBatch) -> tuple[Tensor, Tensor]:
        """Texts to (B, K, H) states, and the (B, H) ends of these."""
        lengths = source.lengths
        x = drop(self.sources(source.ids), self.config.dropout, self.training)
        for layer, recurrent in enumerate(self.encoder):
            read = drop(recurrent(x, lengths), self.config.dropout, self.training)
            x = read + x if layer and self.config.residual else read
        # The end of what is read forward is its last token, of what is read backward its first.
        half = self.config.hidden // 2
        forward, backward = _last(x, lengths)[:, :half], segment_first(x, lengths)[:, half:]
        return pad(x, lengths), torch.cat([forward, backward], 1)

    def begin(self, source: TokenBatch) -> Writing | Rewriting:
        if self.config.pattern == "recursive":
            return Rewriting(list(source.ids.split(list(source.lengths))))
        return self._start(self.encode(source))

    def step(self, ids: Tensor, state: Writing | Rewriting) -> Tensor:
        """(R,) tokens to (R, V) logits behind them."""
        if isinstance(state, Rewriting):
            return self._again(ids, state)
        return self._logits(self._advance(self.targets(ids), state))

    def step_and_look(self, ids: Tensor, state: Writing) -> tuple[Tensor, Tensor]:
        with self._looking() as look:
            logits = self.step(ids, state)
        return logits, look.given[-1]

    @contextmanager
    def _looking(self) -> "Iterator[_Looking]":
        look = _Looking()
        before, self.tape = self.tape, look
        try:
            yield look
        finally:
            self.tape = before

    def alignment(self, source: TokenBatch, target: TokenBatch) -> list[Tensor]:
        """For each pair the (T, K) weights: a row for each token that is fed in."""
        with record(self) as tape:
            self(source, target)
        steps = range(len(tape.layers))
        return [
            torch.cat([tape.map(step, 0, text) for step in steps])[: target.lengths[text]]
            for text in range(len(source.lengths))
        ]

    def _again(self, ids: Tensor, state: Rewriting) -> Tensor:
        """The recursive pattern: everything once more, for the logits behind the last token."""
        state.written.append(ids)
        source = TokenBatch(torch.cat(state.sources), tuple(len(row) for row in state.sources))
        written = torch.stack(state.written, 1)
        target = TokenBatch(written.flatten(), (written.shape[1],) * len(written))
        return self(source, target).unflatten(0, written.shape)[:, -1]

    def _start(self, memory: Memory) -> Writing:
        summary = memory.summary
        states = [step.first(first(summary).tanh()) for step, first in zip(self.steps, self.first, strict=True)]
        return Writing(memory, states, torch.zeros_like(summary))

    def _advance(self, embedded: Tensor, state: Writing) -> Tensor:
        """(R, E) of the tokens fed in to what the readout reads; moves the state on."""
        config = self.config
        given = self._given(state)
        x = torch.cat([embedded, *given, *([state.fed] if config.input_feeding else [])], 1)
        hidden = embedded
        for layer, step in enumerate(self.steps):
            state.layers[layer] = step(x, state.layers[layer])
            out = drop(state.layers[layer][0], config.dropout, self.training)
            hidden = out + hidden if layer and config.residual else out
            x = torch.cat([hidden, *given], 1)
        read = torch.cat([hidden, *(given if config.attention != "after" else [self._attend(hidden, state)])], 1)
        state.place += 1
        if self.combine is not None:
            read = state.fed = self.combine(read).tanh()
        return torch.cat([read, embedded], 1) if config.readout == "maxout" else read

    def _given(self, state: Writing) -> list[Tensor]:
        """What the cells of a step are given beside what is written: nothing, or one (R, H) context."""
        if self.config.attention == "fixed":
            return [state.memory.summary]
        return [self._attend(state.layers[0][0], state)] if self.config.attention == "before" else []

    def _attend(self, query: Tensor, state: Writing) -> Tensor:
        memory = state.memory
        layout = Padded(memory.lengths, (1,) * len(memory.lengths), first_step=state.place)
        values = memory.annotations[:, None]
        mixed = run(memory.mechanism, query[:, None, None], memory.keys, values, layout=layout, tape=self.tape)
        context = mixed[:, 0, 0]
        return context if self.gate is None else self.gate(query).sigmoid() * context

    def _logits(self, read: Tensor) -> Tensor:
        deep = self.read(read)
        deep = deep.unflatten(1, (-1, 2)).amax(2) if self.config.readout == "maxout" else deep.tanh()
        deep = drop(deep, self.config.dropout, self.training)
        return F.linear(deep, self.output.weight, self.bias)


class _Looking:
    """A recorder that keeps the (R, K) weights of each call, for the coverage of what is being written."""

    def __init__(self) -> None:
        self.given: list[Tensor] = []

    def note(
        self, mechanism: Mechanism, query: Tensor, key: Tensor, value: Tensor, layout: Layout | None, output: Tensor
    ) -> None:
        assert isinstance(layout, Padded)
        where = layout.where(query, key, mechanism.score.scale(query.shape[-1]))
        self.given.append(weights(mechanism, where, layout.present(where))[:, 0, 0])

    def note_slots(self, slots: object) -> None:
        raise AssertionError("a translator has no slots")


def doubly_stochastic(given: Tensor, sources: Sequence[int], targets: Sequence[int]) -> Tensor:
    """(B, T, K) weights to the sum over texts of sum_i (1 - sum_t α_ti)^2, where there are places and tokens."""
    written, present = (mask_of(lengths, given.device) for lengths in (targets, sources))
    received = given.masked_fill(~written[..., None], 0.0).sum(1)
    return (1 - received).square().masked_fill(~present, 0.0).sum()


def _encoder_layer(config: RnnTranslatorConfig, width: int, layer: int) -> Recurrent:
    if layer and config.both_ways == "bottom":
        return Recurrent(config.cell, width, hidden=config.hidden, directions=1)
    return Recurrent(config.cell, width, hidden=config.hidden // 2)


def _last(packed: Tensor, lengths: Sequence[int]) -> Tensor:
    """(N, D) to (B, D): each text's last token."""
    ends = torch.tensor(lengths, device=packed.device).cumsum(0) - 1
    return packed[ends]
