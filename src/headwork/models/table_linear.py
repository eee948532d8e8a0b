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
from headwork.models.linear import NEVER, check_shapes
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
    SIZES: ClassVar[dict[str, dict[str, Any]]] = {"tiny": {"words": 300}, "small": {}, "base": {}}

    programs: int = 700
    """of a question at most"""
    words: int = 4000
    """runs of one or two words, most frequent first"""
    least: int = 3
    """training questions that such a run must be in"""
    epochs: int = 3
    step: float = 0.1
    decay: float = 1e-3
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
        self.classes = self.not_learnt = 0
        self.weights: dict[str, np.ndarray] = {}

    def fit_answers(self, asked: Sequence[Asked], right: Sequence[tuple[str, ...]], *, seed: int) -> None:
        self.fit_meant([self.sheets.meant(one) for one in asked], right, seed=seed)

    def fit_meant(self, meant: Sequence[Meant], right: Sequence[tuple[str, ...]], *, seed: int) -> None:
        """The same, the programs of the questions known."""
        self._count_words([one.words for one in meant])
        consistent = [one.consistent(denotation(answers)) for one, answers in zip(meant, right, strict=True)]
        known = [place for place, mask in enumerate(consistent) if mask.any()]
        self.weights = {
            "traits": np.zeros((len(self.vocabulary) + 1, len(TRAITS))),
            "roles": np.zeros((WIDTH, len(ROLES))),
        }
        squares = {name: np.full_like(weight, DUST) for name, weight in self.weights.items()}
        self.not_learnt = len(meant) - len(known)
        order = np.random.default_rng(seed)
        for _ in range(self.config.epochs):
            mixed = order.permutation(known)
            for start in range(0, len(mixed), AT_ONCE):
                chosen = mixed[start : start + AT_ONCE]
                self._step([meant[n] for n in chosen], np.concatenate([consistent[n] for n in chosen]), squares)

    def _step(self, meant: Sequence[Meant], right: np.ndarray, squares: dict[str, np.ndarray]) -> None:
        laid = lay([one.slots for one in meant], [one.width for one in meant])
        inputs = {"traits": self._words(meant), "roles": csr_array(vstack([one.columns for one in meant]))}
        used = {name: _used(each) for name, each in inputs.items()}
        traits, roles = (own @ self.weights[name][places] for name, (own, places) in used.items())
        slopes = gradient(laid, traits, roles, right)
        for (name, (own, places)), slope in zip(used.items(), slopes, strict=True):
            weight, square = self.weights[name], squares[name]
            step = own.T @ slope / len(meant) + self.config.decay * weight[places]
            square[places] += step**2
            weight[places] -= self.config.step * step / np.sqrt(square[places])

    def replies(self, asked: Sequence[Asked]) -> list[Reply]:
        return [self._reply(one) for one in asked]

    def _reply(self, asked: Asked) -> Reply:
        meant = self.sheets.meant(asked)
        laid = lay([meant.slots], [meant.width])
        traits, roles = self._words([meant]) @ self.weights["traits"], meant.columns @ self.weights["roles"]
        return reply_of(scores_of(laid, traits, roles), meant, self.sheets.view(asked.sheet))

    def fit_labels(self, asked: Sequence[Asked], labels: np.ndarray, *, classes: int, seed: int) -> None:
        words, evidence = self._stated(asked)
        self.fit_stated(words, evidence, labels, classes=classes)

    def fit_stated(
        self, words: Sequence[Sequence[str]], evidence: np.ndarray, labels: np.ndarray, *, classes: int
    ) -> None:
        """The same, from the words of the statements and (n, E) evidence."""
        from sklearn.linear_model import LogisticRegression  # only here: it takes as long to load as torch

        self._count_words(words)
        inputs = self._joined(words, evidence)
        fitted = LogisticRegression(C=self.config.strength, max_iter=1000).fit(inputs, labels)
        self.classes = classes
        weight = np.zeros((classes, len(self.vocabulary) + 1 + len(EVIDENCE)))
        bias = np.full(classes, NEVER)
        found = fitted.coef_ if len(fitted.classes_) > 2 else np.concatenate([-fitted.coef_, fitted.coef_]) / 2
        offsets = fitted.intercept_ if len(fitted.classes_) > 2 else np.array([-1, 1]) * fitted.intercept_ / 2
        weight[fitted.classes_], bias[fitted.classes_] = found, offsets
        self.weights = {"labels": weight, "bias": bias}

    def logits(self, asked: Sequence[Asked]) -> np.ndarray:
        """(n, C)"""
        return self._joined(*self._stated(asked)) @ self.weights["labels"].T + self.weights["bias"]

    def _stated(self, asked: Sequence[Asked]) -> tuple[list[tuple[str, ...]], np.ndarray]:
        """The words of statements, and (n, E) evidence."""
        words, evidence = [], np.zeros((len(asked), len(EVIDENCE)))
        for place, one in enumerate(asked):  # one after the other: programs of thousands would fill the memory
            candidates = self.sheets.candidates(one)
            words.append(candidates.question.words)
            evidence[place] = evidence_of(candidates, self.sheets.view(one.sheet))
        return words, evidence

    def _joined(self, words: Sequence[Sequence[str]], evidence: np.ndarray) -> csr_array:
        """(n, V + 1 + E)"""
        return csr_array(hstack([self._grams(words), csr_array(evidence)]))

    def _count_words(self, questions: Sequence[Sequence[str]]) -> None:
        self.vocabulary = vocabulary_of(questions, least=self.config.least, most=self.config.words)

    def _words(self, meant: Sequence[Meant]) -> csr_array:
        return self._grams([one.words for one in meant])

    def _grams(self, questions: Sequence[Sequence[str]]) -> csr_array:
        """(n, V + 1): 1 for each run of words that is known, and 1 behind them."""
        rows, places = [], []
        for row, words in enumerate(questions):
            own = {self.vocabulary[gram] for gram in grams_of(words) if gram in self.vocabulary} | {
                len(self.vocabulary)
            }
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


def _used(inputs: csr_array) -> tuple[csr_array, np.ndarray]:
    """The columns of (n, V) that are not empty, and which they are."""
    places, inverse = np.unique(inputs.indices, return_inverse=True)
    rows = len(inputs.indptr) - 1
    return csr_array((inputs.data, inverse, inputs.indptr), shape=(rows, len(places))), places
