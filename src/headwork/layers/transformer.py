"""One Transformer core; the published families are settings of it.

    post-norm   x = norm(x + attention(x));   x = norm(x + ff(x))      Vaswani et al. 2017, sections 3.1 to 3.3; BERT
    pre-norm    x = x + attention(norm(x));   x = x + ff(norm(x))      Radford et al. 2019, section 2.3; GPT-2

What a pre-norm sublayer found joins what went in as the residual says: `sum` as above; `relu`, x + relu(found); `gru`,
gate(x, relu(found))      Parisotto et al. 2020, "Stabilizing Transformers for reinforcement learning"

Axes: B texts, N packed tokens of all texts, H heads, L tokens of one text, D width.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Literal, cast

import msgspec
import torch
from torch import Tensor, nn
from torch.nn import functional

from headwork.attention.attend import run
from headwork.attention.choice import Choice
from headwork.attention.layout import Packed
from headwork.attention.mechanism import Mechanism, leaves
from headwork.attention.memory.cache import Cache
from headwork.attention.memory.recurrence import Recurrence
from headwork.attention.parts import Part
from headwork.attention.positions import Segments, sinusoids
from headwork.attention.record import Recorder, record
from headwork.attention.scopes import Causal, Routed
from headwork.base.errors import HeadworkError
from headwork.layers.gates import GruGate
from headwork.layers.patches import PatchEmbeddings, Patches, PictureBatch
from headwork.ops.dropout import drop
from headwork.ops.linear import Linear
from headwork.ops.packed import TokenBatch, pad, places_of

Activation = Literal["relu", "gelu", "gelu_tanh", "quick_gelu"]
Batch = TokenBatch | PictureBatch
Beside = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]
"""what attention gave (B, H, T, e), and the (B, H, T, d) queries, (B, H, M + T, d) keys and values that it had, to what
goes on in its place"""


class CoreConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of a core; the defaults are BERT's, where BERT has one."""

    vocabulary: int
    patches: Patches | None = None
    """reads pictures in the place of texts, and has no vocabulary"""
    dim: int = 384
    layers: int = 6
    heads: int = 12
    ff: int = 1536
    """width between the two linear layers of a block's feed-forward network"""
    positions: int = 512
    """rows of the table of learned positions"""
    position_offset: int = 0
    """row of the first token's position (RoBERTa: 2)"""
    types: int = 2
    """kinds of segments; 0: no segment embedding"""
    embedding_dim: int | None = None
    """width of the embedding tables when smaller than `dim` (ALBERT)"""
    embedding_norm: bool = True
    norm: Literal["post", "pre"] = "post"
    """pre-norm closes with one more norm behind the last block"""
    residual: Literal["sum", "relu", "gru"] = "sum"
    gate_bias: float = 2.0
    """of the gates at the start: the larger, the nearer a block is to the identity"""
    eps: float = 1e-12
    activation: Activation = "gelu"
    causal: bool = False
    attention: Choice = Choice(score="scaled_dot")
    """the mechanism of each layer, in words of the tables of headwork.attention"""
    across: Choice = Choice(score="scaled_dot")
    """that of a decoder over its source"""
    absolute: Literal["learned", "sinusoid", "none"] = "learned"
    """positions that are added to the token embeddings"""
    embedding_scale: float = 1.0
    """by which token embeddings are multiplied (Vaswani et al. 2017, section 3.4: the root of the width)"""
    shared: bool = False
    """one block's weights for all layers (ALBERT)"""
    attention_bias: bool = True
    """do queries, keys, values and what attention gives have biases"""
    relative_types: bool = False
    """attention is told whether two tokens are of one segment, beside any embeddings of segments (XLNet)"""
    two_streams: bool = False
    """there is a vector for tokens that are asked for (layers.two_streams)"""
    shared_keys: bool = False
    """keys are the queries at length 1 (Kitaev et al. 2020, "Reformer", section 2)"""
    ff_chunks: int = 1
    """pieces of a text that the feed-forward network takes one after the other"""
    dropout: float = 0.1
    """of embeddings and of what each sublayer adds"""
    attention_dropout: float = 0.0
    """of attention probabilities; above 0 the fused kernel cannot be used"""

    def __post_init__(self) -> None:
        if self.heads < 1 or self.dim % self.heads:
            raise ValueError(f"dim is {self.dim} and heads is {self.heads}; heads must divide dim")
        if self.residual != "sum" and self.norm != "pre":
            raise ValueError(f"residual is {self.residual!r} and norm {self.norm!r}; it needs norm = 'pre'")
        if self.patches is not None and self.positions != self.patches.tokens:
            raise ValueError(f"positions is {self.positions:,}, where a picture has {self.patches.tokens:,} tokens")
        if self.two_streams and (self.norm != "post" or self.causal):
            raise ValueError(f"two streams with norm {self.norm!r}, causal {self.causal}; expected 'post' and False")

    @property
    def behind(self) -> Literal["none", "relu"]:
        """The activation behind a sublayer."""
        return "none" if self.residual == "sum" else "relu"


class Embeddings(nn.Module):
    """Token, position and segment embeddings, added (Devlin et al. 2019, figure 2)."""

    def __init__(self, config: CoreConfig) -> None:
        super().__init__()
        width = config.embedding_dim or config.dim
        self.offset, self.dropout, self.scale = config.position_offset, config.dropout, config.embedding_scale
        self.room = config.positions - config.position_offset
        self.tokens = nn.Embedding(config.vocabulary, width)
        self.positions = _positions(config, width)
        self.types = nn.Embedding(config.types, width) if config.types else None
        self.norm = nn.LayerNorm(width, eps=config.eps) if config.embedding_norm else nn.Identity()
        self.widen = Linear(width, config.dim) if config.embedding_dim else nn.Identity()

    def forward(self, batch: TokenBatch, types: Tensor | None) -> Tensor:
        """(N, D); `types` is (N,) or None for segment 0 everywhere."""
        longest, room = max(batch.lengths, default=0), self.room
        if self.positions is not None and longest > room:
            raise HeadworkError(f"a text of {longest} tokens, but the model has {room} positions; lower max_tokens")
        return self._embed(batch.ids, places_of(batch.lengths, batch.ids.device), types)

    def at(self, ids: Tensor, place: int) -> Tensor:
        """(R, D) of one token a row, all at one place of their texts."""
        return self.segment(ids[:, None], place).squeeze(1)

    def segment(self, ids: Tensor, first: int) -> Tensor:
        """(B, T) tokens, of which the first of each row stands at place `first`, to (B, T, D)."""
        end = first + ids.shape[1]
        if self.positions is not None and end > self.room:
            raise HeadworkError(f"a text of {end} tokens, but the model has {self.room} positions")
        return self._embed(ids, torch.arange(first, end, device=ids.device), None)

    def _embed(self, ids: Tensor, places: Tensor, types: Tensor | None) -> Tensor:
        x = self.tokens(ids) if self.scale == 1.0 else self.tokens(ids) * self.scale
        if self.positions is not None:
            x = x + self.positions(places + self.offset)
        if self.types is not None:
            x = x + (self.types.weight[0] if types is None else self.types(types))
        return self.widen(drop(self.norm(x), self.dropout, self.training))


def _positions(config: CoreConfig, width: int) -> nn.Embedding | None:
    """A table of rows for places: learned, or fixed sinusoids (Vaswani et al. 2017, section 3.5)."""
    if config.absolute == "none":
        return None
    if config.absolute == "learned":
        return nn.Embedding(config.positions, width)
    fixed = sinusoids(torch.arange(config.positions), width).float()
    return nn.Embedding.from_pretrained(fixed, freeze=True)


def _embeddings(config: CoreConfig) -> Any:
    """Those of tokens, or of the patches of pictures in their place."""
    if config.patches is None:
        return Embeddings(config)
    norm = nn.LayerNorm(config.dim, eps=config.eps) if config.embedding_norm else nn.Identity()
    return PatchEmbeddings(config.patches, config.dim, norm, config.dropout)


class SelfAttention(nn.Module):
    """Multi-head self-attention, one product for queries, keys and values (Vaswani et al. 2017, section 3.2.2)."""

    def __init__(self, config: CoreConfig) -> None:
        super().__init__()
        self.config = config
        self.qkv = Linear(config.dim, 3 * config.dim, bias=config.attention_bias)
        self.out = Linear(config.dim, config.dim, bias=config.attention_bias)
        chosen = config.attention.mechanism(width=config.dim // config.heads, keys=config.positions, heads=config.heads)
        self.mechanism = replace(chosen, scope=chosen.scope & Causal()) if config.causal else chosen
        self.parts = nn.ModuleList(self.mechanism.modules())
        self.segments = Segments(config.heads, config.dim // config.heads) if config.relative_types else None
        self.tape: Recorder | None = None

    def told(self, types: Tensor | None) -> Mechanism:
        """The mechanism for keys of these (B, K) segments."""
        mechanism = self.mechanism
        if self.segments is not None and types is not None:
            mechanism = replace(mechanism, position=(*mechanism.position, self.segments.of(types)))
        if self.training and self.config.attention_dropout:
            mechanism = replace(mechanism, dropout=self.config.attention_dropout)
        return mechanism

    def forward(
        self, x: Tensor, lengths: Sequence[int], *, residual: Tensor | None = None, types: Tensor | None = None
    ) -> Tensor:
        """(N, D) to (N, D), `residual` added; `types` are the (B, L) segments, where attention is told of them."""
        c = self.config
        query, key, value = self.qkv(x).unflatten(1, (3, c.heads, -1)).unbind(1)
        mixed = run(self.told(types), query, key, value, layout=Packed(tuple(lengths)), tape=self.tape)
        return self.out(mixed.flatten(1), activation=c.behind, residual=residual, dropout=c.dropout)

    def segment(
        self,
        x: Tensor,
        queries: int,
        *,
        residual: Tensor | None = None,
        types: Tensor | None = None,
        apart: Part | None = None,
        beside: Beside | None = None,
    ) -> Tensor:
        """(B, M + T, D), the last T = `queries` of which look at all that is before them, to (B, T, D).

        `types` are the (B, M + T) segments, where attention is told of them; `apart` is a scope that keeps documents
        apart, where there is more than one; `beside` looks elsewhere too.
        """
        c, mechanism = self.config, self.told(types)
        query, key, value = self.qkv(x).unflatten(2, (3, c.heads, -1)).permute(2, 0, 3, 1, 4).unbind(0)
        if c.shared_keys:
            key = functional.normalize(query, dim=-1)
        if apart is not None:
            mechanism = replace(mechanism, scope=mechanism.scope & apart)
        mixed = run(mechanism, query[:, :, -queries:], key, value, tape=self.tape)
        if beside is not None:
            mixed = beside(mixed, query[:, :, -queries:], key, value)
        if self.training:
            for part in leaves(mechanism.scope):
                if isinstance(part, Routed):
                    part.update(torch.cat([query, key], 2))
        return self.out(mixed.transpose(1, 2).flatten(2), activation=c.behind, residual=residual, dropout=c.dropout)

    def step(self, x: Tensor, cache: Cache, *, residual: Tensor) -> Tensor:
        """(R, D) of one new token a row, which looks at those in the cache and at itself, to (R, D)."""
        return self.further(x[:, None], cache, residual=residual[:, None]).squeeze(1)

    def further(self, x: Tensor, cache: Cache, *, residual: Tensor | None = None) -> Tensor:
        """(R, T, D) of new tokens, which look at those in the cache and at each other, to (R, T, D)."""
        c = self.config
        query, key, value = self.qkv(x).unflatten(2, (3, c.heads, -1)).permute(2, 0, 3, 1, 4).unbind(0)
        keys, values = cache.extend(key, value)
        mixed = run(self.mechanism, query, keys, values, tape=self.tape)
        return self.out(mixed.transpose(1, 2).flatten(2), activation=c.behind, residual=residual)


class Block(nn.Module):
    """Self-attention and a feed-forward network, each with its residual and its norm."""

    def __init__(self, config: CoreConfig) -> None:
        super().__init__()
        self.config = config
        self.attention = SelfAttention(config)
        self.attention_norm = nn.LayerNorm(config.dim, eps=config.eps)
        self.widen = Linear(config.dim, config.ff)
        self.narrow = Linear(config.ff, config.dim)
        self.ff_norm = nn.LayerNorm(config.dim, eps=config.eps)
        gated = config.residual == "gru"
        self.attention_gate = GruGate(config.dim, bias=config.gate_bias) if gated else None
        self.ff_gate = GruGate(config.dim, bias=config.gate_bias) if gated else None

    def forward(self, x: Tensor, lengths: Sequence[int], *, types: Tensor | None = None) -> Tensor:
        """(N, D) to (N, D); `types` are the (B, L) segments, where attention is told of them."""
        if self.config.norm == "pre":
            x = join(x, partial(self.attention, self.attention_norm(x), lengths, types=types), self.attention_gate)
            return join(x, partial(self.feed_forward, self.ff_norm(x)), self.ff_gate)
        x = self.attention_norm(self.attention(x, lengths, residual=x, types=types))
        return self.ff_norm(self.feed_forward(x, residual=x))

    def segment(
        self,
        x: Tensor,
        recalled: Tensor,
        *,
        types: Tensor | None = None,
        apart: Part | None = None,
        beside: Beside | None = None,
    ) -> Tensor:
        """(B, T, D) states to (B, T, D); `recalled` are (B, M + T, D): those of before, then these themselves."""
        pre = self.config.norm == "pre"
        seen = self.attention_norm(recalled) if pre else recalled
        attend = partial(self.attention.segment, seen, x.shape[1], types=types, apart=apart, beside=beside)
        if pre:
            x = join(x, attend, self.attention_gate)
            return join(x, partial(self.feed_forward, self.ff_norm(x)), self.ff_gate)
        x = self.attention_norm(attend(residual=x))
        return self.ff_norm(self.feed_forward(x, residual=x))

    def further(self, x: Tensor, cache: Cache) -> Tensor:
        """(R, T, D) of new tokens to (R, T, D)."""
        if self.config.norm == "pre":
            x = join(x, partial(self.attention.further, self.attention_norm(x), cache), self.attention_gate)
            return join(x, partial(self.feed_forward, self.ff_norm(x)), self.ff_gate)
        x = self.attention_norm(self.attention.further(x, cache, residual=x))
        return self.ff_norm(self.feed_forward(x, residual=x))

    def feed_forward(self, x: Tensor, *, residual: Tensor | None = None) -> Tensor:
        chunks = self.config.ff_chunks
        if chunks > 1 and x.dim() == 3:
            rests = [None] * chunks if residual is None else residual.chunk(chunks, 1)
            pieces = zip(x.chunk(chunks, 1), rests, strict=False)
            return torch.cat([self._feed_forward(piece, residual=rest) for piece, rest in pieces], 1)
        return self._feed_forward(x, residual=residual)

    def _feed_forward(self, x: Tensor, *, residual: Tensor | None) -> Tensor:
        wide = self.widen(x, activation=self.config.activation)
        return self.narrow(wide, activation=self.config.behind, residual=residual, dropout=self.config.dropout)


def join(x: Tensor, sublayer: Callable[..., Tensor], gate: GruGate | None) -> Tensor:
    """What went in and what the sublayer finds."""
    return sublayer(residual=x) if gate is None else gate(x, sublayer())


class Core(nn.Module):
    """Embeddings and a stack of blocks over packed tokens, or over the patches of pictures."""

    def __init__(self, config: CoreConfig) -> None:
        super().__init__()
        self.config = config
        self.embeddings: Embeddings = _embeddings(config)
        self.blocks = nn.ModuleList(Block(config) for _ in range(1 if config.shared else config.layers))
        self.norm = nn.LayerNorm(config.dim, eps=config.eps) if config.norm == "pre" else nn.Identity()
        self.asked = nn.Parameter(torch.zeros(config.dim)) if config.two_streams else None
        """stands for a token that is asked for"""
        self.apply(initialise)

    @property
    def layers(self) -> list[Block]:
        """The blocks in the order in which they are run, a shared one as often as it is."""
        blocks = cast(list[Block], list(self.blocks))
        return blocks * self.config.layers if self.config.shared else blocks

    def forward(self, batch: Batch, *, types: Tensor | None = None) -> Tensor:
        """(N, D) hidden states of the last layer; `types` are the (N,) segments of the tokens, 0 when left out."""
        x, told = self.embeddings(batch, types), self.told(batch, types)
        for block in self.layers:
            x = block(x, batch.lengths, types=told)
        return self.norm(x)

    def told(self, batch: Batch, types: Tensor | None) -> Tensor | None:
        """The (B, L) segments, where attention is to know them."""
        return pad(types, batch.lengths) if types is not None and self.config.relative_types else None

    def segment(
        self,
        ids: Tensor,
        memory: Sequence[Tensor] | None,
        recurrence: Recurrence,
        *,
        types: Tensor | None = None,
    ) -> tuple[Tensor, list[Tensor]]:
        """(B, T) tokens behind those that `memory` is of, to (B, T, D) states and what to remember of each layer.

        Where attention is told of segments, all that is remembered is of segment 0.
        """
        x, kept = self.embeddings.segment(ids, 0), []
        if types is not None and memory is not None:
            types = functional.pad(types, (memory[0].shape[1], 0))
        for number, block in enumerate(self.layers):
            before = None if memory is None else memory[number]
            kept.append(recurrence.remember(before, x))
            x = block.segment(x, recurrence.recall(before, x), types=types)
        return self.norm(x), kept

    def further(self, ids: Tensor, caches: Sequence[Cache]) -> Tensor:
        """(R, T) tokens behind those in the caches, one of each layer, to (R, T, D); the core is causal."""
        x = self.embeddings.segment(ids, caches[0].length)
        for block, cache in zip(self.layers, caches, strict=True):
            x = block.further(x, cache)
        return self.norm(x)

    def hidden_states(self, batch: Batch, *, types: Tensor | None = None) -> Iterator[Tensor]:
        """The (N, D) embeddings, then the states behind each block."""
        x, told = self.embeddings(batch, types), self.told(batch, types)
        yield x
        for block in self.layers:
            x = block(x, batch.lengths, types=told)
            yield x

    def maps(self, batch: Batch, *, layer: int = -1, types: Tensor | None = None) -> list[Tensor]:
        """The (H, L, L) attention probabilities that one layer gives each text that has tokens."""
        with record(self) as tape:
            self(batch, types=types)
        return [tape.map(layer, text=text) for text, length in enumerate(batch.lengths) if length]


@torch.no_grad()
def initialise(module: nn.Module) -> None:
    """Normal weights of width 0.02 and no biases (Devlin et al. 2019, published code)."""
    if isinstance(module, nn.Embedding) and module.weight.requires_grad:
        module.weight.mul_(0.02)  # they come with width 1, and drawing a large table again takes long
    if isinstance(module, nn.Linear):
        nn.init.normal_(module.weight, std=0.02)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
