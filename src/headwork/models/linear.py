"""The baselines: class shares, and a linear model on TF-IDF of words and word pairs, or of runs of characters.

They need no torch.

    value of term t in a text = (1 + ln count) · (ln((1 + n) / (1 + texts with t)) + 1), each text scaled to length 1
    logits                    = A · values + b    with A, b of the largest likelihood under an L2 penalty, or of the
                                                  widest margins: a support vector machine for each class

Term weights as in Salton and Buckley 1988, with the smoothed inverse frequency of scikit-learn, whose solvers fit A and
b. Runs of characters lie within a word and the blanks around it (Cavnar and Trenkle 1994, "N-gram-based text
categorization", section 3). Where a text is asked about something that it names (`headwork.base.about`), the words
before and behind it are terms of their own, too. A fitted model is `settings` (JSON) and `tensors` (arrays); `restore`
gives it back to the bit, without fitting.

Axes: n texts, V terms, C classes.
"""

import re
import warnings
from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, ClassVar, Literal, NamedTuple

import msgspec
import numpy as np
from scipy.sparse import csr_matrix

from headwork.base.about import CLOSE, MARKS, OPEN
from headwork.base.errors import HeadworkError
from headwork.base.hebrew import GERESH, GERSHAYIM, POINTS
from headwork.base.recipes import strictly

_LETTER = rf"[\w{POINTS}]"
WORD = re.compile(rf"{_LETTER}+(?:(?:['’]|{GERSHAYIM}|{GERESH}){_LETTER}+)*(?:{GERESH})?|[^\w\s{OPEN}{CLOSE}]")
"""a word with the apostrophes in it and what Hebrew writes above, below and behind its letters, or a single sign"""
RUN = re.compile(rf"[^\s{OPEN}{CLOSE}]+")
POINT = re.compile(f"[{POINTS}]")
NEVER = -30.0
"""the logit of a class that the training texts lack"""
AGAIN = "copy the model again or train it again"


class MajorityConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    SIZES: ClassVar[dict[str, dict]] = {"tiny": {}, "small": {}, "base": {}}


class Majority:
    """Answers with the class shares of the training texts, whatever the text."""

    def __init__(self, config: MajorityConfig):
        self.shares = np.zeros(0)

    def fit(self, texts: Sequence[str], labels: np.ndarray, *, classes: int, seed: int) -> None:
        """labels: (n,) class indices."""
        self.shares = np.bincount(labels, minlength=classes) / len(labels)

    def logits(self, texts: Sequence[str]) -> np.ndarray:
        """(n, C) logarithms of the shares."""
        return np.tile(np.log(np.maximum(self.shares, np.exp(NEVER))), (len(texts), 1))

    @property
    def parameters(self) -> int:
        return self.shares.size

    def settings(self) -> dict[str, Any]:
        return {}

    def tensors(self) -> dict[str, np.ndarray]:
        return {"shares": self.shares}

    @classmethod
    def restore(cls, settings: dict[str, Any], tensors: dict[str, np.ndarray]) -> "Majority":
        """Raises HeadworkError where the arrays do not fit."""
        model = cls(strictly(settings, MajorityConfig, "majority model"))
        check_shapes("majority", tensors, {"shares": (np.size(tensors.get("shares", ())),)})
        model.shares = tensors["shares"]
        return model


class TfidfConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    SIZES: ClassVar[dict[str, dict]] = {"tiny": {"pairs": False}, "small": {}, "base": {"min_texts": 1}}

    terms: Literal["words", "characters"] = "words"
    pairs: bool = True
    """of words: are two neighbouring ones a term too"""
    shortest: int = 2
    longest: int = 5
    """of runs of characters"""
    near: int = 6
    """words before what a text is asked about, and behind it, that are terms of their own; 0: it is not looked at"""
    min_texts: int = 2
    """training texts that a term must be in"""
    max_terms: int = 200_000
    """terms in the most texts are kept"""
    loss: Literal["logistic", "squared-hinge"] = "logistic"
    strength: float = 15.0
    """inverse of the L2 penalty"""

    def __post_init__(self) -> None:
        if not 1 <= self.shortest <= self.longest:
            raise ValueError(f"shortest is {self.shortest} and longest {self.longest}; expected runs of 1 or more")


class TfidfSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a fitted model keeps beside its arrays: its configuration and the terms in the order of the columns."""

    config: TfidfConfig
    terms: list[str]


class WordWeight(NamedTuple):
    """Characters start to end of a text, and what they add to a logit."""

    start: int
    end: int
    weight: float


class Tfidf:
    """Terms in the order of their columns, and how rare each is."""

    def __init__(self, config: TfidfConfig):
        self.config = config
        self.columns: dict[str, int] = {}
        self.idf = np.zeros(0, np.float32)

    def number(self, terms: Sequence[str]) -> None:
        """Columns for stored terms."""
        self.columns = {term: column for column, term in enumerate(terms)}
        if len(self.columns) < len(terms):
            raise HeadworkError(f"tfidf model: a term stands twice in its settings; {AGAIN}")

    def choose_terms(self, texts: Sequence[str]) -> None:
        """Columns for the terms that are in enough texts, and how rare each is."""
        texts_with = Counter(term for text in texts for term in {term for term, _ in self.terms(text)})
        # Where nothing is said twice (a handful of texts), every term counts.
        frequent = [term for term, count in texts_with.items() if count >= self.config.min_texts] or list(texts_with)
        if not frequent:
            raise HeadworkError("tfidf: the training texts hold no word; is this the column of the text?")
        kept = sorted(sorted(frequent, key=lambda term: (-texts_with[term], term))[: self.config.max_terms])
        self.columns = {term: column for column, term in enumerate(kept)}
        counts = np.array([texts_with[term] for term in kept])
        self.idf = (np.log((1 + len(texts)) / (1 + counts)) + 1).astype(np.float32)

    def words(self, text: str) -> Iterator[re.Match[str]]:
        """What terms are made of: words and signs, or what stands between blanks."""
        return (WORD if self.config.terms == "words" else RUN).finditer(text)

    def terms(self, text: str) -> Iterator[tuple[str, list[int]]]:
        """Every word of the text and every pair, or every run of characters, with the places of its words."""
        words = [plain(word.group()) for word in self.words(text)]
        if OPEN in text and self.config.near:
            yield from self._near(text, words)
        if self.config.terms == "characters":
            for place, word in enumerate(words):
                at = [place]
                yield from ((run, at) for run in self._runs(f" {word} "))
            return
        yield from ((word, [place]) for place, word in enumerate(words))
        if self.config.pairs:
            yield from ((f"{one} {two}", [place, place + 1]) for place, (one, two) in enumerate(pairwise(words)))

    def _near(self, text: str, words: Sequence[str]) -> Iterator[tuple[str, list[int]]]:
        """Words on each side of a marked place, and pairs of them, as terms that say which side it is."""
        ends = [word.end() for word in self.words(text)]
        edges = [bisect_right(ends, mark.start()) for mark in MARKS.finditer(text)]
        for first, last in zip(edges[::2], edges[1::2], strict=False):
            for side, places in (
                ("before", range(max(0, first - self.config.near), first)),
                ("behind", range(last, min(len(words), last + self.config.near))),
            ):
                yield from ((f"{side}: {words[place]}", [place]) for place in places)
                yield from ((f"{side}: {words[one]} {words[two]}", [one, two]) for one, two in pairwise(places))

    def _runs(self, word: str) -> Iterator[str]:
        """A word that is no longer than a run is one of them, once."""
        for length in range(self.config.shortest, self.config.longest + 1):
            yield from (word[start : start + length] for start in range(max(1, len(word) - length + 1)))
            if len(word) <= length:
                return

    def values(self, texts: Sequence[str]) -> csr_matrix:
        """(n, V) values of the terms; the row of a text without a known term is zero."""
        columns, counts, ends = array("q"), array("q"), [0]
        for text in texts:
            found = Counter(self.columns[term] for term, _ in self.terms(text) if term in self.columns)
            columns.extend(found)
            counts.extend(found.values())
            ends.append(len(columns))
        data = (1 + np.log(np.asarray(counts))) * self.idf[np.asarray(columns, dtype=np.int64)]
        values = csr_matrix((data, columns, ends), shape=(len(texts), len(self.columns)))
        norms = np.sqrt(np.asarray(values.multiply(values).sum(axis=1)).ravel())
        values.data /= np.repeat(norms, np.diff(ends))
        return values


def plain(word: str) -> str:
    """In small letters, and without the points of Hebrew."""
    return word.lower() if word.isascii() else POINT.sub("", word.lower())


class TfidfLogistic(Tfidf):
    """Logistic regression on TF-IDF, or a support vector machine."""

    SEEN_AS = "what the word adds to the answer (coefficient times value)"

    def __init__(self, config: TfidfConfig):
        super().__init__(config)
        self.intercepts = np.zeros(0, np.float32)
        self.coefficients = np.zeros((0, 0), np.float32)

    def fit(self, texts: Sequence[str], labels: np.ndarray, *, classes: int, seed: int) -> None:
        """labels: (n,) class indices. Raises HeadworkError when the texts hold no word or are all of one class."""
        if len(np.unique(labels)) < 2:
            raise HeadworkError("tfidf: the training texts are all of one class; give it texts of at least two")
        self.choose_terms(texts)
        self.coefficients, self.intercepts = self._fitted(self.values(texts), labels, classes=classes, seed=seed)

    def _fitted(self, values: csr_matrix, labels: np.ndarray, **told: int) -> tuple[np.ndarray, np.ndarray]:
        return FITS[self.config.loss](values, labels, strength=self.config.strength, **told)

    def logits(self, texts: Sequence[str]) -> np.ndarray:
        """(n, C) unnormalised log-probabilities."""
        return self.values(texts) @ self.coefficients.T + self.intercepts

    def word_weights(self, text: str, label: int) -> list[WordWeight]:
        """What each word adds to the logit of class `label`; with its intercept they sum to the logit.

        What a term adds is divided equally among the places where it stands, and a pair's among its two words.
        """
        values = self.values([text])
        adds = values.data * self.coefficients[label, values.indices]
        added = dict(zip(values.indices.tolist(), adds.tolist(), strict=True))
        found = [(self.columns[term], places) for term, places in self.terms(text) if term in self.columns]
        times = Counter(column for column, _ in found)
        words = list(self.words(text))
        weights = np.zeros(len(words))
        for column, places in found:
            weights[places] += added[column] / times[column] / len(places)
        return [WordWeight(*word.span(), weight) for word, weight in zip(words, weights.tolist(), strict=True)]

    @property
    def parameters(self) -> int:
        return self.coefficients.size + self.intercepts.size + self.idf.size

    def settings(self) -> dict[str, Any]:
        return msgspec.to_builtins(TfidfSettings(config=self.config, terms=list(self.columns)))

    def tensors(self) -> dict[str, np.ndarray]:
        """coefficients (C, V), intercepts (C,) and idf (V,), in single precision."""
        return {"coefficients": self.coefficients, "intercepts": self.intercepts, "idf": self.idf}

    @classmethod
    def restore(cls, settings: dict[str, Any], tensors: dict[str, np.ndarray]) -> "TfidfLogistic":
        """Raises HeadworkError where settings and arrays do not fit together."""
        known = strictly(settings, TfidfSettings, "tfidf model")
        model = cls(known.config)
        model.number(known.terms)
        terms, classes = len(known.terms), np.size(tensors.get("intercepts", ()))
        shapes = {"coefficients": (classes, terms), "intercepts": (classes,), "idf": (terms,)}
        check_shapes("tfidf", tensors, shapes)
        model.coefficients, model.intercepts, model.idf = (tensors[name] for name in shapes)
        return model


def fit_logistic(
    values: Any, labels: np.ndarray, *, classes: int, strength: float, seed: int, iterations: int = 2000
) -> tuple[np.ndarray, np.ndarray]:
    """(C, V) coefficients and (C,) intercepts, in single precision, of (n, V) values; labels are (n,) class indices."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression  # predicting does not wait for it

    with warnings.catch_warnings():
        if iterations < 2000:  # fewer are asked for, so that it is no news when they end
            warnings.simplefilter("ignore", ConvergenceWarning)
        fitted = LogisticRegression(C=strength, max_iter=iterations, random_state=seed).fit(values, labels)
    return _of_each_class(fitted, classes)


def fit_svm(
    values: Any, labels: np.ndarray, *, classes: int, strength: float, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """The same of a support vector machine for each class against the rest, with squared hinge losses.

    Fan et al. 2008, "LIBLINEAR", the primal problem of section 2, which takes no random number.
    """
    from sklearn.svm import LinearSVC

    fitted = LinearSVC(C=strength, dual=False, random_state=seed)  # pyright: ignore[reportArgumentType]
    return _of_each_class(fitted.fit(values, labels), classes)


FITS = {"logistic": fit_logistic, "squared-hinge": fit_svm}
"""by the loss"""


def _of_each_class(fitted: Any, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """(C, V) coefficients and (C,) intercepts of what scikit-learn has fitted."""
    weight, bias = fitted.coef_, fitted.intercept_
    if len(fitted.classes_) == 2:  # one row that speaks for the second class and against the first
        weight, bias = np.concatenate([-weight, weight]) / 2, np.concatenate([-bias, bias]) / 2
    coefficients = np.zeros((classes, weight.shape[1]), np.float32)
    intercepts = np.full(classes, NEVER, np.float32)
    coefficients[fitted.classes_], intercepts[fitted.classes_] = weight, bias
    return coefficients, intercepts


def check_shapes(model: str, tensors: dict[str, np.ndarray], shapes: dict[str, tuple[int, ...]]) -> None:
    """Refuse arrays that are missing, additional, of another shape or not finite floating-point numbers."""
    if tensors.keys() != shapes.keys():
        odd = sorted(tensors.keys() ^ shapes.keys())[0]
        raise HeadworkError(f"{model} model: array {odd!r} is {'missing' if odd in shapes else 'unknown'}; {AGAIN}")
    for name, shape in shapes.items():
        found = tensors[name]
        if found.shape != shape or found.dtype.kind != "f" or not np.isfinite(found).all():
            raise HeadworkError(
                f"{model} model: array {name!r} is {found.dtype} of shape {found.shape}; expected finite "
                f"floating-point numbers of shape {shape}; {AGAIN}"
            )
