"""Writing with a translation model: beam search, of which a beam of 1 is greedy.

    score(Y | X) = log P(Y | X) / lp(Y) + cp(X, Y)               Wu et al. 2016, "Google's neural machine translation
    lp(Y) = ((5 + |Y|) / 6)^α                                    system", equation 14
    cp(X, Y) = β sum_i log min(sum_j p_ij, 1)

|Y| counts the closing token; p_ij is the weight of source token i at step j. Of each step's candidates the best 2 k are
looked at: closing ones among the best k are finished, the best k others live on. A text is done when no live one can
still be better than the best finished one, or when k are finished and the best live one is worse at its present length.

Axes: B texts, k beams, R = B k rows, K tokens of the longest source, V vocabulary.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from headwork.base.errors import HeadworkError
from headwork.models.translation import TranslationModel
from headwork.ops.packed import TokenBatch, mask_of

NOTHING = 1e-9


class Hypothesis(NamedTuple):
    ids: list[int]
    """without what opens and closes a text"""
    log_probability: float
    """natural logarithm"""
    score: float


@dataclass(frozen=True, kw_only=True)
class Search:
    """How to write."""

    beam: int = 1
    length_penalty: float = 1.0
    """α; 0 leaves long texts at a disadvantage"""
    coverage_penalty: float = 0.0
    """β"""
    unrepeated: int = 0
    """no so many tokens in a row are written twice (Paulus, Xiong and Socher 2018, section 2.5: 3); 0: anything is"""

    def __post_init__(self) -> None:
        if self.beam < 1:
            raise HeadworkError(f"--beam {self.beam}: expected 1 or more")

    def penalty(self, length: int) -> float:
        """lp: of a text of so many tokens."""
        return ((5 + length) / 6) ** self.length_penalty


def coverage(received: Tensor, present: Tensor) -> Tensor:
    """(R, K) weight that each source token has received, and where there are tokens, to the (R,) sums of cp over β.

    A token that received nothing, as sparse attention gives, counts as NOTHING, or its logarithm would outweigh all.
    """
    shares = received.clamp(min=NOTHING, max=1.0).log()
    return shares.masked_fill(~present, 0.0).sum(-1)


@torch.inference_mode()
def write(
    model: TranslationModel,
    source: TokenBatch,
    search: Search,
    *,
    first: int,
    last: int,
    longest: Sequence[int],
    banned: Sequence[int] = (),
) -> list[list[Hypothesis]]:
    """For each source the hypotheses found, at most k, best first.

    first, last: the tokens that open and close a text; longest: most tokens to be written for each source; `banned`
    tokens are never written.
    """
    if search.coverage_penalty and not model.LOOKS:
        raise HeadworkError("--coverage-penalty: this model has no attention, so nothing can be covered; leave it out")
    return _Writer(model, source, search, first, last, list(longest), list(banned)).run()


def repeating(written: Tensor, length: int) -> tuple[Tensor, Tensor]:
    """Rows of (R, T) tokens and what they must not go on with, lest `length` tokens in a row stand there twice."""
    before = written.unfold(1, length, 1)
    last = written[:, None, written.shape[1] - length + 1 :]
    rows, places = (before[..., :-1] == last).all(-1).nonzero(as_tuple=True)
    return rows, before[rows, places, -1]


class _Writer:
    """The live rows of a search: `texts` says which sources are not done yet, k rows each."""

    def __init__(
        self,
        model: TranslationModel,
        source: TokenBatch,
        search: Search,
        first: int,
        last: int,
        longest: list[int],
        banned: list[int],
    ) -> None:
        self.model, self.search, self.last, self.longest = model, search, last, longest
        self.banned = [*banned, first] if first != last else banned  # GPT-2 has one token for both
        device, beam, texts = source.ids.device, search.beam, len(source.lengths)
        self.state = model.begin(source)
        self.texts = list(range(texts))
        self.state.select(torch.arange(texts, device=device).repeat_interleave(beam))
        self.present = mask_of(source.lengths, device).repeat_interleave(beam, 0)
        self.received = torch.zeros_like(self.present, dtype=torch.float32)
        self.ids = torch.full((texts * beam,), first, device=device)
        self.written = torch.empty((texts * beam, 0), dtype=torch.long, device=device)
        # All beams of a text begin alike; only one of them counts, or the best would be found k times.
        self.scores = torch.full((texts, beam), -torch.inf, device=device)
        self.scores[:, 0] = 0
        self.finished: list[list[Hypothesis]] = [[] for _ in range(texts)]

    def run(self) -> list[list[Hypothesis]]:
        for place in range(1, max(self.longest, default=0) + 1):
            if not self.texts:
                break
            self._step(place)
        return [sorted(found, key=lambda each: -each.score) for found in self.finished]

    def _step(self, place: int) -> None:
        beam = self.search.beam
        totals = self.scores[:, :, None] + self._log_probabilities().unflatten(0, (-1, beam))
        vocabulary = totals.shape[-1]
        best = totals.flatten(1).topk(min(2 * beam, beam * vocabulary), dim=1)
        parents, tokens = best.indices // vocabulary, best.indices % vocabulary
        closes = tokens == self.last
        self._finish(place, best.values, parents, closes)
        # Live on: the best that do not close; where there are too few, dead ones fill up.
        order = (closes | best.values.isinf()).sort(dim=1, stable=True).indices[:, :beam]
        values, parents, tokens, closes = (x.gather(1, order) for x in (best.values, parents, tokens, closes))
        self.scores = values.masked_fill(closes, -torch.inf)
        offsets = torch.arange(len(self.texts), device=tokens.device)[:, None] * beam
        self._move((parents + offsets).flatten(), tokens.flatten())
        self._drop_done(place)

    def _log_probabilities(self) -> Tensor:
        """(R, V)"""
        if self.search.coverage_penalty:
            logits, given = self.model.step_and_look(self.ids, self.state)
            self.received = self.received + given
        else:
            logits = self.model.step(self.ids, self.state)
        found = logits.float().log_softmax(-1)
        found[:, self.banned] = -torch.inf
        if 0 < self.search.unrepeated <= self.written.shape[1]:
            rows, tokens = repeating(self.written, self.search.unrepeated)
            found[rows, tokens] = -torch.inf
        return found

    def _finish(self, place: int, values: Tensor, parents: Tensor, closes: Tensor) -> None:
        """Put away what closes among the best k, and all that lives when a text may not grow."""
        beam = self.search.beam
        for row, rank in closes[:, :beam].nonzero().tolist():
            if values[row, rank] > -torch.inf:
                self._put(row, int(parents[row, rank]), float(values[row, rank]), place)

    def _put(self, row: int, parent: int, value: float, length: int) -> None:
        line = row * self.search.beam + parent
        score = value / self.search.penalty(length)
        if self.search.coverage_penalty:
            covered = coverage(self.received[line : line + 1], self.present[line : line + 1])
            score += self.search.coverage_penalty * float(covered)
        self.finished[self.texts[row]].append(Hypothesis(self.written[line].tolist(), value, score))

    def _move(self, rows: Tensor, tokens: Tensor) -> None:
        self.ids = tokens
        if not torch.equal(rows, torch.arange(len(rows), device=rows.device)):
            self.state.reorder(rows)
            self.written, self.received = self.written[rows], self.received[rows]
        self.written = torch.cat([self.written, tokens[:, None]], 1)

    def _drop_done(self, place: int) -> None:
        keep = []
        for row, (text, scores) in enumerate(zip(self.texts, self.scores.tolist(), strict=True)):
            if place >= self.longest[text]:
                for parent, score in enumerate(scores):
                    if score > -torch.inf:
                        self._put(row, parent, score, place)
            elif not self._is_done(text, scores[0], place):
                keep.append(row)
        if len(keep) < len(self.texts):
            self._select(keep)

    def _is_done(self, text: int, alive: float, place: int) -> bool:
        """`alive`: the score of the best that lives."""
        found = self.finished[text]
        if alive == -torch.inf:
            return True
        best = max((each.score for each in found), default=-torch.inf)
        # The most that a live one can still reach: no further loss, at the length that is best for it.
        reach = alive / self.search.penalty(self.longest[text]) if self.search.length_penalty >= 0 else alive
        return reach <= best or (len(found) >= self.search.beam and alive / self.search.penalty(place) <= best)

    def _select(self, keep: list[int]) -> None:
        beam = self.search.beam
        self.texts = [self.texts[row] for row in keep]
        self.scores = self.scores[keep]
        rows = torch.tensor(
            [row * beam + place for row in keep for place in range(beam)], device=self.ids.device
        ).long()
        if len(rows):
            self.state.select(rows)
        self.ids, self.written, self.received, self.present = (
            x[rows] for x in (self.ids, self.written, self.received, self.present)
        )
