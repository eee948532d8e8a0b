"""Worked examples for `headwork trace`: two whole walk-throughs with fixed numbers, and published mechanisms by name.

self-attention   q = x W_q, k = x W_k, v = x W_v, then attention    Karim 2019, "Illustrated: Self-Attention"
decoder          one decoder state asks three encoder states; then  Luong et al. 2015, equations 5 and 6
                     h~ = tanh(W_c [c; h]),   p = softmax(W_s h~)

Axes: Q queries, K keys, D width of an input, d width of queries, keys and values.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from headwork.attention.choice import Choice
from headwork.attention.mechanism import Mechanism
from headwork.base.errors import HeadworkError
from headwork.explain.formulas import formulas_of
from headwork.explain.rows import dimensions, rows
from headwork.explain.trace import Trace, as_text, trace

MOST_WORDS = 16
WIDTH = 4
MECHANISMS = {
    "self-attention": Choice(),
    "decoder": Choice(),
    "bahdanau": Choice(score="additive"),
    "luong-dot": Choice(),
    "luong-general": Choice(score="general"),
    "luong-concat": Choice(score="concat"),
    "luong-location": Choice(score="location"),
    "luong-local-m": Choice(scope=("local-m:1",)),
    "luong-local-p": Choice(scope=("local-p:1",)),
    "transformer": Choice(score="scaled_dot"),
    "transformer-decoder": Choice(score="scaled_dot", scope=("causal",)),
    "sparse-transformer": Choice(score="scaled_dot", scope=("causal", "strided:2")),
    "longformer": Choice(score="scaled_dot", scope=("window:1",)),
    "linear": Choice(score="features", normaliser="proportional"),
    "alibi": Choice(score="scaled_dot", scope=("causal",), position=("alibi",)),
    "rotary": Choice(score="scaled_dot", position=("rotary",)),
    "adaptively-sparse": Choice(score="scaled_dot", normaliser="entmax15"),
}
"""what each is, in words of the tables; the first two have inputs of their own"""

_float = partial(torch.tensor, dtype=torch.float64)
INPUTS = _float([[1, 0, 1, 0], [0, 2, 0, 2], [1, 1, 1, 1]])
W_Q = _float([[1, 0, 1], [1, 0, 0], [0, 0, 1], [0, 1, 1]])
W_K = _float([[0, 0, 1], [1, 1, 0], [0, 1, 0], [1, 1, 0]])
W_V = _float([[0, 2, 0], [0, 3, 0], [1, 0, 3], [1, 1, 0]])

ENCODER_STATES = _float([[1, 0, 0], [0, 2, 0], [1, 0, 2]])
DECODER_STATE = _float([[1, 1, 1]])
W_C = _float([[1, 0, 0, -1, 0, 0], [0, 1, 0, 0, -1, 0], [0, 0, 1, 0, 0, -1]])
W_S = _float([[2, 0, 0], [0, 2, 0], [0, 0, 2]])
SOURCE, TARGET = ("Ich", "bin", "Studentin"), ("I", "am", "student")


@dataclass(frozen=True)
class Worked:
    """What was traced, and what stands before and behind it."""

    trace: Trace
    before: tuple[tuple[str, str], ...] = ()
    """steps: a title and a table"""
    after: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        first, last = len(self.before) + 1, len(self.before) + 9
        before = [f"{number}. {title}\n{table}" for number, (title, table) in enumerate(self.before, 1)]
        after = [f"{number}. {title}\n{table}" for number, (title, table) in enumerate(self.after, last)]
        steps = as_text(self.trace, formulas=formulas_of(self.trace.mechanism), first=first)
        return "\n\n".join([*before, steps, *after])


def _mechanism(choice: Choice, width: int, keys: int, seed: int) -> Mechanism:
    """Of one head, in double precision, with weights drawn from `seed`."""
    torch.manual_seed(seed)
    chosen = choice.mechanism(width=width, keys=keys, seed=seed)
    for module in chosen.modules():
        module.double()
    return chosen


def worked(name: str, choice: Choice, *, words: Sequence[str] = (), seed: int = 0) -> Worked:
    """The example of that name, with the choice in place of its own mechanism and `words` in place of its inputs."""
    if len(words) > MOST_WORDS:
        raise HeadworkError(
            f"--text has {len(words)} words; a trace shows {MOST_WORDS} at most; "
            "shorten it, or see `headwork draw-attention` for longer ones"
        )
    try:
        shown = _worked(name, choice, words, seed)
    except (RuntimeError, IndexError, ArithmeticError) as error:  # torch's, of settings such as a stride of 0
        raise HeadworkError(f"{name}: it cannot be computed with {choice} ({error}); change its numbers") from error
    if not shown.trace.context.isfinite().all():
        raise HeadworkError(f"{name}: with {choice} what comes out is not finite; change its numbers")
    return shown


def _worked(name: str, choice: Choice, words: Sequence[str], seed: int) -> Worked:
    if words:
        return _of_words(choice, words, seed, one_query=name == "decoder")
    return (
        _decoder(choice, seed) if name == "decoder" else _self_attention(choice, seed, whole=name == "self-attention")
    )


def _self_attention(choice: Choice, seed: int, *, whole: bool) -> Worked:
    """The three inputs of the tutorial; widened by a zero where it is another mechanism's turn, for those of pairs."""
    labels = ("x1", "x2", "x3")
    before = [("Inputs", rows(INPUTS, labels, dimensions("x", INPUTS)))]
    vectors = []
    for name, weight in (("q", W_Q), ("k", W_K), ("v", W_V)):
        columns, inputs = dimensions(name, weight), dimensions("x", INPUTS)
        before.append((f"W_{name}, so that {name} = x W_{name}", rows(weight, inputs, columns)))
        vectors.append(INPUTS @ weight)
    query, key, value = vectors
    if not whole:
        before, labels = [], ("one", "two", "three")
        query, key = (torch.nn.functional.pad(x, (0, 1)) for x in (query, key))
    mechanism = _mechanism(choice, query.shape[1], len(key), seed)
    return Worked(trace(mechanism, query, key, value, queries=labels, keys=labels), tuple(before))


def _decoder(choice: Choice, seed: int) -> Worked:
    mechanism = _mechanism(choice, 3, 3, seed)
    traced = trace(mechanism, DECODER_STATE, ENCODER_STATES, ENCODER_STATES, queries=("decoder state h",), keys=SOURCE)
    attentional, chances = decoded(traced.context, DECODER_STATE)
    state = rows(attentional, ("h~",), dimensions("h", attentional))
    words = rows(chances, ("chance",), TARGET)
    best = TARGET[int(chances.argmax())]
    after = (
        ("Attentional state: h~ = tanh(W_c [c; h]), here W_c = [I, -I], that is tanh(c - h)", state),
        (f"Decoding: softmax(W_s h~), here W_s = 2 I; the word is {best!r}", words),
    )
    return Worked(traced, after=after)


def decoded(context: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
    """(1, d) context and decoder state to (1, d) h~ and (1, words) chances (Luong et al. 2015, equations 5 and 6)."""
    attentional = (torch.cat([context, state], dim=1) @ W_C.T).tanh()
    return attentional, (attentional @ W_S.T).softmax(-1)


def _of_words(choice: Choice, words: Sequence[str], seed: int, *, one_query: bool) -> Worked:
    """Small whole numbers drawn from the seed; a word that is repeated has the same vectors again."""
    generator = torch.Generator().manual_seed(seed)
    distinct = list(dict.fromkeys(words))
    drawn = torch.randint(-1, 3, (3, len(distinct), WIDTH), generator=generator).double()
    query, key, value = drawn[:, [distinct.index(word) for word in words]]
    queries = tuple(words)
    if one_query:
        query, queries = torch.randint(-1, 3, (1, WIDTH), generator=generator).double(), ("decoder state h",)
    mechanism = _mechanism(choice, WIDTH, len(key), seed)
    return Worked(trace(mechanism, query, key, value, queries=queries, keys=words))
