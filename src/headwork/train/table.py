"""Learning to answer from tables: which of its programs a question means, or which label a statement has.

    answers   - ln sum over the programs that give the right answer of p(program | question, table)
    labels    cross-entropy
    both      + model.recover · (masked column prediction + cell value recovery)

Questions that no program answers rightly are left out; their number is told. Where the recipe says so, training starts
from the log-linear model of `headwork.models.table_linear`, whose fitting takes part of the training time.
Krishnamurthy, Dasigi and Gardner 2017, section 3; Yin et al. 2020, "TaBERT", section 3.2.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from headwork.base.errors import HeadworkError
from headwork.data.table_questions import TableQuestions
from headwork.measure.denotations import denotation
from headwork.models.table_linear import TableLinear, TableLinearConfig
from headwork.ops.packed import pad
from headwork.tasks.neural_table import LEAST, NeuralTabler
from headwork.tasks.table_reading import ReadTable, ReadTables
from headwork.train.classify import precision
from headwork.train.config import TrainConfig
from headwork.train.problem import Look, Problem

LOOK_QUESTIONS = 300
"""of dev at most"""


class Answer(Problem):
    """The training questions of a neural model of tables."""

    def __init__(
        self, tabler: NeuralTabler, train: TableQuestions, dev: TableQuestions, config: TrainConfig, *, seed: int
    ) -> None:
        self.tabler, self.train_questions = tabler, train
        self.dev_questions = dev.sample(LOOK_QUESTIONS)
        self.train, self.dev = tabler.reader.read(train.asked), tabler.reader.read(self.dev_questions.asked)
        self.right = [] if train.classes else consistent(self.train, train)
        self.chosen = [place for place, mask in enumerate(self.right) if mask.any()]
        if train.classes:
            self.chosen = list(range(len(train)))
            self.labels = torch.as_tensor(train.labels)
        tabler.not_learnt = len(train) - len(self.chosen)
        if not self.chosen:
            raise HeadworkError(f"{tabler.recipe.name}: no program gives the right answer of any training question")
        lengths = self.train.lengths
        super().__init__(tabler.network, config, lengths=[lengths[place] for place in self.chosen], seed=seed)

    def start(self) -> bool:
        """Begin with the log-linear model, where the recipe asks for it."""
        settings = self.tabler.network.config
        if settings.start != "linear":
            return False
        model = TableLinear(TableLinearConfig(programs=settings.programs, words=settings.words, least=LEAST))
        train, tables, parts = self.train_questions, self.train.tables, self.tabler.network
        if train.classes:
            evidence = np.stack([table.evidence for table in tables if table.evidence is not None])
            model.fit_stated([table.words for table in tables], evidence, train.labels, classes=len(train.classes))
            put(parts.wide_label, model.weights["labels"].T)
            put(parts.wide_bias, model.weights["bias"])
        else:
            meant = [table.meant for table in tables if table.meant is not None]
            model.fit_meant(meant, train.right, seed=self.seed)
            put(parts.wide_trait, model.weights["traits"])
            put(parts.wide_role, model.weights["roles"])
        self.tabler.changed()
        return True

    def loss(self, rows: Sequence[int]) -> Tensor:
        places = [self.chosen[row] for row in rows]
        network, device = self.tabler.network, self.tabler.device
        batch = self.train.batch(places).to(device)
        with precision(self.config, device):
            found, recover = network(batch), network.config.recover
            beside = recover * network.recovered(batch, self.tabler.reader.tokenizer.unknown) if recover else 0.0
        if self.train_questions.classes:
            return F.cross_entropy(found.float(), self.labels[places].to(device)) + beside
        right = [torch.from_numpy(self.right[place]) for place in places]
        return marginal(found.float(), right) + beside

    def look(self) -> Look:
        if self.dev_questions.classes:
            logits, labels = self.tabler.logits_of(self.dev, self.network), torch.as_tensor(self.dev_questions.labels)
            accuracy = (logits.argmax(1) == labels).double().mean().item()
            loss = F.cross_entropy(logits, labels).item()
            return Look(accuracy, loss, (accuracy, -loss))
        scores = self.tabler.scores_of(self.dev, self.network)
        right = consistent(self.dev, self.dev_questions)
        accuracy = float(np.mean([hit(*each) for each in zip(scores, self.dev.tables, right, strict=True)]))
        reached = [place for place, mask in enumerate(right) if mask.any()]
        found = torch.from_numpy(np.concatenate([scores[place] for place in reached])) if reached else torch.zeros(0)
        masks = [torch.from_numpy(right[place]) for place in reached]
        loss = marginal(found, masks).item() if reached else 0.0
        return Look(accuracy, loss, (accuracy, -loss))

    def end(self) -> None:
        self.tabler.changed()


def consistent(read: ReadTables, questions: TableQuestions) -> list[np.ndarray]:
    """For each question which of its programs give the right answer."""
    return [
        table.meant.consistent(denotation(right)) if table.meant is not None else np.zeros(0, dtype=bool)
        for table, right in zip(read.tables, questions.right, strict=True)
    ]


def hit(scores: np.ndarray, table: ReadTable, right: np.ndarray) -> bool:
    """Is the likeliest answer right?"""
    return bool(len(scores)) and table.meant is not None and bool(right[table.meant.likeliest(scores)])


def marginal(scores: Tensor, right: Sequence[Tensor]) -> Tensor:
    """The mean over questions of -ln p(right answer): (P,) scores of all their programs, a mask for each question."""
    sizes = [len(mask) for mask in right]
    wanted = torch.cat(list(right)).to(scores.device)
    every = pad(scores, sizes, fill=-torch.inf).logsumexp(1)
    hit = pad(scores.masked_fill(~wanted, -torch.inf), sizes, fill=-torch.inf).logsumexp(1)
    return (every - hit).mean()


@torch.no_grad()
def put(weight: torch.nn.Parameter, values: np.ndarray) -> None:
    weight.copy_(torch.as_tensor(values))
