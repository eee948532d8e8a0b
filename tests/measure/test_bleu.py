"""BLEU and chrF from sums are sacreBLEU's, and intervals behave as intervals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

from headwork.measure.bleu import bleu_of, chrf_of, differences_to, score_translations, with_intervals

texts = st.lists(st.text("ab c", max_size=12), min_size=1, max_size=6)


def singly(references: list[str]) -> list[list[str]]:
    """Each the only one of its sentence."""
    return [[reference] for reference in references]


@pytest.mark.row("AT18")
@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(*[st.text("ab c.", min_size=1, max_size=20)] * 4), min_size=1))
def test_several_references_are_those_of_sacrebleu(rows: list[tuple[str, ...]]) -> None:
    written, *streams = map(list, zip(*rows, strict=True))
    references = [list(row[1:]) for row in rows]
    found = score_translations(written, references)
    for name, metric, of in (("bleu", BLEU(force=True), bleu_of), ("chrf", CHRF(), chrf_of)):
        expected = metric.corpus_score(written, streams).score
        assert found.scores[name] == expected
        assert float(of(found.facts[name].sum(0))) == pytest.approx(expected, abs=1e-9)
    assert "nrefs:3" in found.signatures["bleu"]
    score_translations(written, [*references[1:], references[0][:1]])


@pytest.mark.row("TR02")
@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.text("ab c.", max_size=20), st.text("ab c.", min_size=1, max_size=20)), min_size=1))
def test_scores_from_sums_are_those_of_sacrebleu(pairs: list[tuple[str, str]]) -> None:
    written, references = map(list, zip(*pairs, strict=True))
    found = score_translations(written, singly(references))
    for name, metric, of in (("bleu", BLEU(), bleu_of), ("chrf", CHRF(), chrf_of)):
        expected = metric.corpus_score(written, [references]).score
        assert found.scores[name] == expected
        assert float(of(found.facts[name].sum(0))) == pytest.approx(expected, abs=1e-9)
        assert "version:" in found.signatures[name]


def scored(noise: float, seed: int, sentences: int = 200):
    random = np.random.default_rng(7)
    references = [" ".join(random.choice(list("abcdefghij"), 9)) for _ in range(sentences)]
    random = np.random.default_rng(seed)
    written = [
        " ".join(word if random.random() > noise else "x" for word in reference.split()) for reference in references
    ]
    return score_translations(written, singly(references))


def test_an_interval_holds_its_score_and_narrows_with_more_sentences() -> None:
    wide, narrow = (with_intervals([scored(0.2, 1, sentences)])["bleu"] for sentences in (50, 800))
    assert wide.low < wide.mean < wide.high
    assert narrow.high - narrow.low < 0.5 * (wide.high - wide.low)


def test_a_better_model_is_told_from_a_worse_and_equals_are_not() -> None:
    models = {
        "good": [scored(0.2, seed) for seed in (1, 2, 3)],
        "same": [scored(0.2, seed) for seed in (4, 5, 6)],
        "bad": [scored(0.35, seed) for seed in (7, 8, 9)],
    }
    found = differences_to("good", models)
    assert found["bad"].high < 0
    assert found["bad"].p_holm < 0.01
    assert found["same"].low < 0 < found["same"].high
    assert (found["good"].difference, found["good"].p) == (0.0, 1.0)


def test_the_paired_interval_is_narrower_than_that_of_two_samples() -> None:
    """What makes a sentence hard for both models cancels out."""
    random = np.random.default_rng(0)
    references = [" ".join(random.choice(list("abcdefghij"), 9)) for _ in range(200)]
    written = [text if random.random() < 0.5 else "x x x x" for text in references]
    other = [text.replace("a", "b", 1) for text in written]
    one, two = (score_translations(each, singly(references)) for each in (written, other))
    paired = differences_to("one", {"one": [one], "two": [two]})["two"]
    alone = with_intervals([one])["bleu"]
    assert paired.high - paired.low < 0.5 * (alone.high - alone.low)


def test_some_sentences_alone() -> None:
    model = scored(0.3, 1)
    chosen = np.arange(40)
    expected = float(bleu_of(model.facts["bleu"][:40].sum(0)))
    assert with_intervals([model], chosen)["bleu"].mean == pytest.approx(expected)
