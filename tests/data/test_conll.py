"""Files with a word a line: what is read from each form, and the line that is named where one is malformed."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwork.base.errors import HeadworkError
from headwork.base.limits import DEFAULT_LIMITS, Limits
from headwork.data.conll import Sentence, read_conll, read_conllu

UNIVERSAL = """\
# sent_id = 1
# text = Don't stop, vámonos!
1-2\tDon't\t_\t_\t_\t_\t_\t_\t_\t_
1\tDo\tdo\tAUX\tVBP\t_\t3\taux\t_\t_
2\tn't\tnot\tPART\tRB\t_\t3\tadvmod\t_\t_
3\tstop\tstop\tVERB\tVB\tMood=Imp\t0\troot\t_\tSpaceAfter=No
4\t,\t,\tPUNCT\t,\t_\t3\tpunct\t_\t_
4.1\tnot\tnot\tPART\tRB\t_\t_\t_\t_\t_
5-6\tvámonos\t_\t_\t_\t_\t_\t_\t_\tSpaceAfter=No
5\tvamos\tir\tVERB\tVB\t_\t3\tconj\t_\t_
6\tnos\tnosotros\tPRON\tPRP\t_\t5\tobj\t_\t_
7\t!\t!\tPUNCT\t.\t_\t3\tpunct\t_\tSpaceAfter=No

"""


def read(tmp_path: Path, text: str, *, kind: str = "conll", tagged: bool = True, **columns) -> list[Sentence]:
    path = tmp_path / f"mine.{kind}"
    path.write_bytes(text.encode())
    names = {"word": None, "tag": None, **columns}
    return (read_conllu if kind == "conllu" else read_conll)(path, DEFAULT_LIMITS, tagged=tagged, **names)


@pytest.mark.parametrize(
    ("text", "words", "tags"),
    [
        ("Ada\tB-x\nsaw\tO\n\nBob\tB-x\n", [("Ada", "saw"), ("Bob",)], [("B-x", "O"), ("B-x",)]),
        ("Ada NNP B-x\r\nsaw VBD O\r\n \t\r\nBob NNP B-x", [("Ada", "saw"), ("Bob",)], [("B-x", "O"), ("B-x",)]),
        ("-DOCSTART- -X- O\n\nAda NNP B-x\n", [("Ada",)], [("B-x",)]),
        ("# id 7 of a set\n#\tO\n#tag\tB-x\na\tO\n", [("#", "#tag", "a")], [("O", "B-x", "O")]),
        ("New York\tB-x\n\u00a0\u2028a\tO\n", [("New York", "\u00a0\u2028a".strip())], [("B-x", "O")]),
        ("\ufeffAda\tB-x\nsaw\tO\t\n", [("Ada", "saw")], [("B-x", "O")]),
        ("a\u200bb\tO\n\n\n\nc\tO\n\n", [("a\u200bb",), ("c",)], [("O",), ("O",)]),
    ],
)
def test_words_and_tags_are_read(tmp_path, text, words, tags):
    found = read(tmp_path, text)
    assert [sentence.words for sentence in found] == words
    assert [sentence.tags for sentence in found] == tags
    for sentence in found:
        assert sentence.words == tuple(sentence.text[start:end] for start, end in sentence.places)
        assert sentence.text == " ".join(sentence.words)


def test_columns_can_be_chosen(tmp_path):
    text = "Ada NNP B-x\nsaw VBD O\n"
    assert read(tmp_path, text, tag="2")[0].tags == ("NNP", "VBD")
    assert read(tmp_path, text, word="2")[0].words == ("NNP", "VBD")
    assert read(tmp_path, "Ada\nsaw\n", tagged=False)[0].words == ("Ada", "saw")
    for columns, told in (
        ({"tag": "4"}, "--label 4.* 1 to 3"),
        ({"word": "x"}, "--text x"),
        ({"tag": "1"}, "one column"),
    ):
        with pytest.raises(HeadworkError, match=told):
            read(tmp_path, text, **columns)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Ada\tB-x\nsaw O\n", r"mine.conll, line 2: 1 columns where the first word has 2"),
        ("Ada x B-x\n\nsaw O\n", "line 3: 2 columns where the first word has 3"),
        ("Ada\tB-x\n\tO\n", "line 2: no word in column 1"),
        ("\n\n", "no words"),
        ("Ada\nsaw\n", "one column holds the words and the tags"),
    ],
)
def test_malformed_lines_are_refused_by_their_number(tmp_path, text, told):
    with pytest.raises(HeadworkError, match=told):
        read(tmp_path, text)


def test_words_that_are_written_together_are_placed_in_the_text(tmp_path):
    (found,) = read(tmp_path, UNIVERSAL, kind="conllu")
    assert found.text == "Don't stop, vámonos!"
    assert found.words == ("Do", "n't", "stop", ",", "vamos", "nos", "!")
    assert found.tags == ("AUX", "PART", "VERB", "PUNCT", "VERB", "PRON", "PUNCT")
    assert [found.text[s:e] for s, e in found.places] == ["Do", "n't", "stop", ",", "vámonos", "vámonos", "!"]
    assert found.lines == (4, 5, 6, 7, 10, 11, 12)
    (other,) = read(tmp_path, UNIVERSAL, kind="conllu", tag="XPOS", word="lemma")
    assert other.tags[:2] == ("VBP", "RB") and other.words[0] == "do"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("3\tstop", "9\tstop", "line 6: word number '9'; expected 3"),
        ("3\tstop", "x\tstop", "line 6: word number 'x'"),
        ("\tVERB\tVB\tMood=Imp", "\tVERB\tVB", "line 6: 9 columns where the first word has 10"),
        ("stop\tstop\tVERB", "stop\tstop\t_", "line 6: no upos"),
        ("stop\tstop", "\tstop", "line 6: no word in column 2"),
    ],
)
def test_malformed_universal_lines_are_refused(tmp_path, old, new, told):
    with pytest.raises(HeadworkError, match=told):
        read(tmp_path, UNIVERSAL.replace(old, new), kind="conllu")
    with pytest.raises(HeadworkError, match=r"--label pos: .*upos"):
        read(tmp_path, UNIVERSAL, kind="conllu", tag="pos")


def test_limits_hold(tmp_path):
    path = tmp_path / "long.conll"
    path.write_text("a\tO\n" * 20)
    with pytest.raises(HeadworkError, match="20 rows, over the limit of 10"):
        read_conll(path, Limits(rows=10), word=None, tag=None, tagged=True)


@given(text=st.text(max_size=60), kind=st.sampled_from(["conll", "conllu"]))
def test_any_text_is_read_or_refused_in_one_line(tmp_path_factory, text, kind):
    try:
        found = read(tmp_path_factory.getbasetemp(), text.replace("\ud800", ""), kind=kind)
    except (HeadworkError, UnicodeEncodeError):
        return
    assert all(len(each.words) == len(each.tags) == len(each.places) == len(each.lines) > 0 for each in found)
