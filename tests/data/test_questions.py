"""Questions on three sides: answers that stand where they say, sides that do not leak, an account of the rest."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwork.base.errors import HeadworkError
from headwork.data.questions import QuestionCorpus, nearest, prepare_questions
from headwork.data.split import SIDES
from headwork.data.squad import Answer


def article(n: int, *, passages: int = 2, title: str | None = None) -> dict:
    paragraphs = []
    for p in range(passages):
        context = f"Person {n} lives in town {p} of country {n}."
        qas = [
            {"id": f"{n}-{p}-{q}", "question": f"{word} about {n}, {p}?", "answers": [_answer(context, text)]}
            for q, (word, text) in enumerate((("Who", f"Person {n}"), ("Where", f"town {p}")))
        ]
        paragraphs.append({"context": context, "qas": qas})
    return {"title": f"Article {n}" if title is None else title, "paragraphs": paragraphs}


def _answer(context: str, text: str) -> dict:
    return {"text": text, "answer_start": context.index(text)}


def write(path: Path, *articles: dict) -> Path:
    path.write_text(json.dumps({"data": list(articles)}))
    return path


@pytest.mark.parametrize("articles", [3, 30])
def test_what_is_asked_about_one_text_stays_on_one_side(tmp_path, articles):
    passages = 40 if articles == 3 else 3
    corpus = prepare_questions(write(tmp_path / "a.json", *(article(n, passages=passages) for n in range(articles))))
    parts = {side: corpus.part(side) for side in SIDES}
    assert sum(map(len, parts.values())) == corpus.facts.rows and min(map(len, parts.values())) > 0
    kept = [
        {title if articles == 30 else one.passage for title, one in zip(part.titles, part.asked, strict=True)}
        for part in parts.values()
    ]
    assert not (kept[0] & kept[1] or kept[0] & kept[2] or kept[1] & kept[2])
    assert ("by article" in corpus.facts.split_by) == (articles == 30)
    assert parts["test"].together()[0] == "passages"


def test_files_of_sides_are_kept_and_passages_of_later_sides_dropped(tmp_path):
    train = write(tmp_path / "train.json", *(article(n) for n in range(12)))
    test = write(tmp_path / "test.json", *(article(n) for n in range(10, 16)))
    corpus = prepare_questions(train, test=test, dev=write(tmp_path / "dev.json", article(30), article(31)))
    assert corpus.facts.dropped == {"passage of a later split": 8}
    assert (corpus.facts.split.train, corpus.facts.split.dev, corpus.facts.split.test) == (40, 8, 24)
    assert not {a.passage for a in corpus.part("train").asked} & {a.passage for a in corpus.part("test").asked}


@pytest.mark.row("BE11")
def test_answers_that_stand_elsewhere_are_moved_or_left_out_with_a_count(tmp_path):
    first = article(0)
    context = first["paragraphs"][0]["context"]
    first["paragraphs"][0]["qas"] += [
        {"question": "Moved?", "answers": [{"text": "country 0", "answer_start": 3}]},
        {"question": "Gone?", "answers": [{"text": "moon", "answer_start": 3}]},
        {"question": "One of two?", "answers": [{"text": "moon", "answer_start": 0}, _answer(context, "lives")]},
        {"question": "Behind the end?", "answers": [{"text": "lives", "answer_start": 10_000}]},
        {"question": "None?", "answers": [], "is_impossible": True},
    ]
    facts = (corpus := prepare_questions(write(tmp_path / "a.json", first, *(article(n) for n in range(1, 12))))).facts
    assert facts.dropped == {"answer not in its passage": 1}
    assert any(note.startswith("2 answers stood elsewhere") for note in facts.notes)
    assert any(note.startswith("1 answers stand nowhere") for note in facts.notes)
    assert any(note.startswith("1 questions have no answer") for note in facts.notes) and corpus.unanswerable
    for one, answers in zip(corpus.questions.asked, corpus.questions.answers, strict=True):
        assert all(one.passage[a.start : a.start + len(a.text)] == a.text for a in answers)


@given(st.text("ab", max_size=12), st.text("ab", min_size=1, max_size=3), st.integers(-3, 15))
def test_the_nearest_place_is_the_nearest_of_all(passage, text, start):
    places = [p for p in range(len(passage)) if passage[p : p + len(text)] == text]
    found = nearest(passage, Answer(text, start))
    assert (found is None) == (not places)
    if found is not None:
        assert found in places and abs(found - start) == min(abs(p - start) for p in places)


def test_repeated_and_empty_questions_are_dropped_with_a_count(tmp_path):
    first = article(0)
    again = {**first["paragraphs"][0]["qas"][0], "question": "WHO  about 0, 0?"}
    other = {**again, "answers": [_answer(first["paragraphs"][0]["context"], "lives")]}
    first["paragraphs"][0]["qas"] += [again, other, {"question": " ", "answers": []}]
    first["paragraphs"].append({"context": " \n", "qas": [{"question": "Who?", "answers": []}]})
    facts = prepare_questions(write(tmp_path / "a.json", first, *(article(n) for n in range(1, 12)))).facts
    assert facts.dropped == {"duplicate": 1, "empty question": 1, "empty passage": 1}
    assert facts.rows == sum(facts.dropped.values()) + facts.split.train + facts.split.dev + facts.split.test


def test_saved_and_loaded_it_is_the_same(tmp_path):
    corpus = prepare_questions(write(tmp_path / "people.json", *(article(n) for n in range(25))))
    folder = tmp_path / "saved"
    folder.mkdir()
    corpus.save(folder)
    again = QuestionCorpus.load(folder)
    assert again.facts == corpus.facts and again.name == "people"
    for name in ("asked", "answers", "titles", "ids"):
        assert getattr(again.questions, name) == getattr(corpus.questions, name)
    assert np.array_equal(again.sides, corpus.sides) and np.array_equal(again.questions.rows, corpus.questions.rows)
    rows = (folder / "rows.parquet").read_bytes()
    for name, data in (("rows.parquet", rows[:-9]), ("passages.parquet", b"")):
        kept = (folder / name).read_bytes()
        (folder / name).write_bytes(data)
        with pytest.raises(HeadworkError, match="missing or damaged"):
            QuestionCorpus.load(folder)
        (folder / name).write_bytes(kept)
    told = (folder / "data.json").read_text()
    (folder / "data.json").write_text(told.replace(corpus.facts.fingerprint, "0" * 64))
    with pytest.raises(HeadworkError, match="not the questions"):
        QuestionCorpus.load(folder)


def test_a_set_without_questions_is_refused():
    with pytest.raises(HeadworkError, match="stdlib: holds no questions about passages"):
        prepare_questions("stdlib")


def test_what_cannot_be_learnt_from_is_refused(tmp_path):
    without = article(0)
    del without["paragraphs"][1]["qas"][0]["answers"]
    with pytest.raises(HeadworkError, match=r"data\[0\].paragraphs\[1\].qas\[0\]: no answers"):
        prepare_questions(write(tmp_path / "a.json", without, *(article(n) for n in range(1, 12))))
    with pytest.raises(HeadworkError, match="4 usable questions"):
        prepare_questions(write(tmp_path / "b.json", article(0)))
    with pytest.raises(HeadworkError, match="no such file"):
        prepare_questions(tmp_path / "nothing.json")
    one = {"title": "One", "paragraphs": [{"context": "a b c", "qas": []}]}
    one["paragraphs"][0]["qas"] = [{"question": f"{n}?", "answers": [_answer("a b c", "b")]} for n in range(30)]
    with pytest.raises(HeadworkError, match="1 passages"):
        prepare_questions(write(tmp_path / "c.json", one))


def test_a_smaller_share_is_part_of_a_larger_one(tmp_path):
    train = prepare_questions(write(tmp_path / "a.json", *(article(n) for n in range(25)))).part("train")
    some, more = train.share(0.1), train.share(0.3)
    assert 0 < len(some) < len(more) < len(train) and set(some.ids) < set(more.ids) < set(train.ids)


def test_real_sets_are_understood(real_data):
    squad, covid = prepare_questions("squad"), prepare_questions("covid_qa")
    assert len(squad.part("test")) == 995 and squad.part("test").together()[0] == "passages"
    assert (
        covid.part("test").together()[0] == "articles" and max(len(a.passage) for a in covid.questions.asked) > 60_000
    )
    for corpus in (squad, covid):
        for one, answers in zip(corpus.questions.asked, corpus.questions.answers, strict=True):
            assert all(one.passage.startswith(answer.text, answer.start) for answer in answers)
