"""What is masked, what is replaced and how often, by chi-square; labels are exact; heads against their formulas."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from scipy import stats
from torch.nn import functional as F

from headwork.layers.denoising import DenoisingHeads, NGrams, choose, masked, replaced

MASK, VOCABULARY = 50, 50
ORDINARY = torch.arange(4, VOCABULARY)


def text(length: int = 40_000) -> tuple[torch.Tensor, torch.Tensor]:
    """Ids, every tenth one of the frame, and which are not."""
    torch.manual_seed(0)
    ids = torch.randint(4, VOCABULARY, (length,))
    ids[::10] = 2
    return ids, ids >= 4


@pytest.mark.row("BE26")
def test_a_token_in_seven_is_chosen_and_none_of_the_frame():
    _, free = text()
    places = choose(free)
    assert free[places].all() and len(places.unique()) == len(places)
    p = stats.binomtest(len(places), int(free.sum()), 0.15).pvalue
    assert p > 1e-4
    assert choose(torch.zeros(5, dtype=torch.bool)).tolist() == []
    assert all(len(choose(torch.tensor([False, True]))) == 1 for _ in range(20))


@pytest.mark.row("BE26")
def test_of_the_chosen_80_are_masked_10_random_10_stay():
    ids, free = text()
    places = choose(free)
    seen = masked(ids, places, mask=MASK, ordinary=ORDINARY)
    others = torch.ones(len(ids), dtype=torch.bool)
    others[places] = False
    assert torch.equal(seen.ids[others], ids[others]) and torch.equal(seen.places, places)
    now, before = seen.ids[places], ids[places]
    counts = [(now == MASK).sum(), ((now != MASK) & (now != before)).sum(), (now == before).sum()]
    random = len(places) * 0.1
    stay = random / len(ORDINARY)  # a random token may be the same one
    expected = [len(places) * 0.8, random - stay, len(places) * 0.1 + stay]
    assert stats.chisquare([int(count) for count in counts], expected).pvalue > 1e-4
    drawn = now[(now != MASK) & (now != before)]
    assert drawn.min() >= 4 and drawn.max() < VOCABULARY
    assert stats.chisquare(np.bincount(drawn.numpy(), minlength=VOCABULARY)[4:]).pvalue > 1e-4


@pytest.mark.row("BE26")
def test_a_token_counts_as_replaced_just_where_it_differs():
    ids, free = text(2000)
    places = choose(free)
    grams = NGrams([ids.tolist()], vocabulary=VOCABULARY)
    drawn = grams.draw(ids, places)
    seen, changed = replaced(ids, places, drawn)
    expected = [False] * len(ids)
    for place, token in zip(places.tolist(), drawn.tolist(), strict=True):
        assert seen[place] == token
        expected[place] = token != ids[place].item()
    assert changed.tolist() == expected and 0 < sum(expected) < len(places)
    _, none = replaced(ids, places, ids[places])
    assert not none.any()


@pytest.mark.row("BE26")
def test_generators_draw_a_third_each_from_words_and_both_neighbours():
    texts = [[5, 6, 7, 5, 6, 8], [5, 9], [], [6, 7, 6]]
    grams = NGrams(texts, vocabulary=12)
    torch.manual_seed(0)
    ids = torch.tensor([5, 0, 7])  # asked for the one between 5 and 7
    found = np.bincount(grams.draw(ids, torch.ones(30_000, dtype=torch.int64)).numpy(), minlength=12)
    flat = [token for each in texts for token in each]
    after = [b for each in texts for a, b in pairwise(each) if a == 5]
    before = [a for each in texts for a, b in pairwise(each) if b == 7]
    chances = sum(np.bincount(of, minlength=12) / len(of) for of in (flat, after, before)) / 3
    known = chances > 0
    assert not found[~known].any()
    assert stats.chisquare(found[known], 30_000 * chances[known]).pvalue > 1e-4
    unknown = grams.draw(torch.tensor([11, 0, 11]), torch.ones(9000, dtype=torch.int64))
    words = np.bincount(flat, minlength=12) / len(flat)
    known = words > 0
    assert stats.chisquare(np.bincount(unknown.numpy(), minlength=12)[known], 9000 * words[known]).pvalue > 1e-4


def test_heads_are_their_formulas():
    torch.manual_seed(0)
    heads = DenoisingHeads(8, 11).double()
    torch.nn.init.normal_(heads.bias)
    states, embeddings = torch.randn(5, 8, dtype=torch.float64), torch.randn(13, 8, dtype=torch.float64)
    found = heads.told(states, embeddings)
    assert found.shape == (5, 11)
    hidden = F.layer_norm(F.gelu(states @ heads.dense.weight.T + heads.dense.bias), (8,), heads.norm.weight)
    torch.testing.assert_close(found, hidden @ embeddings[:11].T + heads.bias)
    torch.testing.assert_close(heads.doubted(states), states @ heads.replaced.weight[0] + heads.replaced.bias[0])
