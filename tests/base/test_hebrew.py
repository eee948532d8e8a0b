"""Words of Hebrew: abbreviations are whole, points change nothing, and other writing is read as ever."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import normalizers, pre_tokenizers

from headwork.data.tokenizers import Encoded, TextTokenizer, fit_wordpiece, fit_words
from headwork.explain.words import WORD as SHOWN
from headwork.models.linear import WORD, plain

ABBREVIATIONS = ['צה"ל', "ח״כ", "מנכ”ל", "ז'בוטינסקי", "צ׳יפס", "רח'", "עמ׳"]
POINTED = {"שָׁלוֹם": "שלום", "בְּרֵאשִׁית": "בראשית", "עוֹלָם": "עולם"}
SENTENCES = [f'הוא אמר "{word}" , {word} .' for word in (*ABBREVIATIONS, *POINTED.values())] * 2
FITS = [fit_words, fit_wordpiece]


def words_of(tokenizer: TextTokenizer, text: str) -> list[str]:
    """What the tokens of a text stand for, those of one word joined."""
    encoded: Encoded = tokenizer.encode([text])[0]
    spans: list[list[int]] = []
    for (start, end), token in zip(encoded.offsets, tokenizer.tokens(encoded.ids), strict=True):
        if end == start:
            continue
        if token.startswith("##"):
            spans[-1][1] = end
        else:
            spans.append([start, end])
    return [text[start:end] for start, end in spans]


@pytest.mark.row("BE29")
@pytest.mark.parametrize("word", ABBREVIATIONS)
def test_an_abbreviation_is_one_word(word):
    text = f'אמר : "{word}" , היום'
    expected = ["אמר", ":", '"', word, '"', ",", "היום"]
    assert WORD.findall(text) == expected
    for fit in FITS:
        assert words_of(fit(SENTENCES), text) == expected


@pytest.mark.row("BE29")
@pytest.mark.parametrize("pointed", POINTED)
def test_points_change_nothing(pointed):
    assert WORD.findall(pointed) == SHOWN.findall(pointed) == [pointed]
    assert plain(pointed) == POINTED[pointed]
    for fit in FITS:
        with_points, without = fit(SENTENCES).encode([pointed, POINTED[pointed]])
        assert with_points.ids == without.ids
        assert with_points.offsets[-1 - (fit is fit_wordpiece)][1] == len(pointed)


@given(st.text("abc אבש'\"’״, .!é", max_size=30))
def test_words_are_cut_where_bert_cuts_them_but_in_hebrew(text):
    tokenizer = fit_words(["a"])
    bert = normalizers.BertNormalizer(lowercase=True, strip_accents=False)
    plainly = pre_tokenizers.BertPreTokenizer().pre_tokenize_str(bert.normalize_str(text))
    found = len(tokenizer.encode([text])[0].ids)
    if any(letter in text for letter in "אבש"):
        assert found <= len(plainly)
    else:
        assert found == len(plainly)
