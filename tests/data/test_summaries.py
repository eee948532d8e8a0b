"""Documents and summaries: what becomes a sentence, what a reference, which side, and what is dropped."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwork.base.errors import HeadworkError
from headwork.base.limits import Limits
from headwork.data.summaries import (
    SummaryCorpus,
    are_sentences,
    items_of,
    prepare_summaries,
    sentences_of,
    words_for,
)


def write(path: Path, rows: list[dict]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def rows(count: int = 40, **more) -> list[dict]:
    return [
        {
            "id": f"{n}",
            "source": [f"This is number {n}.", "It says, e.g. Mr. Smith, little.", "More follows"],
            "source_labels": [1, 0, 0],
            "target": [f"Number {n}."],
            **more,
        }
        for n in range(count)
    ]


@pytest.mark.row("BE17")
def test_a_list_of_sentences_stays_as_it_is_and_sides_are_cut(tmp_path: Path):
    corpus = prepare_summaries(write(tmp_path / "docs.jsonl", rows()))
    facts = corpus.facts
    assert (facts.text_column, facts.label_column, facts.rows, facts.listed) == ("source", "target", 40, True)
    assert (facts.split.train, facts.split.dev, facts.split.test) == (28, 4, 8)
    train = corpus.part("train")
    first = int(train.rows[0])
    assert train.items[0] == tuple(rows()[first]["source"]) and train.references[0] == [f"Number {first}."]
    assert corpus.name == "docs" and corpus.words == "latin"
    told = " ".join(facts.notes)
    assert "'source' holds the documents" in told and "3.0 sentences in a document" in told
    assert next(corpus.examples())[0].startswith("Number ")


def test_paragraphs_and_texts_are_cut_into_sentences(tmp_path: Path):
    paragraphs = ["One is here. Two is here!", "Three? Four."]
    mine = [
        {"title": f"Title {n}", "paragraphs": [*paragraphs, f"The end of {n}. Really."], "label": "x"}
        for n in range(30)
    ]
    corpus = prepare_summaries(write(tmp_path / "news.jsonl", mine))
    assert (corpus.facts.text_column, corpus.facts.label_column, corpus.facts.listed) == ("paragraphs", "title", False)
    found = corpus.part("train").items[0]
    assert found[:4] == ("One is here.", "Two is here!", "Three?", "Four.") and len(found) == 6
    lines = "".join(f'"One is {n}. Two\nis here.",Summary {n}\n' for n in range(30))
    (tmp_path / "docs.csv").write_text("article,summary\n" + lines)
    corpus = prepare_summaries(tmp_path / "docs.csv")
    assert corpus.part("dev").items[0][1] == "Two\nis here."


@given(items=st.lists(st.text("ab. \n!", max_size=8), max_size=4), listed=st.booleans())
def test_sentences_hold_all_characters_but_blanks(items: list[str], listed: bool):
    cell = "\n\n".join(items)
    found = sentences_of(cell, listed=listed)
    assert "".join("".join(found).split()) == "".join(cell.split())
    assert all(each == each.strip() != "" and "\n\n" not in each for each in found)
    if listed and len(items_of(cell)) > 1:
        assert list(found) == items_of(cell)


def test_items_are_sentences_where_few_hold_more():
    assert are_sentences(["One.\n\nTwo.", "Three.\n\nFour. And more.\n\nFive.", "Six.\n\nSeven."])
    assert not are_sentences(["One. Two.\n\nThree."]) and not are_sentences(["One.", ""])


def test_several_references_are_kept_and_told(tmp_path: Path):
    mine = [{**row, "target": [row["target"][0], "Another one."]} if n % 2 else row for n, row in enumerate(rows())]
    corpus = prepare_summaries(write(tmp_path / "docs.jsonl", mine))
    assert sorted({len(found) for side in ("train", "dev", "test") for found in corpus.part(side).references}) == [1, 2]
    assert any("20 documents have several summaries" in note for note in corpus.facts.notes)


def test_what_cannot_be_used_is_dropped_and_counted(tmp_path: Path):
    mine = [*rows(), {"source": [], "target": ["x"]}, {"source": ["A."], "target": []}, rows()[3]]
    mine += [{"source": ["B."], "target": ["… !"]}]
    facts = prepare_summaries(write(tmp_path / "docs.jsonl", mine)).facts
    assert facts.dropped == {"empty text": 1, "empty label": 1, "duplicate": 1, "summary without words": 1}
    assert sum(facts.dropped.values()) + facts.split.train + facts.split.dev + facts.split.test == facts.rows == 44


def test_a_training_document_of_a_later_side_is_dropped(tmp_path: Path):
    train = write(tmp_path / "train.jsonl", rows(40))
    test = write(tmp_path / "test.jsonl", rows(3))
    facts = prepare_summaries(train, test=test).facts
    assert facts.dropped == {"duplicate of a later split": 3} and facts.split.test == 3


def test_other_scripts_are_counted_by_their_own_words(tmp_path: Path):
    assert words_for(["שלום עולם", "a"]) == "any" and words_for(["naïve café 12", "plain words here"]) == "latin"
    mine = [{**row, "target": ["מספר ראשון"]} for row in rows(39)] + [{**rows(40)[39], "target": ["אחר"]}]
    corpus = prepare_summaries(write(tmp_path / "docs.jsonl", mine))
    assert corpus.words == corpus.part("test").words == "any"


def test_what_was_stored_comes_back_and_a_changed_file_is_refused(tmp_path: Path):
    corpus = prepare_summaries(write(tmp_path / "docs.jsonl", rows()))
    corpus.save(tmp_path / "kept")
    again = SummaryCorpus.load(tmp_path / "kept")
    assert again.facts == corpus.facts and again.part("test").items == corpus.part("test").items
    assert again.part("dev").references == corpus.part("dev").references
    assert len(again.part("train").share(0.3)) == 8 and np.array_equal(again.sides, corpus.sides)
    (tmp_path / "kept" / "data.json").write_text(
        (tmp_path / "kept" / "data.json").read_text().replace(corpus.facts.fingerprint, "0" * 64)
    )
    with pytest.raises(HeadworkError, match="not the rows that"):
        SummaryCorpus.load(tmp_path / "kept")


@pytest.mark.parametrize(
    ("made", "options", "told"),
    [
        (rows(9), {}, "9 usable rows; at least 20 are needed"),
        (rows(30, target="same"), {}, "one summary only, 'same'"),
        (rows(), {"label": "sumary"}, "no column 'sumary'"),
        (rows(), {"text": "source", "label": "source"}, "named as text and as label"),
        ([{"a": f"x {n}"} for n in range(30)], {}, "no column is called like a summary; name it with --label"),
    ],
)
def test_what_cannot_be_learnt_from_is_refused(tmp_path: Path, made: list[dict], options: dict, told: str):
    with pytest.raises(HeadworkError, match=told):
        prepare_summaries(write(tmp_path / "docs.jsonl", made), **options)


def test_sources_without_summaries_and_limits(tmp_path: Path):
    with pytest.raises(HeadworkError, match="its texts have no summaries"):
        prepare_summaries("stdlib")
    with pytest.raises(HeadworkError, match="rows"):
        prepare_summaries(write(tmp_path / "docs.jsonl", rows()), limits=Limits(rows=10))


def test_real_sets(real_data: Path):
    corpus = prepare_summaries("scitldr")
    assert corpus.facts.split.test == 618 and corpus.facts.listed and corpus.facts.split_by == "files"
    assert max(map(len, corpus.part("test").references)) > 2
    news = prepare_summaries("bbc_news")
    assert not news.facts.listed and news.facts.label_column == "title" and news.facts.split.test > 400
