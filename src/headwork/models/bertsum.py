"""BertSum: an encoder with a token before each sentence, and layers in which the sentences look at each other.

    h         = core([CLS] sentence 1 [SEP] [CLS] sentence 2 [SEP] …) + segments A B A B …
    v_i       = h at the [CLS] of sentence i (or, with pooling = "mean", the mean of its tokens)
    u^0       = v + sinusoids;    u^l = block_l(u^(l-1)), pre-norm, but no norm before the first attention
    score_i   = W norm(u^L)_i + b,    p_i = sigmoid(score_i)

Liu and Lapata 2019, "Text summarization with pretrained encoders", section 3; the layers as its published code has
them. A document that is longer than the encoder takes is read in windows of whole sentences; the layers over sentences
see those of all windows.

Axes: B documents, N packed tokens, S sentences of all documents, D width.
"""

from collections.abc import Sequence
from itertools import accumulate, chain
from typing import Any, ClassVar, cast

import torch
from msgspec.structs import replace
from torch import Tensor, nn

from headwork.attention.choice import Choice
from headwork.attention.positions import sinusoids
from headwork.layers.transformer import Block, CoreConfig, initialise
from headwork.models.encoder import AT_ONCE, POOLINGS, EncoderConfig, WithCore
from headwork.models.published import Pooling
from headwork.ops.dropout import drop
from headwork.ops.packed import TokenBatch, places_of

KINDS = 2
"""of segments, which sentences take in turn"""


class SentenceEncoderConfig(EncoderConfig, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Those of an encoder of texts, but for what makes one vector of a text."""

    SIZES: ClassVar[dict[str, dict[str, Any]]] = EncoderConfig.SIZES
    MEANINGLESS: ClassVar[dict[str, str]] = {"between": "none", "long": "cut"}
    """settings of an encoder of texts that say nothing here, as they must stand"""

    max_tokens: int = 512
    """that are read at once: a window of whole sentences"""

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, plain in self.MEANINGLESS.items():
            if getattr(self, name) != plain:
                raise ValueError(
                    f"{name} is {getattr(self, name)!r}, which means nothing where each sentence has its own state and "
                    "long documents are read in windows; leave it out"
                )
        if self.tokens == "words":
            raise ValueError("tokens is 'words'; sentences stand between two special tokens: wordpiece, or bert")

    def core(self, vocabulary: int) -> CoreConfig:
        core = super().core(vocabulary)
        return core if self.pretrained or self.published else replace(core, types=KINDS)


class SentenceEncoder(WithCore):
    """Reads documents whose sentences are framed; `batch.sentences` and `batch.windows` say where they are."""

    def states(self, batch: TokenBatch) -> Tensor:
        """(N, D) of all tokens; each window is read by itself, in bounded memory where nothing is learned."""
        windows, types = batch.in_windows(), self.kinds(batch)
        groups = [windows] if torch.is_grad_enabled() else list(windows.groups(AT_ONCE))
        if not groups:
            return self.core.embeddings.tokens.weight.new_zeros(0, self.core.config.dim)
        told = [None] * len(groups) if types is None else types.split([sum(group.lengths) for group in groups])
        return torch.cat([self.core(group, types=of) for group, of in zip(groups, told, strict=True)])

    def kinds(self, batch: TokenBatch) -> Tensor | None:
        """(N,) segments: 0 and 1 in turn, from the first sentence of each window on; None for plain texts."""
        if self.core.config.types < KINDS or self.core.config.relative_types or batch.sentences is None:
            return None
        sizes, device = list(chain(*batch.sentences)), batch.ids.device
        windows = batch.in_windows().lengths
        kinds, counts = (torch.tensor(of, dtype=torch.int64, device=device) for of in (turns(sizes, windows), sizes))
        return torch.repeat_interleave(kinds, counts)


def turns(sizes: Sequence[int], windows: Sequence[int]) -> list[int]:
    """0 and 1 in turn for sentences of so many tokens, from the first of each window on."""
    found, ends, end, turn = [], set(accumulate(windows)), 0, 0
    for size in sizes:
        turn = 0 if end in ends else turn
        found.append(turn)
        turn, end = 1 - turn, end + size
    return found


class BertSumConfig(SentenceEncoderConfig, frozen=True, kw_only=True, forbid_unknown_fields=True):
    SIZES: ClassVar[dict[str, dict[str, Any]]] = {
        "tiny": {**EncoderConfig.SIZES["tiny"], "inter_heads": 2, "inter_ff": 64},
        "small": {},
        "base": {**EncoderConfig.SIZES["base"]},
    }

    pooling: Pooling = "cls"
    """what stands for a sentence: "cls" is the paper's; an encoder that was pooled otherwise is served by its own"""
    inter_layers: int = 2
    """over sentences"""
    inter_heads: int = 8
    inter_ff: int = 1024
    blocking: bool = True
    """is a sentence left out that shares three words in a row with one chosen before"""

    def __post_init__(self) -> None:
        super().__post_init__()
        width = self.layers_of.dim if self.pretrained or self.published else self.dim
        if self.inter_layers < 0 or (self.inter_layers and width % self.inter_heads):
            raise ValueError(
                f"inter_layers is {self.inter_layers} and inter_heads {self.inter_heads}; expected 0 or more, and "
                f"heads that divide the width {width}"
            )

    def between_sentences(self, dim: int) -> CoreConfig:
        return CoreConfig(
            vocabulary=0,
            dim=dim,
            layers=self.inter_layers,
            heads=self.inter_heads,
            ff=self.inter_ff,
            norm="pre",
            eps=1e-6,
            activation="gelu_tanh",
            attention=Choice(score="scaled_dot"),
            dropout=self.dropout,
        )


class BetweenSentences(nn.Module):
    """(S, D) vectors of sentences to (S,) scores."""

    def __init__(self, config: CoreConfig) -> None:
        super().__init__()
        self.config = config
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        if config.layers:
            # what comes in is normed already
            cast(Any, self.layers[0]).attention_norm = nn.Identity()
        self.norm = nn.LayerNorm(config.dim, eps=config.eps)
        self.head = nn.Linear(config.dim, 1)
        self.apply(initialise)

    @property
    def layers(self) -> list[Block]:
        return cast(list[Block], list(self.blocks))

    def forward(self, vectors: Tensor, counts: tuple[int, ...]) -> Tensor:
        """`counts`: how many of the sentences each document has."""
        if self.config.layers:
            vectors = vectors + sinusoids(places_of(counts, vectors.device), self.config.dim).to(vectors.dtype)
        for block in self.layers:
            vectors = block(vectors, counts)
        return self.head(self.norm(vectors)).squeeze(1)


class BertSum(SentenceEncoder):
    WRITES = False

    def __init__(self, config: BertSumConfig, *, vocabulary: int) -> None:
        super().__init__(config, vocabulary=vocabulary)
        self.between = BetweenSentences(config.between_sentences(self.core.config.dim))

    def forward(self, batch: TokenBatch) -> Tensor:
        """(S,) what speaks for each sentence, before the sigmoid."""
        assert batch.sentences is not None
        sizes = list(chain(*batch.sentences))
        vectors = POOLINGS[self.config.pooling](self.states(batch).to(self.between.head.weight.dtype), sizes)
        vectors = drop(vectors, self.config.dropout, self.training)
        return self.between(vectors, tuple(map(len, batch.sentences)))
