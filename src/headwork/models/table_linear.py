"""The classical models of tables. They need no torch.

    answers   p(z | question, table) proportional to exp(A·traits(z) + B·roles(z)),   A = W x,   B = Phi V
              log-linear in the words x of the question and in features Phi of question and column, fitted by maximum
              marginal likelihood over the programs that give the right answer, with AdaGrad
    labels    logistic regression over the words of a statement and the evidence for it in its table

Pasupat and Liang 2015, "Compositional semantic parsing on semi-structured tables", sections 4 and 5; AdaGrad: Duchi,
Hazan and Singer 2011.

Axes: n questions, V runs of words, T traits, R roles, D features of a column, E kinds of evidence, C classes.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

import msgspec
import numpy as np
from scipy.sparse import csr_array, hstack, vstack

from headwork.base.recipes import strictly
from headwork.base.sheets import Asked
from headwork.measure.denotations import denotation
from headwork.models.linear import check_shapes
from headwork.models.programs.enumeration import Candidates
from headwork.models.programs.evidence import EVIDENCE, evidence_of
from headwork.models.programs.features import WIDTH
from headwork.models.programs.meant import Meant, Sheets, grams_of, vocabulary_of
from headwork.models.programs.potentials import gradient, lay, scores_of
from headwork.models.programs.reply import Reply, reply_of
from headwork.models.programs.slots import ROLES, TRAITS

AT_ONCE = 32
"""questions of a step"""
DUST = 1e-8


class TableLinearConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    SIZES: ClassVar[dict[str, dict[str, Any]]] = {"tiny": {"words": 300, "epochs": 3}, "small": {}, "base": {}}

    programs: int = 700
    """of a question at most"""
    words: int = 4000
    """runs of one or two words, most frequent first"""
    least: int = 3
    """training questions that such a run must be in"""
    epochs: int = 6
    step: float = 0.1
    decay: float = 1e-4
    """of the weights, in each step"""
    strength: float = 0.1
    """of the logistic regression, the inverse of its penalty"""

    def __post_init__(self) -> None:
        for name in ("programs", "words", "least", "epochs", "step", "strength"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} is {getattr(self, name)}; expected more than 0")


class TableLinearSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a fitted model keeps beside its weights."""

    config: TableLinearConfig
    vocabulary: list[str]
    classes: int


class TableLinear:
    """Log-linear over programs, or over evidence where statements have labels."""

    def __init__(self, config: TableLinearConfig):
        self.config = config
        self.sheets = Sheets(config.programs)
        self.vocabulary: dict[str, int] = {}
        self.classes = 0
        self.weights: dict[str, np.ndarray] = {}

    def fit_answers(self, asked: Sequence[Asked], right: Sequence[tuple[str, ...]], *, seed: int) -> None:
        meant = [self.sheets.meant(one) for one in asked]
        self._count_words([one.words for one in meant])
        consistent = [one.consistent(denotation(answers)) for one, answers in zip(meant, right, strict=True)]
        known = [place for place, mask in enumerate(consistent) if mask.any()]
        self.weights = {"traits": np.zeros((len(self.vocabulary) + 1, len(TRAITS))), "roles": np.zeros((WIDTH, len(ROLES)))}
        squares = {name: np.full_like(weight, DUST) for name, weight in self.weights.items()}
        order = np.random.default_rng(seed)
        for _ in range(self.config.epochs):
            mixed = order.permutation(known)
            for start in range(0, len(mixed), AT_ONCE):
                chosen = mixed[start : start + AT_ONCE]
                self._step([meant[n] for n in chosen], np.concatenate([consistent[n] for n in chosen]), squares)

    def _step(self, meant: Sequence[Meant], right: np.ndarray, squares: dict[str, np.ndarray]) -> None:
        laid = lay([one.slots for one in meant], [one.columns.shape[0] for one in meant])
        words, columns = self._words(meant), csr_array(vstack([one.columns for one in meant]))
        slopes = gradient(laid, words @ self.weights["traits"], columns @ self.weights["roles"], right)
        for (name, weight), inputs, slope in zip(self.weights.items(), (words, columns), slopes, strict=True):
            used = np.unique(inputs.indices)
            step = (inputs.T @ slope)[used] / len(meant) + self.config.decay * weight[used]
            squares[name][used] += step**2
            weight[used] -= self.config.step * step / np.sqrt(squares[name][used])

    def replies(self, asked: Sequence[Asked]) -> list[Reply]:
        return [self._reply(one) for one in asked]

    def _reply(self, asked: Asked) -> Reply:
        meant = self.sheets.meant(asked)
        laid = lay([meant.slots], [meant.columns.shape[0]])
        traits, roles = self._words([meant]) @ self.weights["traits"], meant.columns @ self.weights["roles"]
        return reply_of(scores_of(laid, traits, roles), meant, self.sheets.view(asked.sheet))

    def fit_labels(self, asked: Sequence[Asked], labels: np.ndarray, *, classes: int, seed: int) -> None:
        from sklearn.linear_model import LogisticRegression  # only here: it takes as long to load as torch

        candidates = [self.sheets.candidates(one) for one in asked]
        self._count_words([each.question.words for each in candidates])
        inputs = self._stated(asked, candidates)
        fitted = LogisticRegression(C=self.config.strength, max_iter=1000).fit(inputs, labels)
        self.classes = classes
        weight, bias = np.zeros((classes, inputs.shape[1])), np.full(classes, -30.0)
        found = fitted.coef_ if len(fitted.classes_) > 2 else np.concatenate([-fitted.coef_, fitted.coef_]) / 2
        offsets = fitted.intercept_ if len(fitted.classes_) > 2 else np.array([-1, 1]) * fitted.intercept_ / 2
        weight[fitted.classes_], bias[fitted.classes_] = found, offsets
        self.weights = {"labels": weight, "bias": bias}

    def logits(self, asked: Sequence[Asked]) -> np.ndarray:
        """(n, C)"""
        inputs = self._stated(asked, [self.sheets.candidates(one) for one in asked])
        return inputs @ self.weights["labels"].T + self.weights["bias"]

    def _stated(self, asked: Sequence[Asked], candidates: Sequence[Candidates]) -> csr_array:
        """(n, V + E)"""
        evidence = [evidence_of(each, self.sheets.view(one.sheet)) for each, one in zip(candidates, asked, strict=True)]
        words = self._grams([each.question.words for each in candidates])
        return csr_array(hstack([words, csr_array(np.stack(evidence))]))

    def _count_words(self, questions: Sequence[Sequence[str]]) -> None:
        self.vocabulary = vocabulary_of(questions, least=self.config.least, most=self.config.words)

    def _words(self, meant: Sequence[Meant]) -> csr_array:
        return self._grams([one.words for one in meant])

    def _grams(self, questions: Sequence[Sequence[str]]) -> csr_array:
        """(n, V + 1): 1 for each run of words that is known, and 1 behind them."""
        rows, places = [], []
        for row, words in enumerate(questions):
            own = {self.vocabulary[gram] for gram in grams_of(words) if gram in self.vocabulary} | {len(self.vocabulary)}
            rows += [row] * len(own)
            places += sorted(own)
        return csr_array((np.ones(len(rows)), (rows, places)), shape=(len(questions), len(self.vocabulary) + 1))

    @property
    def parameters(self) -> int:
        return sum(weight.size for weight in self.weights.values())

    def settings(self) -> dict[str, Any]:
        kept = TableLinearSettings(config=self.config, vocabulary=list(self.vocabulary), classes=self.classes)
        return msgspec.to_builtins(kept)

    def tensors(self) -> dict[str, np.ndarray]:
        return self.weights

    @classmethod
    def restore(cls, settings: dict[str, Any], tensors: dict[str, np.ndarray]) -> "TableLinear":
        known = strictly(settings, TableLinearSettings, "table-linear model")
        model = cls(known.config)
        words = len(known.vocabulary) + 1
        answering = {"traits": (words, len(TRAITS)), "roles": (WIDTH, len(ROLES))}
        judging = {"labels": (known.classes, words + len(EVIDENCE)), "bias": (known.classes,)}
        check_shapes("table-linear", tensors, judging if known.classes else answering)
        model.vocabulary = {word: place for place, word in enumerate(known.vocabulary)}
        model.classes, model.weights = known.classes, dict(tensors)
        return model
