"""What a run and a comparison of language models write down, beside what `results` says of every task.

Losses are in nats for each token. Bits per character are those of a code for the whole text: an unknown token is
followed by the bytes that it stands for, so that models with different tokens can be compared on one text. Of pictures,
whose characters are intensities, they are bits per dimension.
"""

from collections.abc import Sequence
from typing import Literal

import msgspec

from headwork.base.results import Compared, Finished, Standing

START_ID, UNKNOWN_ID = 0, 1
"""tokens that open a document, and that stand for what the training side lacks; the others stand for text"""

UNKNOWN = "\N{REPLACEMENT CHARACTER}"
"""what is written for an unknown token"""

TokenKind = Literal["characters", "bytes", "words", "marked-words", "bpe", "intensities"]


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """What a text is made of for a model."""

    kind: TokenKind
    vocabulary: int
    """different tokens, the start of a document and the unknown one too"""
    test: int
    """tokens of the test side"""
    unknown: int
    """of these, tokens that the training side lacks"""

    @property
    def unit(self) -> str:
        """What the bits of a code are counted for."""
        return "dimension" if self.kind == "intensities" else "character"

    def __str__(self) -> str:
        return f"{self.kind} ({self.vocabulary:,})"


class Loss(msgspec.Struct, frozen=True, kw_only=True):
    """How well a text is predicted."""

    nats: float
    """for each token"""
    perplexity: float
    bits_per_character: float


class LengthPoint(msgspec.Struct, frozen=True, kw_only=True):
    """A model on texts of `length` tokens: how well it predicts them, and what a training step on one costs."""

    length: int
    nats: float
    """for each token of the test side, read in pieces of `length` tokens that know nothing of each other"""
    seconds: float
    """of a training step on one text of this length"""
    bytes: int
    """largest memory that the step held at once beside the weights"""


class Slopes(msgspec.Struct, frozen=True, kw_only=True):
    """Exponents p of cost = c length^p, fitted to the longer half of the lengths; 1 is linear, 2 quadratic."""

    seconds: float
    bytes: float


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """How far back each head of a layer looks, in tokens, as it was learned."""

    layer: str
    heads: list[float]


class Ponder(msgspec.Struct, frozen=True, kw_only=True):
    """How many steps a model with adaptive computation time spent on each token of a piece of the test side."""

    tokens: list[str]
    steps: list[float]


class SlotUse(msgspec.Struct, frozen=True, kw_only=True):
    """How much of a memory of slots was read on the test side, and how unevenly."""

    layer: str
    slots: int
    share: float
    """of the slots that were read"""
    divergence: float
    """KL from even use, in nats"""


class Gates(msgspec.Struct, frozen=True, kw_only=True):
    """How much of what each head gives comes from a memory of older tokens, from 0 to 1."""

    layer: str
    heads: list[float]


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """How far a gate stood open, from 0 to 1, as each token of a piece of the test side was foretold."""

    tokens: list[str]
    gates: list[float]


class Entries(msgspec.Struct, frozen=True, kw_only=True):
    """What a datastore of the training text adds to a network, on the first tokens of the test side."""

    entries: int
    share: float
    """that is theirs: of the prediction, or where they join in by a gate, of the state, on average"""
    temperature: float | None = None
    """chosen on dev, as the share then was; None where they join in by a gate"""
    opened: Opened | None = None
    """the gate, where they join in by one"""
    nats: float
    """for each token"""
    nats_without: float


class Exits(msgspec.Struct, frozen=True, kw_only=True):
    """Early exits on the first tokens of the test side."""

    threshold: float | None
    """of certainty; None: none was certified, and every token goes through all layers"""
    risk: float
    doubt: float
    """what was promised of the threshold on dev: at most this risk, surely but for this doubt"""
    layers: int
    depth: float
    """layers that a token took, on average"""
    differs: float
    """share of the tokens that are foretold otherwise than by the full network"""
    nats: float
    nats_full: float
    """for each token, with exits and by the full network"""


class Insights(msgspec.Struct, frozen=True, kw_only=True):
    """What a model shows of itself, as far as it has such parts."""

    spans: tuple[Span, ...] = ()
    ponder: Ponder | None = None
    slots: tuple[SlotUse, ...] = ()
    gates: Gates | None = None
    entries: Entries | None = None
    exits: Exits | None = None


class Completion(msgspec.Struct, frozen=True, kw_only=True):
    """A picture of the test side and what a model made of its first rows, as PNG files."""

    original: bytes
    rows: int
    """that the model was given"""
    completed: bytes


class LanguageRun(Finished, frozen=True, kw_only=True, tag="language"):
    """result.json of a run of a language model."""

    tokens: Tokens
    context: int
    """tokens that are read at once; what a model carries from one such segment to the next comes on top"""
    dev: Loss
    test: Loss
    trained_tokens_per_second: float
    """0 where training has no steps"""
    read_tokens_per_second: float
    """on the test side"""
    lengths: tuple[LengthPoint, ...] = ()
    slopes: Slopes | None = None
    prompt: str = ""
    samples: tuple[str, ...] = ()
    """what the model wrote behind the prompt"""
    completions: tuple[Completion, ...] = ()
    insights: Insights = Insights()


class LanguageStanding(Standing, frozen=True, kw_only=True):
    """One row of a comparison of language models; `scores` are bits_per_character and nats."""

    tokens: Tokens
    context: int
    perplexity: float
    trained_tokens_per_second: float
    read_tokens_per_second: float
    lengths: tuple[LengthPoint, ...] = ()
    """of the first seed, as the following"""
    slopes: Slopes | None = None
    samples: tuple[str, ...] = ()
    completions: tuple[Completion, ...] = ()
    insights: Insights = Insights()


class LanguageComparison(Compared, frozen=True, kw_only=True, tag="language"):
    """result.json of a comparison of language models."""

    models: Sequence[LanguageStanding]
    best: str
    """the model with the fewest bits per character"""
    prompt: str

    @property
    def unit(self) -> str:
        return self.models[0].tokens.unit
