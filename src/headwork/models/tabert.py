"""TaBERT: a question read with each row of a snapshot of its table, rows joined by vertical self-attention.

    h_k   = core([CLS] question [SEP] name_1 | kind_1 | value_k1 [SEP] … [SEP])       for each of K rows
    s_kj  = mean of h_k over the tokens of column j
    q, c  = vertical self-attention over the K vectors of each word and of each column, then their mean
    A     = W_a mean q + A'       B_j = W_b tanh(W_c c_j + W_q mean q) + B'_j
    score of a program z = A·traits(z) + B·roles(z)               (`headwork.models.programs.slots`)
    label of a statement = W_l [mean q; max over j of c_j] + wide part

A' and B' are the wide part, the log-linear model of `table_linear`, from which training starts (`start`); with
"nothing" they are left out. Yin, Neubig, Yih and Riedel 2020, "TaBERT", section 3; trained by maximum marginal
likelihood over the programs that give the right answer.

Recovering (`recover`): names and kinds of some columns are masked, and told again from c_j as a bag of tokens (masked
column prediction); the tokens of their cells are told again from s_kj behind the vertical layers and an embedding of
their place (cell value recovery). Section 3.2, "Pretraining procedure".

Axes: Q questions, N packed tokens of all rows, A places, M columns that are read, D width, T traits, R roles,
V runs of words, F features of a column, E kinds of evidence, C classes, S slots, P programs.
"""

from pathlib import Path
from typing import Any, ClassVar, Literal

import msgspec
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from headwork.layers.transformer import CoreConfig, initialise
from headwork.layers.vertical import Vertical
from headwork.models.encoder import EncoderConfig, WithCore
from headwork.models.pretrained import load_vertical, vertical_of
from headwork.models.programs.evidence import EVIDENCE
from headwork.models.programs.features import WIDTH
from headwork.models.programs.slots import ROLES, TRAITS
from headwork.models.programs.views import KINDS
from headwork.models.table_batch import KIND, NAME, VALUE, TableBatch, aligned_cells, cells_of, rows_of_parts
from headwork.ops.dropout import drop
from headwork.ops.packed import TokenBatch, segment_mean


class TabertConfig(EncoderConfig, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of the encoder, of snapshots and of programs."""

    SIZES: ClassVar[dict[str, dict[str, Any]]] = {
        "tiny": {"dim": 32, "layers": 1, "heads": 2, "ff": 64, "vertical": 1, "words": 300},
        "small": {},
        "base": {"dim": 256, "layers": 4, "heads": 8, "ff": 1024},
    }

    max_tokens: int = 192
    """of a row with its question; columns that do not fit are not read"""
    question_tokens: int = 48
    """a longer question is cut"""
    name_tokens: int = 6
    """of a column"""
    value_tokens: int = 6
    """of a cell"""
    rows: int = 3
    """K, of a snapshot"""
    vertical: int = 2
    """layers of vertical self-attention; 0: rows are only averaged"""
    vertical_heads: int = 0
    """of each of these layers; 0: as many as the layers below have"""
    kinds: tuple[str, str, str] = KINDS
    """what is read for a column of texts, of numbers, of dates"""
    start: Literal["linear", "nothing"] = "linear"
    """the model that the network begins with, and learns what it misses"""
    programs: int = 700
    """of a question at most"""
    words: int = 4000
    """runs of one or two words that the wide part knows"""
    recover: float = 0.0
    """weight of masked column prediction and cell value recovery in the loss; 0: neither"""
    masked: float = 0.2
    """share of the columns that are masked for it"""

    def __post_init__(self) -> None:
        super().__post_init__()
        if (self.pooling, self.between, self.long) != ("mean", "none", "cut"):
            raise ValueError("pooling, between and long mean nothing for tables; leave them out")
        if self.tokens == "words":
            raise ValueError("tokens is 'words', which do not part question and table; set wordpiece or bert")
        for name in ("rows", "name_tokens", "value_tokens", "programs", "words"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; expected at least 1")
        if self.vertical < 0 or self.recover < 0 or not 0 < self.masked < 1:
            raise ValueError("vertical and recover are 0 or more, and masked is between 0 and 1")
        dim = self.layers_of.dim if self.pretrained else self.dim
        if self.vertical_heads < 0 or (self.vertical_heads and dim % self.vertical_heads):
            raise ValueError(f"vertical_heads is {self.vertical_heads}; expected 0, or a divisor of {dim}")
        least = self.question_tokens + self.name_tokens + self.value_tokens + 6
        if self.max_tokens < least:
            raise ValueError(f"max_tokens is {self.max_tokens}; a question and one column may take {least}")

    def core(self, vocabulary: int) -> CoreConfig:
        core = super().core(vocabulary)
        return core if self.pretrained else msgspec.structs.replace(core, types=2)


class Read(msgspec.Struct):
    """What the encoder makes of a batch: (Q, D) questions, (M, D) columns, (cells, D) cells."""

    question: Tensor
    columns: Tensor
    cells: Tensor


class Tabert(WithCore):
    def __init__(self, config: TabertConfig, *, vocabulary: int, words: int, classes: int = 0):
        """`words` are the runs of words that the wide part knows; `classes` of labels, 0 for answers."""
        super().__init__(config, vocabulary=vocabulary)
        core = self.core.config
        self.classes, self.masked, dim = classes, config.masked, core.dim
        self.vertical = Vertical(core, config.vertical, heads=config.vertical_heads)
        wide = config.start == "linear"
        if classes:
            self.label = nn.Linear(2 * dim, classes)
            heads = [self.label]
            self.wide_label = nn.Parameter(torch.zeros(words + 1 + len(EVIDENCE), classes)) if wide else None
            self.wide_bias = nn.Parameter(torch.zeros(classes)) if wide else None
        else:
            self.joint = nn.Linear(2 * dim, dim)
            self.trait, self.role = nn.Linear(dim, len(TRAITS)), nn.Linear(dim, len(ROLES))
            heads = [self.trait, self.role]
            self.wide_trait = nn.Parameter(torch.zeros(words + 1, len(TRAITS))) if wide else None
            self.wide_role = nn.Parameter(torch.zeros(WIDTH, len(ROLES))) if wide else None
        if config.recover:
            self.recovery = Recovery(core, config.value_tokens)
        for head in heads if wide else ():
            nn.init.zeros_(head.weight)  # so that the network begins as what it starts from
            nn.init.zeros_(head.bias)

    @staticmethod
    def given_by(folder: Path) -> dict[str, Any]:
        """The settings that the pretrained encoder in `folder` gives; of a TaBERT those of its vertical layers too."""
        given = vertical_of(folder)
        return WithCore.given_by(folder) | ({} if given is None else msgspec.to_builtins(given))

    def load_pretrained(self, folder: Path) -> None:
        """Start from the published encoder in `folder`; HeadworkError names what does not fit."""
        super().load_pretrained(folder)
        load_vertical(self.vertical, folder)

    def read(self, batch: TableBatch, ids: Tensor | None = None) -> Read:
        """`ids` are the (N,) tokens in place of the batch's own, some of them masked."""
        tokens = batch.tokens if ids is None else TokenBatch(ids, batch.tokens.lengths)
        hidden = self.core(tokens, types=batch.types if self.core.config.types > 1 else None)
        hidden = hidden.to(self.core.embeddings.tokens.weight.dtype)
        x = torch.cat([hidden, self._cells(hidden, batch)])[batch.order]
        looked = self.vertical.looked(x, batch.rows)
        places = segment_mean(looked, batch.rows)
        sizes = [size for both in zip(batch.words, batch.columns, strict=True) for size in both]
        parts = places.split(sizes)
        question = segment_mean(torch.cat(parts[::2]), batch.words)
        aligned = looked.split([size * k for size, k in zip(sizes, rows_of_parts(batch), strict=True)])
        return Read(question, torch.cat(parts[1::2]), torch.cat(aligned[1::2]))

    @staticmethod
    def _cells(hidden: Tensor, batch: TableBatch) -> Tensor:
        """(cells, D): the mean over the tokens of each."""
        inside = (batch.column >= 0).nonzero().squeeze(1)
        of = batch.column[inside]
        count = int(of.max()) + 1 if len(of) else 0
        sums = hidden.new_zeros(count, hidden.shape[1]).index_add(0, of, hidden[inside])
        return sums / torch.bincount(of, minlength=count)[:, None].clamp(min=1).to(hidden.dtype)

    def forward(self, batch: TableBatch) -> Tensor:
        """(P,) scores of the programs of all questions, or (Q, C) logits."""
        read = self.read(batch)
        if self.classes:
            return self._labels(read, batch)
        question = drop(read.question, self.config.dropout, self.training)
        columns = drop(read.columns, self.config.dropout, self.training)
        of = torch.repeat_interleave(
            torch.arange(len(batch.columns), device=columns.device),
            torch.tensor(batch.columns, device=columns.device),
        )
        traits = self.trait(question)
        own = self.role(self.joint(torch.cat([columns, question[of]], 1)).tanh())
        roles = own.new_zeros(batch.total, len(ROLES)).index_add(0, batch.seen, own)
        if self.wide_trait is not None and self.wide_role is not None:
            traits, roles = traits + batch.wide.grams @ self.wide_trait, roles + batch.wide.features @ self.wide_role
        potentials = torch.cat([traits.flatten(), roles.flatten(), roles.new_zeros(1)])
        assert batch.slots is not None
        return F.embedding(batch.slots, potentials[:, None]).squeeze(2).sum(1)

    def _labels(self, read: Read, batch: TableBatch) -> Tensor:
        best = torch.stack([part.amax(0) for part in read.columns.split(list(batch.columns))])
        seen = drop(torch.cat([read.question, best], 1), self.config.dropout, self.training)
        logits = self.label(seen)
        if self.wide_label is not None and self.wide_bias is not None:
            inputs = torch.cat([batch.wide.grams, batch.wide.features], 1)
            logits = logits + inputs @ self.wide_label + self.wide_bias
        return logits

    def recovered(self, batch: TableBatch, mask: int) -> Tensor:
        """The loss of masked column prediction and of cell value recovery; columns are drawn with torch's generator."""
        drawn = torch.rand(len(batch.seen), device=batch.types.device) < self.masked
        if not drawn.any():
            drawn[torch.randint(len(drawn), (1,))] = True
        return self.recovery(self, batch, drawn, mask)


class Recovery(nn.Module):
    """Tells names, kinds and values of columns again from what the encoder made of them.

    f(x) = norm(gelu(W_2 norm(gelu(W_1 x)))) of a cell and a place in it; what comes out meets the embeddings of tokens.
    """

    def __init__(self, core: CoreConfig, value_tokens: int):
        super().__init__()
        dim, wide = core.dim, core.embedding_dim or core.dim
        self.names = nn.Sequential(nn.Linear(dim, wide), nn.GELU(), nn.LayerNorm(wide))
        self.places = nn.Embedding(value_tokens, dim)
        self.values = nn.Sequential(
            *(nn.Linear(2 * dim, dim), nn.GELU(), nn.LayerNorm(dim)),
            *(nn.Linear(dim, wide), nn.GELU(), nn.LayerNorm(wide)),
        )
        self.name_bias = nn.Parameter(torch.full((core.vocabulary,), -4.0))
        self.value_bias = nn.Parameter(torch.zeros(core.vocabulary))
        self.apply(initialise)

    def forward(self, network: Tabert, batch: TableBatch, drawn: Tensor, mask: int) -> Tensor:
        """`drawn` are the (M,) columns to be masked."""
        cells, told = cells_of(batch), batch.column >= 0
        chosen = torch.zeros_like(told)
        chosen[told] = drawn[cells[batch.column[told]]]
        hidden = chosen & ((batch.part == NAME) | (batch.part == KIND))
        read = network.read(batch, batch.tokens.ids.masked_fill(hidden, mask))
        table = network.core.embeddings.tokens.weight
        logits = self.names(read.columns[drawn]) @ table.T + self.name_bias
        bags = torch.zeros_like(read.columns.new_empty(len(drawn), len(table)))
        bags[cells[batch.column[hidden]], batch.tokens.ids[hidden]] = 1
        named = F.binary_cross_entropy_with_logits(logits, bags[drawn], reduction="none").sum(1).mean()
        return named + self._values(read, batch, chosen, table)

    def _values(self, read: Read, batch: TableBatch, chosen: Tensor, table: Tensor) -> Tensor:
        tokens = (chosen & (batch.part == VALUE)).nonzero().squeeze(1)
        if not len(tokens):
            return read.cells.sum() * 0
        of = batch.column[tokens]
        places = _behind_each_other(of).clamp(max=len(self.places.weight) - 1)
        aligned = aligned_cells(batch)[of]
        told = self.values(torch.cat([read.cells[aligned], self.places(places)], 1)) @ table.T + self.value_bias
        return F.cross_entropy(told, batch.tokens.ids[tokens])


def _behind_each_other(of: Tensor) -> Tensor:
    """(n,) how many equal ones stand before each in a run of equal numbers."""
    places = torch.arange(len(of), device=of.device)
    starts = torch.ones_like(of, dtype=torch.bool)
    starts[1:] = of[1:] != of[:-1]
    return places - torch.where(starts, places, 0).cummax(0).values
