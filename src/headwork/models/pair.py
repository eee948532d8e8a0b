"""Two texts that look at each other: encoded, aligned both ways, compared token by token, summed up.

    a = encoder(first), b = encoder(second)                      the same encoder for both
    e_ij = score(F(a_i), F(b_j)), beta_i and alpha_j of it       `headwork.attention.two_way`
    v_i = G(a_i, beta_i), w_j = G(b_j, alpha_j)
    y = H(pool(v), pool(w))

Each step is an axis:

    encoder    none, words alone; intra, words and what the other words of their text answer to them (Parikh et al.
               2016, section 3.4, with the distance bias of T5); lstm, read both ways; transformer; the last two with
               the words beside them where there is a shortcut (Nie and Bansal 2017)
    project    F is a feed-forward network (Parikh, equation 1), or nothing (Chen et al. 2017, equation 11)
    compare    G sees [a; beta] (Parikh, equation 3), or [a; beta; a - beta; a * beta] too (Chen, equations 14 and 15)
    compose    none, each token stands for itself; lstm, read both ways once more (Chen, section 3.3)
    pool       sum (Parikh, equation 4), or mean and maximum (Chen, equation 18)
    aggregate  H sees [v; w], or what does not change when the texts change places: [v + w; |v - w|; v * w]

`decomposable` and `two-way-lstm` are recipes on these axes. The published models start from vectors in which like words
are alike already; here all is learnt from the pairs, and scores begin as a sharp cosine, so that a word finds itself.

Axes: B pairs, N tokens of all texts of a batch, E width of an encoded token, D width of a comparison, O outputs:
classes, or one for a score.
"""

from typing import Any, ClassVar, Literal

import msgspec
import torch
from torch import Tensor, nn

from headwork.attention.attend import run
from headwork.attention.choice import Choice
from headwork.attention.layout import Packed
from headwork.attention.record import Recorder, record
from headwork.attention.two_way import Both, Text, TwoWayAttention
from headwork.layers.embeddings import WordEmbedding
from headwork.layers.pooling import segment_max
from headwork.layers.recurrent import Recurrent
from headwork.layers.transformer import Core, CoreConfig
from headwork.ops.dropout import drop
from headwork.ops.linear import Linear
from headwork.ops.packed import PairBatch, TokenBatch, rows_of, segment_mean


class PairConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    SIZES: ClassVar[dict[str, dict[str, Any]]] = {
        "tiny": {"width": 32, "hidden": 32},
        "small": {},
        "base": {"width": 200, "hidden": 200},
    }

    tokens: Literal["words", "wordpiece"] = "words"
    max_tokens: int = 128
    """of each text"""
    width: int = 100
    """of embeddings, and of a Transformer"""
    hidden: int = 64
    """of a comparison, and of an LSTM in each direction"""
    encoder: Literal["none", "intra", "lstm", "transformer"] = "none"
    layers: int = 2
    heads: int = 4
    """both of a Transformer"""
    shortcut: bool = False
    """do the words themselves stand beside what the LSTM or the Transformer made of them"""
    project: Literal["feed-forward", "none"] = "none"
    score: str = "cosine:8"
    normaliser: str = "softmax"
    compare: Literal["concat", "difference"] = "difference"
    compose: Literal["none", "lstm"] = "none"
    pool: Literal["sum", "mean-max"] = "sum"
    aggregate: Literal["concat", "symmetric"] = "concat"
    dropout: float = 0.3

    def __post_init__(self) -> None:
        if self.encoder == "transformer" and self.width % self.heads:
            raise ValueError(f"width is {self.width} and heads is {self.heads}; heads must divide width")
        self.choice.check(width=self.hidden, keys=self.max_tokens)

    @property
    def choice(self) -> Choice:
        return Choice(self.score, normaliser=self.normaliser)


class Words(nn.Module):
    """(N, E) embeddings."""

    def __init__(self, config: PairConfig, vocabulary: int):
        super().__init__()
        self.embedding = WordEmbedding(vocabulary, config.width, dropout=config.dropout)
        self.width = config.width

    def forward(self, batch: TokenBatch) -> Tensor:
        return self.embedding(batch.ids)


class Intra(nn.Module):
    """[a_i; sum_j softmax_j(F(a_i) · F(a_j) + d(i - j)) a_j] (Parikh et al. 2016, equation 7)."""

    def __init__(self, config: PairConfig, vocabulary: int):
        super().__init__()
        self.words = Words(config, vocabulary)
        self.project = FeedForward(config.width, config.hidden, config.dropout)
        choice = Choice("dot", position=("t5",))
        self.mechanism = choice.mechanism(width=config.hidden, keys=config.max_tokens)
        self.parts = nn.ModuleList(self.mechanism.modules())
        self.width = 2 * config.width
        self.tape: Recorder | None = None

    def forward(self, batch: TokenBatch) -> Tensor:
        words = self.words(batch)
        asked = self.project(words)[:, None]
        layout = Packed(batch.lengths)
        mixed = run(self.mechanism, asked, asked, words[:, None], layout=layout, tape=self.tape)
        return torch.cat([words, mixed.flatten(1)], dim=1)


class ReadBothWays(nn.Module):
    """(N, E): both directions of an LSTM over the words."""

    def __init__(self, config: PairConfig, vocabulary: int):
        super().__init__()
        self.words = Words(config, vocabulary)
        self.recurrent = Recurrent("lstm", config.width, hidden=config.hidden)
        self.shortcut = config.shortcut
        self.width = 2 * config.hidden + self.shortcut * config.width

    def forward(self, batch: TokenBatch) -> Tensor:
        words = self.words(batch)
        states = self.recurrent(words, batch.lengths)
        return torch.cat([words, states], dim=1) if self.shortcut else states


class SelfAttending(nn.Module):
    """(N, E): a Transformer's last layer."""

    def __init__(self, config: PairConfig, vocabulary: int):
        super().__init__()
        self.shortcut = config.shortcut
        self.width = (1 + self.shortcut) * config.width
        core = CoreConfig(
            vocabulary=vocabulary,
            dim=config.width,
            layers=config.layers,
            heads=config.heads,
            ff=4 * config.width,
            positions=config.max_tokens,
            types=0,
            dropout=config.dropout,
        )
        self.core = Core(core)

    def forward(self, batch: TokenBatch) -> Tensor:
        states = self.core(batch)
        return torch.cat([self.core.embeddings.tokens(batch.ids), states], dim=1) if self.shortcut else states


ENCODERS = {"none": Words, "intra": Intra, "lstm": ReadBothWays, "transformer": SelfAttending}


class FeedForward(nn.Module):
    """Two layers with relu and dropout."""

    def __init__(self, width: int, hidden: int, dropout: float):
        super().__init__()
        self.layers = nn.ModuleList([Linear(width, hidden), Linear(hidden, hidden)])
        self.dropout = dropout

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            x = layer(drop(x, self.dropout, self.training), activation="relu")
        return x


class PairNetwork(nn.Module):
    """Two texts to O outputs, with a map in each direction."""

    def __init__(self, config: PairConfig, *, vocabulary: int, outputs: int):
        super().__init__()
        self.config = config
        hidden, dropout = config.hidden, config.dropout
        self.encoder = ENCODERS[config.encoder](config, vocabulary)
        width = self.encoder.width
        projects = config.project == "feed-forward"
        self.project = FeedForward(width, hidden, dropout) if projects else nn.Identity()
        chosen = config.choice.mechanism(width=hidden if projects else width, keys=config.max_tokens)
        self.align = TwoWayAttention(chosen.score, chosen.normaliser)
        seen = (2 if config.compare == "concat" else 4) * width
        composes = config.compose == "lstm"
        self.compare = Linear(seen, hidden) if composes else FeedForward(seen, hidden, dropout)
        self.compose = Recurrent("lstm", hidden, hidden=hidden) if composes else None
        pooled = (2 if composes else 1) * (1 if config.pool == "sum" else 2) * hidden
        self.aggregate = FeedForward((2 if config.aggregate == "concat" else 3) * pooled, hidden, dropout)
        self.head = Linear(hidden, outputs)

    def forward(self, batch: PairBatch) -> Tensor:
        """(B, O)."""
        joined = batch.joined()
        encoded = self.encoder(joined)
        aligned = self._aligned(encoded, batch)
        compared = self._compared(encoded, torch.cat(aligned))
        if self.compose is not None:
            compared = self.compose(drop(compared, self.config.dropout, self.training), joined.lengths)
        first, second = self._pooled(compared, joined.lengths).chunk(2)
        if self.config.aggregate == "concat":
            both = [first, second]
        else:
            both = [first + second, (first - second).abs(), first * second]
        return self.head(self.aggregate(torch.cat(both, dim=1)))

    @torch.no_grad()
    def maps(self, batch: PairBatch) -> list[Both]:
        """For each pair the (Q, K) weights of its first text over its second, and the (K, Q) of the second."""
        with record(self, layers=["align"]) as tape:
            self(batch)
        there, back = tape.layers
        return [Both(tape.map(there, 0, pair), tape.map(back, 0, pair)) for pair in range(len(batch.first.lengths))]

    def _aligned(self, encoded: Tensor, batch: PairBatch) -> Both:
        """For each token what of the other text answers it, (N, E)."""
        sizes = [len(batch.first.ids), len(batch.second.ids)]
        lengths = (batch.first.lengths, batch.second.lengths)
        asked = self.project(encoded)
        first, second = (Text(*parts) for parts in zip(asked.split(sizes), encoded.split(sizes), lengths, strict=True))
        return self.align(first, second)

    def _compared(self, encoded: Tensor, aligned: Tensor) -> Tensor:
        """(N, D)"""
        seen = [encoded, aligned]
        if self.config.compare == "difference":
            seen += [encoded - aligned, encoded * aligned]
        if isinstance(self.compare, FeedForward):
            return self.compare(torch.cat(seen, dim=1))
        return self.compare(torch.cat(seen, dim=1), activation="relu")

    def _pooled(self, compared: Tensor, lengths: tuple[int, ...]) -> Tensor:
        """(N, D) to (2 B, P)."""
        if self.config.pool == "mean-max":
            return torch.cat([segment_mean(compared, lengths), segment_max(compared, lengths)], dim=1)
        empty = compared.new_zeros(len(lengths), compared.shape[1])
        return empty.index_add(0, rows_of(lengths, compared.device), compared)
