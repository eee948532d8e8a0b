"""Files of questions: SQuAD's form and lines, and refusals that name the path inside the file."""

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwork.base.errors import HeadworkError
from headwork.base.limits import DEFAULT_LIMITS, Limits
from headwork.data.squad import Answer, read_questions


def squad(*qas: dict, context: object = "Ada lives in Zürich 👩‍👧.") -> dict:
    return {"version": "2.0", "data": [{"title": "Ada", "paragraphs": [{"context": context, "qas": list(qas)}]}]}


def asked(**more: object) -> dict:
    return {"id": "q1", "question": "Who?", "answers": [{"text": "Ada", "answer_start": 0}], **more}


def write(path: Path, value: object) -> Path:
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def test_the_published_form_is_read(tmp_path):
    impossible = {
        "id": 7,
        "question": "Why?",
        "answers": [],
        "is_impossible": True,
        "plausible_answers": [{"text": "x"}],
    }
    path = write(tmp_path / "a.json", squad(asked(), impossible, {"question": "When?"}))
    one, other, unknown = read_questions(path, DEFAULT_LIMITS)
    assert (one.id, one.title, one.question, one.answers) == ("q1", "Ada", "Who?", (Answer("Ada", 0),))
    assert one.passage == "Ada lives in Zürich 👩‍👧."
    assert (other.id, other.answers) == ("7", ()) and unknown.answers is None
    assert unknown.id == unknown.where == "$.data[0].paragraphs[0].qas[2]"
    packed = tmp_path / "a.json.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert read_questions(packed, DEFAULT_LIMITS) == [one, other, unknown]


def test_lines_are_read_with_either_form_of_answers(tmp_path):
    lines = [
        {"question": "Who?", "context": "Ada.", "answers": [{"text": "Ada", "answer_start": 0}]},
        {"question": "Who?", "context": "Ada.", "answers": {"text": ["Ada"], "answer_start": [0]}, "title": "t"},
        {"question": "Who?", "context": "Ada."},
    ]
    path = tmp_path / "a.jsonl"
    path.write_text("\n\n".join(map(json.dumps, lines)) + "\n")
    found = read_questions(path, DEFAULT_LIMITS)
    assert [each.answers for each in found] == [(Answer("Ada", 0),), (Answer("Ada", 0),), None]
    assert [each.where for each in found] == ["line 1", "line 3", "line 5"]


@pytest.mark.row("BE11")
@pytest.mark.parametrize(
    ("value", "told"),
    [
        ([], r"Expected `object`, got `array`"),
        ({"version": "1.1"}, r"required field `data`"),
        (squad(context=3), r"got `int` - at `\$\.data\[0\]\.paragraphs\[0\]\.context`"),
        (squad(asked(), asked(question=None)), r"at `\$\.data\[0\]\.paragraphs\[0\]\.qas\[1\]\.question`"),
        (squad(asked(answers=[{"text": "Ada"}])), r"`answer_start` - at `\$.*qas\[0\]\.answers\[0\]`"),
        (squad(asked(answers=[{"text": "Ada", "answer_start": "0"}])), r"answers\[0\]\.answer_start`"),
        (squad(asked(answers=[{"text": " ", "answer_start": 0}])), r"qas\[0\]\.answers\[0\]: the text is empty"),
        (squad(asked(is_impossible=True)), r"qas\[0\]: is_impossible, and yet"),
        (squad(asked(answers={"text": ["Ada"], "answer_start": []})), r"qas\[0\]\.answers: 1 texts and 0 places"),
        ({"data": []}, "no questions"),
        (squad(), "no questions"),
    ],
)
def test_what_is_of_another_form_is_refused_by_its_path(tmp_path, value, told):
    with pytest.raises(HeadworkError, match=told) as refused:
        read_questions(write(tmp_path / "a.json", value), DEFAULT_LIMITS)
    assert "\n" not in str(refused.value) and "a.json" in str(refused.value)


def test_damaged_and_foreign_files_are_refused(tmp_path):
    for name, data, told in (
        ("a.json", b'{"data": [', "not of SQuAD's form"),
        ("b.json", b"\xff\xfe{}", "not UTF-8"),
        ("c.csv", b"question,context\n", "no file of questions"),
        ("d.json", b"", "empty"),
        ("e.jsonl", b'{"question": "Who?"}\n', "line 1: not of SQuAD's form .*`context`"),
        ("f.json", b"[" * 100_000, "not of SQuAD's form"),
    ):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(HeadworkError, match=told):
            read_questions(tmp_path / name, DEFAULT_LIMITS)
    path = write(tmp_path / "long.json", squad(asked(), context="x" * 50))
    with pytest.raises(HeadworkError, match=r"qas\[0\].*cell characters"):
        read_questions(path, Limits(cell_characters=20))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["data", "Ada"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["data", "paragraphs", "context", "qas", "question", "answers"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@given(json_values)
def test_any_json_is_read_or_refused(tmp_path_factory, value):
    path = write(tmp_path_factory.mktemp("any") / "a.json", value)
    try:
        read_questions(path, DEFAULT_LIMITS)
    except HeadworkError:
        pass
