"""diagnosis.json: how a model fares on minimal pairs, suite by suite."""

from typing import Any

import msgspec

from headwork.base.results import Difference, Score


class Most(msgspec.Struct, frozen=True, kw_only=True):
    """What any model reaches at most that counts words, or word pairs, and nothing else."""

    accuracy: float
    sensitivity: float


class SuiteScore(msgspec.Struct, frozen=True, kw_only=True):
    suite: str
    items: int
    left_out: int
    """items with a word that the model has no single token for, or cannot read"""
    accuracy: Score | None
    """share of the texts that are answered rightly; None where answers are scores without classes"""
    accuracy_5: Score | None
    """of a language model: share of the words that are among its first five"""
    sensitivity: Score
    """share of the items in which what is changed moves the answer as it should; of those in which nothing should
    change, the share in which the answer does"""
    wanted: float
    """the sensitivity of a model that understands: 1, or 0"""
    words: Most
    word_pairs: Most
    against_first: dict[str, Difference] = {}
    """accuracy and sensitivity minus those of the first model that was asked"""


class Diagnosis(msgspec.Struct, frozen=True, kw_only=True):
    run: str
    model: str
    kind: str
    """classify, pair or cloze"""
    notes: list[str]
    suites: list[SuiteScore]


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """A line of items.jsonl."""

    run: str
    suite: str
    group: str
    asked: list[Any]
    """texts, pairs of them, or contexts with a word"""
    answers: list[Any]
    """the right ones"""
    chances: list[float]
    """of the answer in question, or the score; of a word, its logarithm"""
    right: list[bool] | None
    moved: float
    """1: as `sensitivity` counts; one half where nothing moved that should"""
