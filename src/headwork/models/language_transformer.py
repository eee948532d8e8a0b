"""The Transformer as a language model; most published ones are settings of it.

    h^0 = E[x] (+ position),   h^n = block_n([memory_n ; h^n-1], h^n-1),   logits = E norm(h^N) + b

    context only       a segment knows nothing of the ones before                   Al-Rfou et al. 2019
    recurrence         memory_n: the last states that block n has read              Dai et al. 2019, "Transformer-XL"
    compressive        older ones in a coarser second memory                        Rae et al. 2020

Auxiliary losses of the deep character model (Al-Rfou et al. 2019, section 3): every place of a segment predicts and not
the last alone; lower layers predict too, layer n of N for the first n / 2N of the training; further classifiers predict
the tokens behind the next, each with weight 1/2. Lower layers share the last norm and the table of the last.

Axes: B texts, M remembered states, T tokens of a segment, D width, V vocabulary.
"""

from typing import Any, ClassVar, Literal, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from headwork.attention.choice import Choice
from headwork.attention.memory import Recurrence
from headwork.attention.scopes import Document
from headwork.base.errors import HeadworkError
from headwork.base.language import START_ID
from headwork.layers.transformer import Block, CoreConfig, Embeddings, initialise
from headwork.models.language import LanguageNetwork, Memory, NetworkSettings, Read, Tied

AHEAD = 0.5
"""weight of the loss of each token behind the next"""


class LanguageTransformerConfig(NetworkSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    SIZES: ClassVar[dict[str, dict[str, Any]]] = {
        "tiny": {"dim": 32, "layers": 2, "heads": 2, "ff": 64, "context": 32},
        "small": {},
        "base": {"dim": 384, "layers": 6, "heads": 6, "ff": 1536, "context": 256},
    }

    layers: int = 4
    heads: int = 4
    ff: int = 768
    norm: Literal["post", "pre"] = "pre"
    activation: Literal["relu", "gelu"] = "gelu"
    absolute: Literal["learned", "sinusoid", "none"] = "learned"
    """positions added to the embeddings, beside those of the attention"""
    score: str = "scaled_dot"
    normaliser: str = "softmax"
    scope: str = "full"
    """beside the causal one"""
    position: str = ""
    memory: Literal["none", "recurrence"] = "none"
    """of the segments before"""
    remembered: int = 0
    """states of each layer; 0: as many as the context has"""
    predicts: Literal["every", "last"] = "every"
    """places of a segment whose next token the loss asks for"""
    inner_losses: bool = False
    """do lower layers predict in the first half of the training"""
    ahead: int = 0
    """tokens behind the next that further classifiers predict"""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.dim % self.heads:
            raise ValueError(f"dim is {self.dim} and heads is {self.heads}; heads must divide dim")
        if self.memory != "none" and self.absolute != "none":
            raise ValueError(
                f"memory is {self.memory!r} and absolute {self.absolute!r}; what outlives a segment needs relative "
                "places: absolute = 'none' and a position such as 'xl'"
            )
        if not 0 <= self.ahead < self.context:
            raise ValueError(f"ahead is {self.ahead}; expected 0 or more, and less than the context")
        try:
            self.attention.mechanism(width=self.dim // self.heads, keys=self.reach, heads=self.heads)
        except HeadworkError as error:
            raise ValueError(str(error)) from error

    @property
    def attention(self) -> Choice:
        positions = (self.position,) if self.position else ()
        return Choice(self.score, tuple(self.scope.split(" & ")), self.normaliser, positions)

    @property
    def kept(self) -> int:
        """States of each layer that are kept: of the segments before, or for writing token by token."""
        return self.remembered or self.context

    @property
    def reach(self) -> int:
        """Places that one query can look at."""
        return self.context + (self.kept if self.memory != "none" else 0)

    def core(self, vocabulary: int) -> CoreConfig:
        return CoreConfig(
            vocabulary=vocabulary,
            dim=self.dim,
            layers=self.layers,
            heads=self.heads,
            ff=self.ff,
            positions=self.reach,
            types=0,
            embedding_norm=False,
            norm=self.norm,
            eps=1e-5,
            activation=self.activation,
            causal=True,
            attention=self.attention,
            absolute=self.absolute,
            dropout=self.dropout,
        )


class LanguageTransformer(LanguageNetwork):
    def __init__(self, config: LanguageTransformerConfig, *, vocabulary: int) -> None:
        super().__init__(config, vocabulary=vocabulary)
        core = config.core(vocabulary)
        self.embeddings = Embeddings(core)
        self.blocks = nn.ModuleList(Block(core) for _ in range(config.layers))
        self.norm = nn.LayerNorm(config.dim, eps=core.eps) if config.norm == "pre" else nn.Identity()
        self.head = Tied(config.dim, vocabulary, self.embeddings.tokens if config.tied else None)
        self.further = nn.ModuleList(nn.Linear(config.dim, vocabulary) for _ in range(config.ahead))
        self.recurrence = Recurrence(config.kept)
        self.apply(initialise)

    @property
    def layers(self) -> list[Block]:
        return cast(list[Block], list(self.blocks))

    @property
    def carries(self) -> bool:
        return self.config.memory != "none"

    def forward(self, ids: Tensor, memory: Memory | None = None) -> Read:
        memory = memory or {}
        places, apart = self._documents(ids, memory)
        first = 0 if self.carries else places.shape[1] - ids.shape[1]
        x, kept, inner = self.embeddings.segment(ids, first), {"places": places[:, -self.config.kept :]}, []
        for number, block in enumerate(self.layers):
            name = f"states.{number}"
            recalled = self.recurrence.recall(memory.get(name), x)
            kept[name] = self.recurrence.remember(memory.get(name), x)
            x = block.segment(x, recalled, apart=apart)
            inner.append(x)
        return Read(self.norm(x), kept, inner=tuple(inner[:-1]))

    def logits(self, states: Tensor) -> Tensor:
        return self.head(states)

    def learn(self, ids: Tensor, answers: Tensor, memory: Memory | None, *, done: float) -> tuple[Tensor, Memory]:
        read = self(ids, memory)
        loss = self._loss(read.states, answers)
        if self.config.inner_losses:
            many = len(self.blocks)
            for number, states in enumerate(read.inner, 1):
                if done < number / (2 * many):
                    loss = loss + self._loss(self.norm(states), answers)
        for further, classifier in enumerate(self.further, 1):
            logits, behind = classifier(read.states[:, :-further]), answers[:, further:]
            loss = loss + AHEAD * F.cross_entropy(logits.flatten(0, 1), behind.flatten())
        return loss if read.penalty is None else loss + read.penalty, read.memory

    def _loss(self, states: Tensor, answers: Tensor) -> Tensor:
        if self.config.predicts == "last":
            states, answers = states[:, -1:], answers[:, -1:]
        return self.loss(states, answers)

    def forget(self, memory: Memory, rows: Tensor) -> Memory:
        """What is remembered stays where it is, as part of a document that no later token belongs to."""
        places = memory["places"]
        return {**memory, "places": torch.where(rows[:, None], places - 1, places)}

    def room(self, memory: Memory | None) -> int | None:
        if self.carries:
            return None
        return self.config.context - (memory["places"].shape[1] if memory else 0)

    def _documents(self, ids: Tensor, memory: Memory) -> tuple[Tensor, Document | None]:
        """Numbers of the documents of all (B, M + T) places, and the scope that keeps them apart where they differ.

        The number of the document in hand is 0 at the end of every segment, those before it count down.
        """
        opened = (ids == START_ID).long().cumsum(1)
        own = opened - opened[:, -1:]
        if "places" not in memory:
            places = own
        else:
            places = torch.cat([memory["places"] - opened[:, -1:], own], 1)
        if bool((places[:, 0] == places[:, -1]).all()):
            return places, None
        return places, Document(places, places[:, -ids.shape[1] :])
