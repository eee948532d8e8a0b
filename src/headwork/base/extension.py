"""extension.json: what became of a vocabulary to which words were added."""

from collections.abc import Mapping

import msgspec

from headwork.base.results import Difference, Machine, Score


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """asked.json: what makes a folder this extension and no other."""

    source: str
    """sha256 of the encoder's weights"""
    corpus: str
    """sha256 of its texts"""
    tokens: int
    start: str
    seed: int
    budget_seconds: float | None
    alone: bool


class Fragmentation(msgspec.Struct, frozen=True, kw_only=True):
    """How held-out texts become tokens."""

    tokens_per_word: Score
    split: Score
    """share of the words that become several tokens"""
    unknown: Score
    """share of the words that hold a token for what the vocabulary cannot write"""


class WordLoss(msgspec.Struct, frozen=True, kw_only=True):
    """How well hidden words of held-out texts are told; nats of a word, which are comparable between vocabularies."""

    before: float
    word: Score
    """after training"""
    character: Score
    against_transfer: Difference | None
    """of a word: this minus that of the old vocabulary with the pretrained weights; None where it was not trained"""
    seconds: float
    steps: int
    stopped: str


class Extension(msgspec.Struct, frozen=True, kw_only=True):
    encoder: str
    corpus: str
    texts: int
    held_out: int
    new_tokens: int
    start: str
    """how the new rows came about"""
    old: Fragmentation
    new: Fragmentation
    fresh_head: bool = False
    """had the encoder no masked head of its own"""
    losses: Mapping[str, WordLoss] = {}
    """by what was trained: scratch, transfer, extended"""
    words_asked: int = 0
    """hidden words that the losses are of"""
    notes: list[str] = []
    machine: Machine
    command: str = ""
