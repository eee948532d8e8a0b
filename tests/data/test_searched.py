"""Queries and documents from files: which columns, what is refused in which words, and sides that do not leak."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwork.base.errors import HeadworkError
from headwork.data.distractors import Pool
from headwork.data.duplicates import normalised
from headwork.data.searched import SearchCorpus, prepare_searched
from headwork.data.split import SIDES


def write(path: Path, rows: list[tuple[str, ...]], header: tuple[str, ...] = ("query", "document")) -> Path:
    path.write_text("".join(json.dumps(dict(zip(header, row, strict=True))) + "\n" for row in rows))
    return path


def pairs(count: int = 60) -> list[tuple[str, str]]:
    return [(f"find number {n}", f"def number_{n}(): return {n}") for n in range(count)]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (("query", "document"), ("query", "document")),
        (("code", "summary"), ("summary", "code")),
        (("text", "question"), ("question", "text")),
        (("answer", "question"), ("question", "answer")),
        (("two", "one"), ("two", "one")),
    ],
)
def test_columns_are_guessed_and_said(tmp_path, header, expected):
    found = prepare_searched(write(tmp_path / "p.jsonl", pairs(), header)).facts
    assert (found.text_column, found.second_column) == expected
    assert found.columns == {"query": expected[0], "document": expected[1]} and "--text-b" in found.notes[0]
    named = prepare_searched(tmp_path / "p.jsonl", text=expected[1], text_b=expected[0]).facts
    assert (named.text_column, named.second_column) == expected[::-1] and not named.notes


def test_no_text_stands_on_two_sides(tmp_path):
    rows = pairs(80)
    rows += [(f"find number {n}", f"another {n}") for n in range(20)]
    rows += [(f"said otherwise {n}", f"ANOTHER  {n}") for n in range(20)]
    rows += rows[:5]
    corpus = prepare_searched(write(tmp_path / "p.jsonl", rows))
    assert corpus.facts.dropped == {"duplicate": 5} and corpus.facts.rows == 125
    for texts in (corpus.texts, corpus.seconds):
        sides: dict[str, set[str]] = {}
        for text, side in zip(map(normalised, texts), corpus.sides, strict=True):
            sides.setdefault(text, set()).add(str(side))
        assert all(len(found) == 1 for found in sides.values())
    assert {str(side) for side in corpus.sides} == set(SIDES)


def test_official_sides_stay_and_training_loses_what_they_have(tmp_path):
    train = write(tmp_path / "a.jsonl", [*pairs(40), ("seen query", "x"), ("x y z", "Seen  DOCUMENT"), ("a", "b c")])
    test = write(tmp_path / "b.jsonl", [("Seen QUERY", "its own"), ("other", "seen document"), ("p", "q")])
    corpus = prepare_searched(train, test=test)
    assert corpus.facts.dropped == {"document of a later side": 1, "query of a later side": 1}
    assert corpus.facts.split.test == 3 and "files; dev cut from train" in corpus.facts.split_by
    assert len(corpus.part("train")) + len(corpus.part("dev")) == 41


def test_what_is_saved_is_loaded(tmp_path):
    corpus = prepare_searched(write(tmp_path / "p.jsonl", [*pairs(), ("naïve 🙂", "日本\nline")]))
    corpus.save(tmp_path / "out")
    again = SearchCorpus.load(tmp_path / "out")
    assert again.facts == corpus.facts and again.texts == corpus.texts and again.seconds == corpus.seconds
    assert again.sides.tolist() == corpus.sides.tolist() and again.part("test").items == corpus.part("test").items


BAD = {
    "an empty query": ([*pairs(), (" ", "x")], ("query", "document"), "row 61 of the data: the query is empty"),
    "an empty document": ([*pairs(), ("x", "")], ("query", "document"), "row 61 of the data: the document is empty"),
    "one column": ([("a",)] * 30, ("query",), "needs a query and its document in two columns, but 'query' alone"),
    "numbers": ([("1", "2")] * 30, ("query", "document"), "no column alone looks like a text"),
    "few": (pairs(5), ("query", "document"), "5 usable rows; at least 20"),
}


@pytest.mark.parametrize("bad", BAD)
def test_bad_data_are_refused(tmp_path, bad):
    rows, header, told = BAD[bad]
    with pytest.raises(HeadworkError, match=told):
        prepare_searched(write(tmp_path / "p.jsonl", rows, header))


def test_a_set_without_queries_is_refused():
    with pytest.raises(HeadworkError, match="no queries with documents"):
        prepare_searched("two-entities")


def test_impossible_wishes_are_refused(tmp_path):
    path = write(tmp_path / "p.jsonl", pairs())
    for wish, told in (
        ({"text": "query", "text_b": "query"}, "named as query and as document"),
        ({"text": "quer"}, "did you mean 'query'"),
        ({"dev": path, "test": path, "group": "query"}, "the files already say"),
    ):
        with pytest.raises(HeadworkError, match=told):
            prepare_searched(path, **wish)


texts = st.sampled_from(["a", "A ", "b", "c", "d e", "d  E", "f"])


@given(st.lists(st.tuples(texts, texts), min_size=1, max_size=12), st.integers(1, 4))
def test_distractors_answer_nothing(rows: list[tuple[str, str]], count: int):
    """Against the definition, in loops."""
    queries, documents = ([row[side] for row in rows] for side in (0, 1))
    pool = Pool.of(queries, documents, count=count)
    assert len({normalised(text) for text in pool.documents}) == len(pool.documents)
    for place, (query, document) in enumerate(rows):
        assert normalised(pool.documents[pool.own[place]]) == normalised(document)
        answering = {normalised(d) for q, d in rows if normalised(q) == normalised(query)}
        allowed = [n for n, text in enumerate(pool.documents) if normalised(text) not in answering]
        found = pool.distractors(place).tolist()
        assert len(set(found)) == len(found) == min(count, len(allowed)) and set(found) <= set(allowed)
        assert found == pool.distractors(place).tolist()
        assert pool.fewest <= len(found)


@pytest.mark.row("BE26")
def test_each_query_has_999_distractors_of_its_own():
    names = [f"text {n}" for n in range(1500)]
    pool = Pool.of(names, names)
    drawn = [pool.distractors(place) for place in range(200)]
    assert pool.fewest == 999 and {len(one) for one in drawn} == {999}
    assert not any(place in one for place, one in enumerate(drawn)) and set(drawn[0]) != set(drawn[1])
    often = np.bincount(np.concatenate(drawn), minlength=1500)
    expected = 200 * 999 / 1499
    chi = ((often[200:] - expected) ** 2 / (expected * (1 - 999 / 1499))).sum()
    assert abs(chi - 1300) < 5 * np.sqrt(2 * 1300)  # each document as often as any other


def test_real_functions_have_their_columns_and_sides(real_data):
    corpus = prepare_searched("code_docstring")
    assert corpus.facts.columns == {"query": "summary", "document": "code"} and corpus.facts.split_by == "files"
    test = corpus.part("test")
    assert Pool.of(test.texts, test.seconds).fewest == 999
    assert not set(map(normalised, corpus.part("train").seconds)) & set(map(normalised, test.seconds))
