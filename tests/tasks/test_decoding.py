"""Writing: a beam of 1 is greedy, a wide one is brute force, and the penalties are those of the formulas."""

import itertools
import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from headwork.base.errors import HeadworkError
from headwork.base.recipes import load_recipe, recipe_names, with_settings
from headwork.models import config_of, kind_of
from headwork.ops.packed import TokenBatch, pack
from headwork.tasks.decoding import NOTHING, Hypothesis, Search, coverage, repeating, write

FIRST, LAST, LONGEST = 2, 3, 4
VOCABULARY = 6
BANNED = (0, 1)
SOURCES = [[4, 5, 4, 3], [5, 3], [4, 4, 5, 5, 4, 5, 3]]
TINY = {"rnn-translator": ("width=8", "hidden=8"), "transformer-translator": ("dim=8", "layers=2", "heads=2", "ff=16")}


def network(name: str, *settings: str, seed: int = 0, vocabulary: int = VOCABULARY):
    recipe = load_recipe(name, "translate")
    sizes = tuple(f"model.{word}" for word in (*TINY[recipe.kind], *settings))
    recipe = with_settings(recipe, (*sizes, "model.dropout=0.0"))
    torch.manual_seed(seed)
    model = kind_of(recipe).load()[0](config_of(recipe), vocabulary=vocabulary).double().eval()
    with torch.no_grad():  # far from uniform, so that no two hypotheses are about as good
        for parameter in model.parameters():
            parameter.mul_(3.0)
    return model


def log_probabilities(model, source: list[int], written: list[int]) -> Tensor:
    """(T, V) behind each written token, the opening one first, by the forward pass alone."""
    with torch.no_grad():
        return model(pack([source]), pack([[FIRST, *written]])).log_softmax(-1)


@torch.no_grad()
def brute_force(model, source: list[int], search: Search) -> Hypothesis:
    """The best of all texts of at most LONGEST tokens, each looked at by itself."""
    tokens = [token for token in range(VOCABULARY) if token not in (*BANNED, FIRST, LAST)]
    found = []
    for length in range(LONGEST + 1):
        for text in itertools.product(tokens, repeat=length):
            rows = log_probabilities(model, source, list(text))
            total = sum(float(rows[place, token]) for place, token in enumerate(text))
            written = length
            if length < LONGEST:
                total, written = total + float(rows[length, LAST]), length + 1
            score = total / ((5 + written) / 6) ** search.length_penalty
            if search.coverage_penalty:
                target = TokenBatch(torch.tensor([FIRST, *text][:written]), (written,))
                (looked,) = model.alignment(pack([source]), target)
                received = looked.sum(0).clamp(min=NOTHING, max=1.0)
                score += search.coverage_penalty * sum(math.log(float(share)) for share in received)
            found.append(Hypothesis(list(text), total, score))
    return max(found, key=lambda each: each.score)


def written_by(model, sources: list[list[int]], search: Search) -> list[list[Hypothesis]]:
    longest = [LONGEST] * len(sources)
    return write(model, pack(sources), search, first=FIRST, last=LAST, longest=longest, banned=BANNED)


@pytest.mark.row("AT39", "AT38")
@pytest.mark.parametrize(
    ("name", "penalties"),
    [
        *((name, {}) for name in ("rnn", "bahdanau", "transformer")),
        *((name, {"length_penalty": 0.0}) for name in ("rnn", "bahdanau", "transformer")),
        # Without attention nothing is covered.
        *((name, {"length_penalty": 1.7, "coverage_penalty": 0.4}) for name in ("bahdanau", "transformer")),
    ],
)
def test_a_beam_that_holds_all_texts_is_brute_force(name: str, penalties: dict) -> None:
    model = network(name)
    search = Search(beam=VOCABULARY**2 * 4, **penalties)
    for source, found in zip(SOURCES, written_by(model, SOURCES, search), strict=True):
        best = brute_force(model, source, search)
        assert found[0].ids == best.ids
        assert found[0].log_probability == pytest.approx(best.log_probability, abs=1e-5)
        assert found[0].score == pytest.approx(best.score, abs=1e-5)
        assert all(each.log_probability > -torch.inf for each in found), "places of the beam that no text fills"


@pytest.mark.row("AT39")
@pytest.mark.parametrize("name", recipe_names("translate"))
def test_a_beam_of_one_is_greedy(name: str) -> None:
    for seed in range(5):
        model = network(name, seed=seed)
        for source, found in zip(SOURCES, written_by(model, SOURCES, Search(beam=1)), strict=True):
            text: list[int] = []
            while len(text) < LONGEST:
                row = log_probabilities(model, source, text)[-1]
                row[[*BANNED, FIRST]] = -torch.inf
                token = int(row.argmax())
                if token == LAST:
                    break
                text.append(token)
            assert found[0].ids == text


@pytest.mark.parametrize("beam", [1, 2, 5])
def test_texts_written_together_are_those_written_alone(beam: int) -> None:
    model = network("bahdanau")
    together = written_by(model, SOURCES, Search(beam=beam))
    for source, found in zip(SOURCES, together, strict=True):
        (alone,) = written_by(model, [source], Search(beam=beam))
        assert [each.ids for each in alone] == [each.ids for each in found]


def test_a_wider_beam_finds_no_less() -> None:
    for seed in range(10):
        model = network("transformer", seed=seed)
        scores = [
            [found[0].log_probability for found in written_by(model, SOURCES, Search(beam=beam, length_penalty=0.0))]
            for beam in (1, VOCABULARY**2 * 4)
        ]
        assert all(wide >= narrow - 1e-6 for narrow, wide in zip(*scores, strict=True))


class Sure:
    """Writes token 4 six times and closes; all that it may close earlier is far less likely, but never impossible."""

    LOOKS = False

    class Written:
        def __init__(self, rows: int) -> None:
            self.counts = torch.zeros(rows, dtype=torch.long)

        def reorder(self, rows: Tensor) -> None:
            self.counts = self.counts[rows]

        select = reorder

    def begin(self, source: TokenBatch) -> Written:
        return self.Written(len(source.lengths))

    def step(self, ids: Tensor, state: Written) -> Tensor:
        next_token = torch.where(state.counts < 6, 4, LAST)
        state.counts = state.counts + 1
        return torch.full((len(ids), VOCABULARY), -6.0).scatter(1, next_token[:, None], 0.0)


@pytest.mark.parametrize("beam", [1, 2, 3, 5])
def test_many_finished_ones_do_not_end_a_search_for_a_better_one(beam: int) -> None:
    (found,) = write(Sure(), pack([[4, 3]]), Search(beam=beam), first=FIRST, last=LAST, longest=[20], banned=BANNED)
    assert found[0].ids == [4] * 6


@pytest.mark.row("AT38")
def test_the_length_penalty_by_hand() -> None:
    assert Search(length_penalty=1.0).penalty(1) == 1
    assert Search(length_penalty=1.0).penalty(7) == 2
    assert Search(length_penalty=0.5).penalty(19) == 2
    assert Search(length_penalty=0.0).penalty(100) == 1


@pytest.mark.row("AT38")
def test_the_coverage_penalty_by_hand() -> None:
    received = torch.tensor([[0.5, 2.0, 0.25, 9.0], [1.0, 1.0, 1.0, 1.0]])
    present = torch.tensor([[True, True, True, False], [True, True, True, True]])
    assert coverage(received, present).tolist() == pytest.approx([math.log(0.5) + math.log(0.25), 0.0])


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(HeadworkError, match="--beam 0"):
        Search(beam=0)
    with pytest.raises(HeadworkError, match="no attention"):
        written_by(network("rnn"), SOURCES, Search(beam=2, coverage_penalty=0.2))


@given(
    rows=st.lists(st.lists(st.integers(0, 2), min_size=9, max_size=9), min_size=1, max_size=4), size=st.integers(1, 4)
)
def test_what_would_repeat_so_many_tokens_is_found(rows: list[list[int]], size: int):
    found = set(zip(*(each.tolist() for each in repeating(torch.tensor(rows), size)), strict=True))
    expected = set()
    for number, row in enumerate(rows):
        runs = {tuple(row[place : place + size]) for place in range(len(row) - size + 1)}
        expected |= {(number, token) for token in range(3) if (*row[len(row) - size + 1 :], token) in runs}
    assert found == expected


@pytest.mark.parametrize("beam", [1, 3])
def test_no_three_tokens_in_a_row_are_written_twice(beam: int):
    model, source = network("transformer", seed=4), pack(SOURCES)
    with torch.no_grad():
        model.bias[LAST] = -50.0  # it goes on for as long as it may

    def written(unrepeated: int) -> list[list[int]]:
        search = Search(beam=beam, unrepeated=unrepeated)
        found = write(model, source, search, first=FIRST, last=LAST, longest=[20] * 3, banned=BANNED)
        return [each[0].ids for each in found]

    def repeats(ids: list[int]) -> bool:
        runs = [tuple(ids[place : place + 3]) for place in range(len(ids) - 2)]
        return len(set(runs)) < len(runs)

    assert any(map(repeats, written(0))) and not any(map(repeats, written(3)))


def test_one_token_may_open_and_close():
    model = network("transformer", seed=4)
    with torch.no_grad():
        model.bias[LAST] = 50.0
    found = write(model, pack(SOURCES), Search(beam=2), first=LAST, last=LAST, longest=[20] * 3, banned=BANNED)
    assert [each[0].ids for each in found] == [[], [], []]
