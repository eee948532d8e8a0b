"""Networks that answer: both texts in one sequence as published, padding that changes nothing; and baselines."""

from itertools import pairwise

import msgspec
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from headwork.base.errors import HeadworkError
from headwork.base.recipes import load_recipe, with_settings
from headwork.base.words import words_of
from headwork.data.sentences import sentence_starts
from headwork.models import config_of
from headwork.models.formats import read_published, read_settings
from headwork.models.pretrained import own_settings
from headwork.models.retrieval import Index
from headwork.models.span_encoder import SpanEncoder, SpanEncoderConfig, in_one
from headwork.models.span_lstm import SpanLstm, SpanLstmConfig
from headwork.models.span_overlap import SpanOverlap, SpanOverlapConfig
from headwork.ops.packed import PairBatch, pack

VOCABULARY = 30
PAIRS = [([2, 7, 8, 3], [9, 10, 11, 12, 3]), ([2, 5, 3], [6, 3]), ([2, 4, 7, 8, 9, 3], [20, 21, 22, 3])]


def batch(pairs=PAIRS) -> PairBatch:
    return PairBatch(pack([one for one, _ in pairs]), pack([other for _, other in pairs]))


def network(kind: str) -> torch.nn.Module:
    torch.manual_seed(0)
    if kind == "lstm":
        return SpanLstm(SpanLstmConfig(width=12, hidden=8), vocabulary=VOCABULARY)
    config = SpanEncoderConfig(tokens="wordpiece", dim=16, layers=2, heads=2, ff=32)
    return SpanEncoder(config, vocabulary=VOCABULARY)


@given(st.lists(st.tuples(*[st.lists(st.integers(0, 29), min_size=1, max_size=5)] * 2), min_size=1, max_size=4))
def test_two_texts_are_one_sequence_with_two_segments(pairs):
    joined, types, seen = in_one(batch(pairs))
    ids, segments, places, start = [], [], [], 0
    for one, other in pairs:
        ids += [*one, *other]
        segments += [0] * len(one) + [1] * len(other)
        places += [start, *range(start + len(one), start + len(one) + len(other))]
        start += len(one) + len(other)
    assert (joined.ids.tolist(), types.tolist(), seen.tolist()) == (ids, segments, places)
    assert joined.lengths == tuple(len(one) + len(other) for one, other in pairs)


@pytest.mark.row("BE11")
def test_the_encoder_is_the_published_one_for_answering_questions(published):
    """Both ends are what transformers' own model for question answering gives, in double precision."""
    case = published("bert", "ForQuestionAnswering")
    core = read_settings(case.folder)
    config = SpanEncoderConfig(
        pretrained="x", published=core, tokens="bert", max_tokens=20, question_tokens=6, stride=4, dropout=0.0
    )
    model = SpanEncoder(config, vocabulary=core.vocabulary)
    model.load_pretrained(case.folder)
    span = read_published(case.folder).span
    assert span is not None and own_settings(core) == SpanEncoder.given_by(case.folder)["published"]
    model.head.load_state_dict(span.state_dict())
    model = model.double().eval()
    found = model(batch()).split([1 + len(other) for _, other in PAIRS])
    for (one, other), logits in zip(PAIRS, found, strict=True):
        types = torch.tensor([[0] * len(one) + [1] * len(other)])
        known = case.model(input_ids=torch.tensor([[*one, *other]]), token_type_ids=types)
        ends = torch.stack([known.start_logits[0], known.end_logits[0]], dim=1)
        torch.testing.assert_close(logits, torch.cat([ends[:1], ends[len(one) :]]), atol=1e-9, rtol=0)


@pytest.mark.parametrize("kind", ["encoder", "lstm"])
def test_a_window_is_answered_alike_alone_and_among_others(kind):
    model = network(kind).double().eval()
    together = model(batch()).split([1 + len(other) for _, other in PAIRS])
    for pair, logits in zip(PAIRS, together, strict=True):
        torch.testing.assert_close(model(batch([pair])), logits, atol=1e-12, rtol=0)


@pytest.mark.parametrize("kind", ["encoder", "lstm"])
def test_every_weight_learns_and_the_question_counts(kind):
    model = network(kind)
    model(batch()).square().sum().backward()
    without = [name for name, parameter in model.named_parameters() if parameter.grad is None]
    assert without == []
    model.eval()
    other = [([2, 9, 9, 3], second) for _, second in PAIRS]
    assert not torch.allclose(model(batch()), model(batch(other)), atol=1e-3)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"stride": 300}, "stride is 300; expected 1 to 253"),
        ({"max_tokens": 60}, "stride is 128; expected 1 to -7"),
        ({"others": -1.0}, "others is -1"),
        ({"pooling": "cls"}, "mean nothing here"),
        ({"tokens": "words"}, "do not part question and passage"),
    ],
)
def test_settings_that_lose_words_are_refused(settings, told):
    with pytest.raises(ValueError, match=told):
        SpanEncoderConfig(**{"tokens": "wordpiece", **settings})


def test_recipes_take_the_settings_of_reading():
    recipe = with_settings(load_recipe("minilm", "span"), ("model.stride=64", "model.windows=3"))
    config = config_of(recipe)
    assert (config.stride, config.windows, config.pretrained) == (64, 3, "minilm")
    with pytest.raises(HeadworkError, match="stride"):
        config_of(with_settings(load_recipe("two-way-lstm", "span"), ("model.stride=0",)))


PASSAGE = "Ada was born in Zürich. (…) She works as a smith, they say. Boris lives in Oslo; he is a nurse."


@pytest.mark.row("BE11")
@pytest.mark.parametrize("question", ["Who works as a smith?", "Where does Boris live?", "Ada Zürich", "zebra?"])
def test_the_baseline_is_the_start_of_the_sentence_that_tfidf_likes_best(question):
    model = SpanOverlap(SpanOverlapConfig())
    model.fit(["one", "two words", "three words here"])
    assert model.words == 2
    edges = [0, *sentence_starts(PASSAGE), len(PASSAGE)]
    sentences = [PASSAGE[a:b] for a, b in pairwise(edges) if words_of(PASSAGE[a:b])]
    scores = Index(sentences, by="tfidf").scores(question)
    found = model.answer(question, PASSAGE, sentence_starts(PASSAGE))
    assert found is not None and found.score == pytest.approx(scores.max())
    expected = words_of(sentences[int(scores.argmax())])[:2]
    assert words_of(PASSAGE[found.start : found.end]) == expected


@given(
    st.lists(st.sampled_from("ada lives in oslo works smith the".split()), min_size=1, max_size=12),
    st.lists(st.sampled_from("ada oslo who smith".split()), min_size=1, max_size=3),
    st.integers(1, 3),
)
def test_the_window_is_the_best_of_all_runs(words, question, length):
    passage = " ".join(words)
    model = SpanOverlap(SpanOverlapConfig(search="window"), length)
    found = model.answer(" ".join(question), passage, [])
    assert found is not None
    index, length = Index([passage], by="tfidf"), min(length, len(words))

    def worth(start: int) -> float:
        run = range(start, start + length)
        if any(words[place] in question for place in run):
            return -1.0
        total = 0.0
        for word in set(question) & set(words):
            near = min(abs(place - other) for place in run for other in range(len(words)) if words[other] == word)
            total += index.rarity[index.columns[word]] / near
        return total

    scores = [worth(start) for start in range(len(words) - length + 1)]
    assert found.score == pytest.approx(max(scores))
    shown = passage[found.start : found.end].split()
    assert len(shown) == length
    starts = [s for s in range(len(scores)) if words[s : s + length] == shown]
    assert max(scores) == pytest.approx(max(scores[s] for s in starts))


def test_a_passage_without_words_has_no_answer():
    for search in ("sentence", "window"):
        model = SpanOverlap(SpanOverlapConfig(search=search), 2)
        assert model.answer("Who?", " … ", []) is None and model.answer("", "one", []) is not None


def test_a_stored_baseline_is_the_same_again():
    model = SpanOverlap(SpanOverlapConfig(search="window"), 3)
    again = SpanOverlap.restore(model.settings())
    assert (again.config, again.words) == (model.config, 3)
    with pytest.raises(HeadworkError, match="0 words"):
        SpanOverlap.restore({"config": msgspec.to_builtins(model.config), "words": 0})
