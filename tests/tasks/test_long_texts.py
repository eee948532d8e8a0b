"""Texts that are longer than an encoder takes: cut and told of, or read to the end in bounded memory."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from headwork.base.errors import HeadworkError
from headwork.base.recipes import encode_recipe, load_recipe, with_settings
from headwork.base.results import Cut
from headwork.base.runs import Run
from headwork.compare.classify.answer import answers
from headwork.data.corpus import Examples
from headwork.data.stdlib import docstrings
from headwork.exchange.exporting import export
from headwork.explain.deletion import faithfulness
from headwork.explain.maps import attention_of, cut_note
from headwork.explain.words import weigh
from headwork.models import config_of
from headwork.ops.live import Live
from headwork.ops.packed import pack, segment_mean
from headwork.tasks import classify
from headwork.tasks.classify import in_blocks, load_classifier, new_classifier
from headwork.tasks.planning import plan_recipe
from headwork.tasks.reading import ReadTexts
from headwork.train.any import fit_any
from headwork.train.classify import Classify
from headwork.train.config import train_config

WORDS = ["good", "bad", "film", "the", "a", "was", "seen", "day"]
VOCABULARY = [" ".join(WORDS)] * 2
WINDOWS = {
    "mean": ("model.long=windows",),
    "max": ("model.long=windows", "model.window_pool=max"),
    "attention": ("model.long=windows", "model.window_pool=attention"),
    "han": ("model.long=windows", "model.window_pool=attention", "model.window_context=gru"),
}
WAYS = {"head-tail": ("model.long=head-tail",), **WINDOWS}
SHORT = ("model.max_tokens=12", "model.stride=2", "model.tokens=wordpiece")


def classifier_of(*chosen: str, of: Any = None) -> Any:
    """A tiny Transformer with room for ten words; with the weights of another where it has them, none of them zero."""
    recipe = with_settings(load_recipe("transformer"), (*SHORT, *chosen), size="tiny")
    made: Any = new_classifier(recipe, ["no", "yes"], VOCABULARY, seed=0)
    if of is not None:
        made.network.load_state_dict(of.network.state_dict(), strict=False)
    if made.network.join is not None:
        for parameter in made.network.join.parameters():
            nn.init.normal_(parameter, std=0.3)
    made.network.eval()
    return made


PLAIN = classifier_of()
ALL = {way: classifier_of(*chosen, of=PLAIN) for way, chosen in WAYS.items()}
words = st.lists(st.sampled_from(WORDS), max_size=60).map(" ".join)


@pytest.mark.parametrize("way", ALL)
@given(texts=st.lists(st.lists(st.sampled_from(WORDS), max_size=10).map(" ".join), min_size=1, max_size=5))
@settings(max_examples=15, deadline=None)
def test_of_texts_that_fit_every_way_says_what_the_plain_one_says(way: str, texts: list[str]):
    assert np.array_equal(ALL[way].logits(texts), PLAIN.logits(texts))
    assert ALL[way].cut(texts).tokens == 0
    seen, plain = ALL[way].look(texts), PLAIN.look(texts)
    assert seen == plain


@pytest.mark.parametrize("way", ALL)
def test_of_longer_texts_they_do_not(way: str):
    text = " ".join(WORDS * 3)
    assert np.abs(ALL[way].logits([text]) - PLAIN.logits([text])).max() > 1e-4


@torch.no_grad()
@given(texts=st.lists(words, min_size=1, max_size=4))
@settings(max_examples=15, deadline=None)
def test_the_mean_of_windows_is_the_mean_of_their_own_answers(texts: list[str]):
    found = ALL["mean"].logits(texts)
    for text, logits in zip(texts, found, strict=True):
        read = ALL["mean"].reader.read([text])
        ids = torch.tensor(read.ids[0]).split(read.windows[0])
        assert all(part[0] == 2 and part[-1] == 3 and len(part) <= 12 for part in ids), "[CLS] and [SEP] frame each"
        own = PLAIN.network(pack([part.tolist() for part in ids]))
        np.testing.assert_allclose(segment_mean(own, [len(ids)])[0], logits, atol=1e-5)


@torch.no_grad()
@pytest.mark.parametrize("way", ALL)
def test_a_batch_is_its_texts(way: str):
    texts = [" ".join(WORDS[number % 8 :] * (number % 5)) for number in range(12)]
    network, read = ALL[way].network, ALL[way].reader.read(texts)
    network.double()
    try:
        together = network(read.batch(range(12)))
        alone = torch.cat([network(read.batch([row])) for row in range(12)])
        torch.testing.assert_close(together, alone, rtol=0, atol=1e-10)
    finally:
        network.float()


@torch.no_grad()
@pytest.mark.parametrize("call, characters", [("encode", 100_000), ("weights", 30_000)])
def test_a_document_takes_no_more_memory_than_a_third_of_it(
    call: str, characters: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("headwork.models.encoder.AT_ONCE", 1024)
    made, peaks = classifier_of("model.max_tokens=64", *WINDOWS["han"]), []
    for length in (characters // 3, characters):
        batch = made.reader.read([("the film was good a day seen " * 4000)[:length]]).batch([0])
        with Live() as live:
            getattr(made.network, call)(batch)
        peaks.append(live.peak)
    assert len(batch.windows[0]) > characters / 300
    assert peaks[1] < 1.5 * peaks[0], peaks


def test_what_is_cut_is_counted():
    texts = [" ".join(WORDS * many) for many in (1, 2, 3)]  # 10, 18 and 26 tokens with the frame
    assert PLAIN.cut(texts) == ALL["head-tail"].cut(texts) == Cut(rows=2, tokens=6 + 14, of_tokens=54)
    for way in WINDOWS:
        assert ALL[way].cut(texts) == Cut(rows=0, tokens=0, of_tokens=54)


def test_head_and_tail_are_read():
    text = " ".join(["good", "bad", *["the"] * 30, "film", *["was"] * 5, "seen", "day"])
    spans = ALL["head-tail"].reader.read([text]).offsets[0][1:-1]
    assert [text[start:end] for start, end in spans] == ["good", "bad", "film", *["was"] * 5, "seen", "day"]


def windows_of(read: ReadTexts) -> list[list[tuple[int, int]]]:
    """The places of the tokens of each window of the first text."""
    ends = np.cumsum([0, *read.windows[0]])
    return [read.offsets[0][start:end] for start, end in pairwise(ends)]


def test_sampled_windows_are_the_first_the_last_and_some_between():
    made = classifier_of("model.long=windows", "model.train_windows=3")
    text = " ".join(f"{word}" for word in WORDS * 12)
    some = made.read_to_learn([text])
    every, chosen = windows_of(made.reader.read([text])), windows_of(some)
    places = [every.index(each) for each in chosen]
    assert len(places) == 3 and places[0] == 0 and places[-1] == len(every) - 1
    assert abs(places[1] - places[-1] / 2) <= 1
    read = {span for each in chosen for span in each if span[1]}
    assert some.cut == Cut(rows=1, tokens=96 - len(read), of_tokens=98)


def test_all_windows_are_learned_from_where_the_limit_is_0():
    made = classifier_of("model.long=windows", "model.train_windows=0")
    text = " ".join(WORDS * 12)
    assert made.read_to_learn([text]).ids == made.reader.read([text]).ids


def test_batches_of_training_keep_the_budget_of_tokens():
    made = classifier_of("model.long=windows", "train.batch_tokens=128")
    texts = [" ".join(WORDS * (1 + number % 9)) for number in range(60)]
    examples = Examples(texts, np.arange(60) % 2, np.arange(60))
    problem = Classify(made, examples, examples, train_config(made.recipe), seed=0)
    assert max(problem.lengths) <= 4 * 12
    assert problem.dev.lengths != problem.train.lengths
    for rows in problem.batches(0):
        batch = problem.train.batch(rows)
        assert len(batch.ids) == sum(problem.lengths[row] for row in rows)
        assert max(batch.lengths) * len(rows) <= 128


@pytest.mark.parametrize("way", WINDOWS)
def test_weights_are_shares_of_the_text_and_add_up_where_windows_overlap(way: str):
    text = " ".join(f"{word}" for word in WORDS * 3)
    [seen] = ALL[way].look([text])
    assert sum(span.weight for span in seen.tokens) == pytest.approx(1, abs=1e-5)
    twice = [span for span in seen.tokens if sum(each[:2] == span[:2] for each in seen.tokens) == 2]
    assert len(twice) == 2 * 2 * (len(ALL[way].reader.read([text]).windows[0]) - 1), "the stride, in both windows"
    batch = ALL[way].reader.read([text]).batch([0])
    of_windows = torch.stack([part.sum() for part in ALL[way].network.weights(batch).tokens.split(batch.windows[0])])
    torch.testing.assert_close(of_windows, ALL[way].network.of_windows(batch))
    assert way == "mean" or of_windows.max() - of_windows.min() > 1e-4, "weights that are all alike say nothing"
    [weighed] = weigh([text], ALL[way])
    assert [text[word.start : word.end] for word in weighed.words] == WORDS * 3
    for word in weighed.words:
        assert word.weight == pytest.approx(sum(each.weight for each in seen.tokens if each.start == word.start))


def test_deletion_reads_the_whole_text():
    texts = [" ".join(WORDS * many) for many in (3, 4, 5)]
    found = faithfulness(ALL["han"], texts)
    assert found is not None and found.texts == 3 and np.isfinite(found.top)


def far_words(rows: int) -> Examples:
    """Texts whose label stands at their end, behind more words than the model takes."""
    chance = np.random.default_rng(0)
    labels = np.arange(rows) % 2
    texts = [
        " ".join([*chance.choice(WORDS[2:], 25 + row % 5), WORDS[1 - label], "day"]) for row, label in enumerate(labels)
    ]
    return Examples(texts, labels, np.arange(rows))


@pytest.mark.parametrize(
    "way, right",
    [
        ("cut", False),
        ("mean", True),
        pytest.param("head-tail", True, marks=pytest.mark.slow),
        pytest.param("han", True, marks=pytest.mark.slow),
    ],
)
def test_what_stands_behind_the_room_is_learned_where_it_is_read(way: str, right: bool):
    made = classifier_of(*WAYS.get(way, ()), "train.epochs=8", "train.lr=3e-3")
    train, test = far_words(96), far_words(40)
    fitted = fit_any(made, train, test, seed=0)
    accuracy = (made.logits(test.texts).argmax(1) == test.labels).mean()
    assert (accuracy > 0.95) == right, accuracy
    assert fitted.cut.of_tokens > 0 and (fitted.cut.tokens > 0) == (way in ("cut", "head-tail"))


def test_stored_and_loaded_it_reads_in_windows_still(tmp_path):
    ALL["han"].save(tmp_path)
    text = " ".join(WORDS * 5)
    loaded: Any = load_classifier(tmp_path)
    assert len(loaded.reader.read([text]).windows[0]) > 1
    assert np.array_equal(loaded.logits([text]), ALL["han"].logits([text]))


def test_answers_tell_of_what_was_cut():
    texts = ["good", " ".join(WORDS * 2)]
    assert [answer.get("cut_tokens") for answer in answers(PLAIN, texts)] == [None, 6]
    assert [answer.get("cut_tokens") for answer in answers(ALL["mean"], texts)] == [None, None]
    assert cut_note(PLAIN, texts[1]) == "the model reads the first 12 of 18 tokens"
    assert cut_note(ALL["head-tail"], texts[1]) == "the model reads from head and tail 12 of 18 tokens"


def test_each_window_has_its_map():
    text = " ".join(WORDS * 2)
    drawn = attention_of(ALL["han"], text)
    read = ALL["han"].reader.read([text])
    assert [len(each.rows) for each in drawn.maps] == list(read.windows[0])
    shares = ALL["han"].network.of_windows(read.batch([0]))
    assert [each.name.split(":")[0] for each in drawn.maps] == [
        f"window {place}, weight {share:.0%}" for place, share in enumerate(shares.tolist(), 1)
    ]
    assert len(attention_of(ALL["han"], "good film").maps) == 1


def test_a_plan_takes_any_length():
    recipe = with_settings(load_recipe("transformer"), (*SHORT, "model.long=windows"), size="tiny")
    assert plan_recipe(recipe, [500, 3], training=False, device="cpu")


def test_no_form_elsewhere_has_windows(tmp_path):
    run = Run(tmp_path / "run")
    ALL["mean"].save(run.model)
    run.recipe_file.write_text(encode_recipe(ALL["mean"].recipe))
    with pytest.raises(HeadworkError, match=r"reads a long text in windows, which no form elsewhere does"):
        export(run, "onnx", tmp_path / "out")


@pytest.mark.parametrize(
    "settings, message",
    [
        (("model.long=windows", "model.stride=5"), r"stride is 5 and max_tokens 12; .* less than half"),
        (("model.long=windows", "model.stride=-1"), "stride is -1"),
        (("model.long=tail",), r"Invalid enum value 'tail' .*long"),
        (("model.train_windows=-1",), "train_windows is -1; expected"),
    ],
)
def test_settings_that_cannot_be(settings: tuple[str, ...], message: str):
    with pytest.raises(HeadworkError, match=message):
        config_of(with_settings(load_recipe("transformer"), (*SHORT, *settings)))


def test_blocks_end_where_they_are_full(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(classify, "BLOCK_CHARACTERS", 10)
    texts = ["abc", "", "abcdefgh", "abcdefghijklm", "a", "b", "c"]
    assert list(in_blocks(texts, 2)) == [["abc", ""], ["abcdefgh", "abcdefghijklm"], ["a", "b"], ["c"]]
    assert list(in_blocks([("abcd", "ef"), ("abcd", "e"), ("a", "b")])) == [
        [("abcd", "ef"), ("abcd", "e")],
        [("a", "b")],
    ]
    assert list(in_blocks([])) == []


def test_the_documents_of_this_python_are_read_to_their_end():
    texts = sorted(docstrings().columns["text"], key=len)[-1:]
    read = ALL["mean"].reader.read(texts)
    for text, offsets in zip(texts, read.offsets, strict=True):
        spans = sorted({span for span in offsets if span[1]})
        assert not "".join(text[one[1] : other[0]] for one, other in pairwise(spans)).strip()
