"""How words become pieces in windows, where they are answered, and which tags may follow each other."""

import itertools
from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from headwork.base.recipes import load_recipe, with_settings
from headwork.base.tag import entities_of, may_follow
from headwork.compare.tag.answer import answers, as_words
from headwork.data.tokenizers import fit_bpe, fit_whole_words, fit_wordpiece
from headwork.tasks.reading_words import WordReader, windows
from headwork.tasks.tag import new_tagger
from headwork.tasks.tag_paths import Paths

IOB2 = ["O", "B-x", "I-x", "B-y", "I-y"]
WORDS = "unhappiness is the happiest happening of unhappy people".split()
TEXTS = [" ".join(WORDS)] * 20


def reader(max_tokens: int = 64, kind: str = "wordpiece") -> WordReader:
    if kind == "whole":
        return WordReader(fit_whole_words(WORDS * 2), max_tokens, True, 8)
    return WordReader({"wordpiece": fit_wordpiece, "bpe": fit_bpe}[kind](TEXTS, size=300), max_tokens, False)


@given(
    room=st.integers(4, 12),
    sizes=st.lists(st.integers(1, 4), max_size=60),
)
def test_each_word_is_answered_once_where_most_of_its_sentence_is_seen(room, sizes):
    found = windows(sizes, room)
    begins = [sum(sizes[:word]) for word in range(len(sizes) + 1)]
    assert [word for window in found for word in range(window.first, window.last)] == list(range(len(sizes)))
    spans = {(window.start, window.end) for window in found}

    def context(word: int, span: tuple[int, int]) -> int:
        return min(begins[word] - begins[span[0]], begins[span[1]] - begins[word + 1])

    for window in found:
        assert begins[window.end] - begins[window.start] <= room
        for word in range(window.first, window.last):
            assert window.start <= word < window.end
            best = max(context(word, span) for span in spans if span[0] <= word < span[1])
            assert context(word, (window.start, window.end)) == best
    if sum(sizes) <= room:
        assert len(found) == bool(sizes)
    else:  # between the edges of the sentence a word has about a quarter of the window on each side
        inner = [
            context(word, (window.start, window.end))
            for window in found
            for word in range(window.first, window.last)
            if begins[word] >= room and begins[-1] - begins[word] >= room
        ]
        assert min(inner, default=room) >= room // 4 - max(sizes) - 1


@pytest.mark.row("BE10")
@pytest.mark.parametrize("kind", ["wordpiece", "bpe", "whole"])
def test_words_are_answered_at_their_first_pieces(kind):
    """The first pieces, put side by side, are those that each word by itself begins with."""
    new = ["happenes", "is", "theppen", "peoppiest", "ofpening"]
    sentences = [new, [], [*WORDS[::-1], *new], ["theople"]]
    own = reader(kind=kind)
    read = own.read(sentences)
    assert read.total == sum(map(len, sentences)) and len(read.ids) == 3
    for row, words in enumerate(sentence for sentence in sentences if sentence):
        firsts = [read.ids[row][place] for place in read.firsts[row]]
        blank = " " if kind == "bpe" else ""
        alone = [own.tokenizer.encode([blank * bool(n) + word])[0] for n, word in enumerate(words)]
        frame = len(own.tokenizer.before)
        assert firsts == [each.ids[frame] for each in alone]
        assert kind == "whole" or len(read.ids[row]) > len(words) + 2
    assert list(itertools.chain(*read.numbers)) == list(range(read.total))


def test_a_batch_finds_the_words_among_all_pieces():
    sentences = [WORDS, ["unhappy", "people"], WORDS[:3]]
    read = reader().read(sentences)
    for rows in ([0, 1, 2], [2, 0], [1]):
        batch = read.batch(rows)
        expected = [read.ids[row][place] for row in rows for place in read.firsts[row]]
        assert batch.pieces.ids[batch.firsts].tolist() == expected
        assert read.answered(rows) == [number for row in rows for number in read.numbers[row]]


def test_a_word_without_pieces_is_an_unknown_one():
    own = reader()
    read = own.read([["happy", "\u200d", "people"]])
    assert len(read.firsts[0]) == 3
    assert read.ids[0][read.firsts[0][1]] == own.tokenizer.unknown == 1


def test_a_very_long_word_keeps_its_place_and_is_counted():
    read = reader(max_tokens=14).read([["happy", "happines" * 9, "people"]])
    assert read.cut.rows == 1 and read.cut.tokens > 0 and read.in_windows == 0
    assert len(read.ids[0]) <= 14 and len(read.firsts[0]) == 3


@pytest.mark.row("BE10")
def test_windows_together_say_what_the_whole_says():
    """A network that sees one piece only answers a long sentence in windows as it does at once."""
    recipe = with_settings(load_recipe("bilstm", "tag"), ("model.letters=0",), size="tiny")
    sentence = [WORDS[number % len(WORDS)] for number in range(101)]
    tagger = new_tagger(recipe, IOB2, [sentence], seed=0)
    table = torch.randn(tagger.reader.tokenizer.vocabulary, len(IOB2))  # type: ignore[attr-defined]

    class OnePiece(torch.nn.Module):
        def forward(self, batch):
            return table[batch.pieces.ids[batch.firsts]]

    whole, parts = (WordReader(tagger.reader.tokenizer, room, True) for room in (200, 16))  # type: ignore[attr-defined]
    both = [sentence, sentence[:5]]
    read = parts.read(both)
    assert read.in_windows == 1 and len(read.ids) > 10 and max(read.lengths) <= 16
    found = [tagger.logits_of(each.read(both), OnePiece()) for each in (whole, parts)]  # type: ignore[attr-defined]
    assert torch.equal(*found)


def best_of_all(logits: np.ndarray) -> float:
    """The largest sum over all allowed sequences."""
    return max(
        sum(logits[place, IOB2.index(tag)] for place, tag in enumerate(tags))
        for tags in itertools.product(IOB2, repeat=len(logits))
        if all(may_follow(before, tag) for before, tag in itertools.pairwise([None, *tags]))
    )


@pytest.mark.row("BE10")
def test_the_best_path_is_the_best_of_all_allowed_ones():
    random, changed = np.random.default_rng(0), 0
    for length in (1, 2, 3, 4, 5) * 6:
        logits = random.normal(size=(length, len(IOB2)))
        path = Paths(IOB2).best(logits)
        tags = [IOB2[tag] for tag in path]
        assert all(may_follow(before, tag) for before, tag in itertools.pairwise([None, *tags]))
        assert logits[np.arange(length), path].sum() == pytest.approx(best_of_all(logits))
        changed += not np.array_equal(path, logits.argmax(1))
    assert changed > 10


def test_tags_that_mark_nothing_are_free():
    logits = np.random.default_rng(0).normal(size=(50, 3))
    assert np.array_equal(Paths(["I-x", "NOUN", "O"]).best(logits), logits.argmax(1))
    assert len(Paths(IOB2).best(np.zeros((0, 5)))) == 0


@given(text=st.text(max_size=60))
def test_offsets_are_those_of_the_text(text):
    """Entities of an untrained tagger: whatever it says, the text comes back, and offsets cut out what they name."""
    tagger = UNTRAINED
    (answer,) = answers(tagger, [as_words(text, tagger)])
    assert answer["text"] == text
    for each in [*answer["tokens"], *answer["entities"]]:
        assert text[each["start"] : each["end"]] == each["text"]
    tags = [token["tag"] for token in answer["tokens"]]
    tokens = answer["tokens"]
    expected = [(tokens[e.start]["start"], tokens[e.end - 1]["end"], e.label) for e in entities_of(tags)]
    assert [(each["start"], each["end"], each["label"]) for each in answer["entities"]] == expected


UNTRAINED = new_tagger(with_settings(load_recipe("bilstm", "tag"), (), size="tiny"), IOB2, [WORDS] * 2, seed=1)


def test_an_untrained_tagger_tells_entities_that_are_allowed():
    tags = UNTRAINED.tag([WORDS * 40])[0]
    assert Counter(tag[0] for tag in tags).keys() > {"B"} or len(set(tags)) > 1
    assert all(may_follow(before, tag) for before, tag in itertools.pairwise([None, *tags]))
