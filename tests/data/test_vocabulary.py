"""Vocabularies: a text comes back to the letter, and a token knows where it began."""

from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwork.base.errors import HeadworkError
from headwork.base.language import START_ID, UNKNOWN_ID, TokenKind
from headwork.data.vocabulary import fit_vocabulary, load_vocabulary

KINDS = [kind for kind in get_args(TokenKind) if kind not in ("intensities", "marked-words")]
"""of running texts, and to the letter"""
TEXT = "To be, or not to be:\n that is  the question.\tÄrger über «Öl» 日本 🙂.\n" * 3


@pytest.mark.parametrize("kind", KINDS)
def test_a_text_comes_back(kind) -> None:
    vocabulary = fit_vocabulary(kind, [TEXT], size=400)
    ids, starts = vocabulary.encode(TEXT)
    assert ids[0] == START_ID and (ids[1:] > UNKNOWN_ID).all() and ids.max() < vocabulary.size
    assert vocabulary.decode(ids) == TEXT
    for place in range(1, len(ids)):
        end = starts[place + 1] if place + 1 < len(ids) else len(TEXT)
        if end > starts[place] and kind in ("characters", "words"):
            assert vocabulary.decode([ids[place]]) == TEXT[starts[place] : end]
    assert (starts[1:] >= starts[:-1]).all() and starts.max() < len(TEXT)


@settings(max_examples=50)
@given(st.text(max_size=60))
def test_any_text_comes_back_in_bytes_and_pairs(text) -> None:
    text = text.encode("utf-8", "replace").decode()
    for kind in ("bytes", "bpe"):
        vocabulary = PREPARED[kind]
        ids, starts = vocabulary.encode(text)
        assert vocabulary.decode(ids) == text
        assert len(ids) == len(starts)
        assert not vocabulary.unknown(text)


PREPARED = {kind: fit_vocabulary(kind, [TEXT], size=300) for kind in ("bytes", "bpe")}


@pytest.mark.parametrize("kind", ["characters", "words"])
def test_what_training_lacks_is_unknown(kind) -> None:
    vocabulary = fit_vocabulary(kind, [" aa bb aa bb"], size=400)
    new = " aa zz bb"
    ids, _ = vocabulary.encode(new)
    assert (ids == UNKNOWN_ID).sum() == len(set(vocabulary.unknown(new))) * (2 if kind == "characters" else 1)
    assert vocabulary.unknown(new) == (["z"] if kind == "characters" else [" zz"])


def test_words_are_those_seen_twice_the_most_frequent_first() -> None:
    vocabulary = fit_vocabulary("words", [" c c c b b a"], size=400)
    assert vocabulary.symbols == [" c", " b"]


@pytest.mark.parametrize("kind", [*KINDS, "marked-words"])
def test_saved_and_loaded_it_numbers_alike(kind, tmp_path) -> None:
    vocabulary = fit_vocabulary(kind, [TEXT], size=400)
    vocabulary.save(tmp_path / "tokenizer.json")
    again = load_vocabulary(tmp_path / "tokenizer.json")
    assert again.kind == kind and again.size == vocabulary.size
    assert again.encode(TEXT).ids.tolist() == vocabulary.encode(TEXT).ids.tolist()


def test_a_damaged_file_is_refused(tmp_path) -> None:
    (tmp_path / "tokenizer.json").write_text("{")
    with pytest.raises(HeadworkError):
        load_vocabulary(tmp_path / "tokenizer.json")


def test_intensities_are_the_256_values_and_nothing_else() -> None:
    vocabulary = fit_vocabulary("intensities", ["\0"], size=0)
    document = "".join(map(chr, range(256)))
    ids, starts = vocabulary.encode(document)
    assert vocabulary.size == 258 and ids[1:].tolist() == list(range(2, 258))
    assert starts.tolist() == [0, *range(256)] and vocabulary.decode(ids) == document
