"""Learning to search: each query shall know its document among those of its batch, and the other way round.

    loss = (CE(s Q D^T) + CE(s D Q^T)) / 2            `headwork.layers.contrastive`

Henderson et al. 2017, "Efficient natural language response suggestion for smart reply", section 4.4, for the wrong
answers out of the batch. A query's other documents in the batch, and equal documents, are none. In the first
`train.pretrain` of the steps queries and documents are read together instead and repaired
(`headwork.layers.denoising`), with tokens out of generators of their own for both, as Feng et al. 2020, "CodeBERT",
section 3.4, have them.

The weights with the best MRR on dev are kept, measured on LOOKED of its queries among their documents.

Axes: B pairs, n queries, D documents.
"""

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from headwork.data.batches import ordered_batches
from headwork.data.distractors import Pool
from headwork.data.duplicates import normalised
from headwork.data.pairs import PairExamples
from headwork.data.tokenizers import SPECIAL
from headwork.layers.contrastive import contrastive_loss
from headwork.layers.denoising import NGrams, choose, masked, replaced
from headwork.measure.ranks import rank_of
from headwork.models.towers import Tower, unit_vectors
from headwork.ops.packed import TokenBatch
from headwork.tasks.neural_retrieve import NeuralRetriever
from headwork.tasks.reading import ReadPairs, ReadTexts
from headwork.train.classify import precision
from headwork.train.config import TrainConfig
from headwork.train.problem import Look, Problem

LOOKED = 256
LOOK_TOKENS = 2048
"""padded tokens of a batch when looking at dev"""


class Retrieve(Problem):
    """The training pairs of a neural retriever."""

    def __init__(
        self, retriever: NeuralRetriever, train: PairExamples, dev: PairExamples, config: TrainConfig, *, seed: int
    ) -> None:
        self.retriever = retriever
        self.towers: Any = retriever.network
        self.train = retriever.read_to_learn(train.items)
        super().__init__(retriever.network, config, lengths=self.train.lengths, seed=seed)
        self.cut = self.train.cut
        self.queries, self.documents = (_numbered(texts) for texts in (train.texts, train.seconds))
        looked = dev.sample(LOOKED)
        self.pool = Pool.of(looked.texts, looked.seconds)
        texts = retriever.reader.texts
        self.dev_queries, self.dev_documents = texts.read(looked.texts), texts.read(self.pool.documents)
        self.repair = Repair(retriever, self.train.first, self.train.second) if config.pretrain else None

    def start(self) -> bool:
        """A published encoder counts as it is: a short training must not lose to it."""
        return bool(getattr(self.retriever.config, "pretrained", ""))

    def loss(self, rows: Sequence[int]) -> Tensor:
        device = self.retriever.device
        if self.pretraining and self.repair is not None:
            with precision(self.config, device):
                return self.repair.loss(rows)
        with precision(self.config, device):
            queries, documents = self.towers.both(self.train.batch(rows).to(device))
        return contrastive_loss(queries.float(), documents.float(), self.towers.scale, right=self.right(rows))

    def right(self, rows: Sequence[int]) -> Tensor:
        """(B, B): does the document of a column answer the query of a row?"""
        alike = [numbers[rows][:, None] == numbers[rows] for numbers in (self.queries, self.documents)]
        return (alike[0] | alike[1]).to(self.retriever.device)

    @property
    def pretraining(self) -> bool:
        return self.done < self.config.pretrain

    def stage(self, step: int, steps: int) -> tuple[int, int]:
        first = math.ceil(self.config.pretrain * steps)
        return (step, first) if step < first else (step - first, steps - first)

    def look(self) -> Look:
        """`accuracy` is the MRR. While texts are repaired the latest weights are the best, and worse than any later."""
        self.towers.eval()
        queries = self._vectors(self.towers.queries, self.dev_queries)
        documents = self._vectors(self.towers.documents, self.dev_documents)
        cosines = (queries @ documents.T).double()
        own = torch.from_numpy(self.pool.own)
        found = cosines.numpy()
        ranks = [
            rank_of(found[place, own[place]], found[place, self.pool.distractors(place)]) for place in range(len(own))
        ]
        mrr = sum(1 / rank for rank in ranks) / max(1, len(ranks))
        loss = F.cross_entropy(self.towers.scale.item() * cosines, own).item()
        return Look(mrr, loss, (self.done - 2, 0.0) if self.pretraining else (mrr, -loss))

    def _vectors(self, tower: Tower, read: ReadTexts) -> Tensor:
        """(n, D) of length 1, on the CPU, in the order of the texts."""
        batches = ordered_batches(read.lengths, LOOK_TOKENS, self.retriever.device)
        found = unit_vectors(tower, (read.batch(rows).to(self.retriever.device) for rows in batches)).float().cpu()
        order = torch.tensor([row for rows in batches for row in rows], dtype=torch.int64)
        return torch.empty_like(found).index_copy(0, order, found)

    def end(self) -> None:
        self.retriever.changed()


class Repair:
    """Pairs as one text each, their tokens to be told and doubted."""

    def __init__(self, retriever: NeuralRetriever, queries: ReadTexts, documents: ReadTexts) -> None:
        self.device, self.network = retriever.device, retriever.network
        before, after = (len(ids) for ids in (retriever.reader.tokenizer.before, retriever.reader.tokenizer.after))
        self.pairs = ReadPairs(queries, documents.without_first(before))
        vocabulary = retriever.reader.tokenizer.vocabulary
        self.ordinary = torch.arange(len(SPECIAL), vocabulary)
        self.generators = [
            NGrams([ids[before : len(ids) - after] for ids in read.ids], vocabulary=vocabulary)
            for read in (queries, documents)
        ]

    def loss(self, rows: Sequence[int]) -> Tensor:
        texts, sides = self.pairs.batch(rows).together()
        free = texts.ids >= len(SPECIAL)
        places = choose(free)
        told = masked(texts.ids, places, mask=self.network.mask, ordinary=self.ordinary)
        drawn = [generator.draw(texts.ids, places) for generator in self.generators]
        doubted, changed = replaced(texts.ids, places, torch.where(sides[places] == 0, *drawn))
        both = TokenBatch(torch.cat([told.ids, doubted]), texts.lengths * 2).to(self.device)
        core, heads = self.network.documents.core, self.network.heads
        first, second = core(both).chunk(2)
        places, free = places.to(self.device), free.to(self.device)
        of_masked = heads.told(first[places], core.embeddings.tokens.weight)
        of_all = heads.doubted(second)
        return F.cross_entropy(of_masked.float(), texts.ids.to(self.device)[places]) + (
            F.binary_cross_entropy_with_logits(of_all[free].float(), changed.to(self.device)[free].float())
        )


def _numbered(texts: Sequence[str]) -> Tensor:
    """(n,) the same number for the same text."""
    numbers: dict[str, int] = {}
    return torch.tensor([numbers.setdefault(normalised(text), len(numbers)) for text in texts], dtype=torch.int64)
