"""The decoder of a Transformer: blocks that look at what they have written and at a source.

    x = x + self-attention(x);   x = x + attention(x, source);   x = x + ff(x)     Vaswani et al. 2017, section 3.1

each with its norm, before or after as in `headwork.layers.transformer`. `Decoder.forward` reads whole texts;
`Decoder.step` writes one token for each row, with keys and values of what is written kept in caches.

Axes: B texts, R rows (texts times beams), S sources, M packed target tokens, N packed source tokens, K tokens of the
longest source, H heads, D width of the model, d width of a head.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, cast

from torch import Tensor, nn
from torch.nn import functional as F

from headwork.attention.attend import run
from headwork.attention.layout import Packed, Padded
from headwork.attention.mechanism import Mechanism, weights
from headwork.attention.memory.cache import Cache
from headwork.attention.record import Recorder, record
from headwork.layers.transformer import Block, CoreConfig, Embeddings
from headwork.ops.linear import Linear
from headwork.ops.packed import TokenBatch, pad


class Source(NamedTuple):
    """What a decoder looks at: (N, D) states of B texts."""

    states: Tensor
    lengths: tuple[int, ...]


class Pairs(NamedTuple):
    """(S, H, K, d) keys and values of S sources, padded; neighbouring rows may share one."""

    keys: Tensor
    values: Tensor


class CrossAttention(nn.Module):
    """Multi-head attention of a target over its source (Vaswani et al. 2017, section 3.2.3)."""

    def __init__(self, config: CoreConfig, mechanism: Mechanism) -> None:
        super().__init__()
        self.config, self.mechanism = config, mechanism
        self.query = Linear(config.dim, config.dim)
        self.pairs = Linear(config.dim, 2 * config.dim)
        self.out = Linear(config.dim, config.dim)
        self.parts = nn.ModuleList(mechanism.modules())
        self.tape: Recorder | None = None

    def forward(self, x: Tensor, lengths: Sequence[int], source: Source, *, residual: Tensor) -> Tensor:
        """(M, D) to (M, D), `residual` added."""
        heads = self.config.heads
        query = self.query(x).unflatten(1, (heads, -1))
        key, value = self.pairs(source.states).unflatten(1, (2, heads, -1)).unbind(1)
        layout = Packed(source.lengths, tuple(lengths))
        mixed = run(self.mechanism, query, key, value, layout=layout, tape=self.tape)
        return self.out(mixed.flatten(1), residual=residual, dropout=self.config.dropout)

    def remember(self, source: Source) -> Pairs:
        """Keys and values for `step`: they are the same at every step."""
        both = self.pairs(source.states).unflatten(1, (2, self.config.heads, -1))
        keys, values = pad(both, source.lengths).permute(2, 0, 3, 1, 4)
        return Pairs(keys, values)

    def step(self, x: Tensor, pairs: Pairs, layout: Padded, *, residual: Tensor) -> Tensor:
        """(R, D) to (R, D); rows that share a source ask it together."""
        query = self._asked(x, pairs)
        mixed = run(self.mechanism, query, pairs.keys, pairs.values, layout=layout, tape=self.tape)
        return self.out(mixed.transpose(1, 2).flatten(2).flatten(0, 1), residual=residual)

    def weights(self, x: Tensor, pairs: Pairs, layout: Padded) -> Tensor:
        """(R, H, K): where `step` looks."""
        query = self._asked(x, pairs)
        where = layout.where(query, pairs.keys, self.mechanism.score.scale(query.shape[-1]))
        return weights(self.mechanism, where, layout.present(where)).transpose(1, 2).flatten(0, 1)

    def _asked(self, x: Tensor, pairs: Pairs) -> Tensor:
        """(R, D) to (S, H, R / S, d)."""
        rows = len(x) // max(1, len(pairs.keys))
        return self.query(x).unflatten(1, (self.config.heads, -1)).unflatten(0, (-1, rows)).transpose(1, 2)


class DecoderBlock(nn.Module):
    """A block of the core with attention to a source between its two sublayers."""

    def __init__(self, config: CoreConfig) -> None:
        super().__init__()
        self.config = config
        self.block = Block(config)
        width = config.dim // config.heads
        across = config.across.mechanism(width=width, keys=config.positions, heads=config.heads)
        self.cross = CrossAttention(config, across)
        self.cross_norm = nn.LayerNorm(config.dim, eps=config.eps)

    def forward(self, x: Tensor, lengths: Sequence[int], source: Source) -> Tensor:
        """(M, D) to (M, D)."""
        block, pre = self.block, self.config.norm == "pre"
        if pre:
            x = block.attention(block.attention_norm(x), lengths, residual=x)
            x = self.cross(self.cross_norm(x), lengths, source, residual=x)
            return block.feed_forward(block.ff_norm(x), residual=x)
        x = block.attention_norm(block.attention(x, lengths, residual=x))
        x = self.cross_norm(self.cross(x, lengths, source, residual=x))
        return block.ff_norm(block.feed_forward(x, residual=x))

    def step(self, x: Tensor, cache: Cache, pairs: Pairs, layout: Padded) -> tuple[Tensor, Tensor]:
        """(R, D) to (R, D), and what the attention to the source was asked with."""
        block, pre = self.block, self.config.norm == "pre"
        if pre:
            x = block.attention.step(block.attention_norm(x), cache, residual=x)
            asked = self.cross_norm(x)
            x = self.cross.step(asked, pairs, layout, residual=x)
            return block.feed_forward(block.ff_norm(x), residual=x), asked
        asked = block.attention_norm(block.attention.step(x, cache, residual=x))
        x = self.cross_norm(self.cross.step(asked, pairs, layout, residual=asked))
        return block.ff_norm(block.feed_forward(x, residual=x)), asked


@dataclass
class Writing:
    """Where the rows of a decoder stand: the caches of each block, and the source's keys and values."""

    caches: list[Cache]
    pairs: list[Pairs]
    lengths: tuple[int, ...]
    """of the S sources"""
    rows: int = 1
    """neighbours that share a source"""
    place: int = 0
    """tokens written so far"""

    def reorder(self, rows: Tensor) -> None:
        """Row r goes on from what row `rows[r]` has written about the same source."""
        for cache in self.caches:
            cache.reorder(rows)

    def select(self, rows: Tensor) -> None:
        """Row r becomes row `rows[r]`, its source too."""
        self.reorder(rows)
        sources, self.rows = shared(rows // self.rows)
        self.pairs = [Pairs(pair.keys[sources], pair.values[sources]) for pair in self.pairs]
        self.lengths = tuple(self.lengths[source] for source in sources.tolist())


def shared(sources: Tensor) -> tuple[Tensor, int]:
    """Each row's source as sources and how many neighbours share each: 3 3 1 1 is (3 1, 2), 3 1 1 is (3 1 1, 1)."""
    found, counts = sources.unique_consecutive(return_counts=True)
    alike = len(counts) and bool((counts == counts[0]).all())
    return (found, int(counts[0])) if alike else (sources, 1)


class Decoder(nn.Module):
    """Embeddings and a stack of decoder blocks."""

    def __init__(self, config: CoreConfig) -> None:
        super().__init__()
        self.config = config
        self.embeddings = Embeddings(config)
        self.blocks = nn.ModuleList(DecoderBlock(config) for _ in range(config.layers))
        self.norm = nn.LayerNorm(config.dim, eps=config.eps) if config.norm == "pre" else nn.Identity()

    @property
    def layers(self) -> list[DecoderBlock]:
        return cast(list[DecoderBlock], list(self.blocks))

    def forward(self, target: TokenBatch, source: Source) -> Tensor:
        """(M, D): the state behind each target token, which knows that token and those before."""
        x = self.embeddings(target, None)
        for block in self.layers:
            x = block(x, target.lengths, source)
        return self.norm(x)

    def begin(self, source: Source) -> Writing:
        """One row a text, nothing written."""
        pairs = [block.cross.remember(source) for block in self.layers]
        return Writing([Cache() for _ in pairs], pairs, source.lengths)

    def step(self, ids: Tensor, writing: Writing) -> Tensor:
        """(R,) tokens to the (R, D) states behind them."""
        x, layout = self._first(ids, writing)
        for block, cache, pairs in zip(self.layers, writing.caches, writing.pairs, strict=True):
            x, _ = block.step(x, cache, pairs, layout)
        writing.place += 1
        return self.norm(x)

    def step_and_look(self, ids: Tensor, writing: Writing) -> tuple[Tensor, Tensor]:
        """`step`, and the (R, K) weights of the source in the last block, a mean over heads."""
        x, layout = self._first(ids, writing)
        looked = x
        for block, cache, pairs in zip(self.layers, writing.caches, writing.pairs, strict=True):
            x, looked = block.step(x, cache, pairs, layout)
        given = self.layers[-1].cross.weights(looked, writing.pairs[-1], layout).mean(1)
        writing.place += 1
        return self.norm(x), given

    def _first(self, ids: Tensor, writing: Writing) -> tuple[Tensor, Padded]:
        layout = Padded(writing.lengths, (writing.rows,) * len(writing.lengths))
        return self.embeddings.at(ids, writing.place), layout


class Writer(nn.Module, ABC):
    """An encoder and a decoder that writes of what it gives; the decoder's table of tokens gives the logits, too.

    logits = E s_t + b,   s = decoder(y_<t, encoder(x))
    """

    LOOKS = True
    decoder: Decoder
    bias: nn.Parameter
    """(V,)"""

    @abstractmethod
    def _encode(self, source: TokenBatch) -> Source:
        """What the decoder looks at."""

    def forward(self, source: TokenBatch, target: TokenBatch) -> Tensor:
        """(M, V) logits behind each token that is fed in."""
        return self._logits(self.decoder(target, self._encode(source)))

    def learn(self, source: TokenBatch, target: TokenBatch) -> tuple[Tensor, None]:
        return self(source, target), None

    def begin(self, source: TokenBatch) -> Writing:
        return self.decoder.begin(self._encode(source))

    def step(self, ids: Tensor, state: Writing) -> Tensor:
        """(R,) tokens to (R, V) logits behind them."""
        return self._logits(self.decoder.step(ids, state))

    def step_and_look(self, ids: Tensor, state: Writing) -> tuple[Tensor, Tensor]:
        hidden, given = self.decoder.step_and_look(ids, state)
        return self._logits(hidden), given

    def alignment(self, source: TokenBatch, target: TokenBatch) -> list[Tensor]:
        """For each pair the weights in the decoder's last block, a mean over heads."""
        name = f"decoder.blocks.{len(self.decoder.layers) - 1}.cross"
        with record(self, layers=[name]) as tape:
            self(source, target)
        return [tape.map(name, text=text).mean(0) for text in range(len(source.lengths))]

    def _logits(self, hidden: Tensor) -> Tensor:
        return F.linear(hidden, self.decoder.embeddings.tokens.weight, self.bias)
