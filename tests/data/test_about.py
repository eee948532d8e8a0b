"""Rows that ask about something in their text: by name or by characters, each text on one side."""

from pathlib import Path

import pytest

from headwork.base.about import OPEN, bare, shown
from headwork.base.errors import HeadworkError
from headwork.data.about import about_columns, about_one
from headwork.data.corpus import Corpus, prepare
from headwork.data.two_entities import names


def write(path: Path, header: str, rows: list[str]) -> Path:
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def both(count: int = 30) -> list[str]:
    """A good and a bad company in each text."""
    return [
        f"{text}{number},{name},{label}"
        for number in range(count)
        for text in (("Bor fell as Al rose on day ", "Al rose as Bor fell on day ")[number % 2],)
        for name, label in (("Al", "good"), ("Bor", "bad"))
    ]


@pytest.mark.row("UL13")
def test_a_column_of_names_marks_the_texts_and_keeps_each_on_one_side(tmp_path):
    path = write(tmp_path / "news.csv", "text,entity,label", [*both(), "Al rose,Zed,good", "Al rose,,good"])
    corpus = prepare(path, about="entity")
    assert corpus.facts.about_column == "entity" and corpus.facts.columns["about"] == "entity"
    assert corpus.facts.dropped == {"asked about what the text does not name": 2}
    assert len(corpus.texts) == 60 and all(text.count(OPEN) == 1 for text in corpus.texts)
    for text, label in zip(corpus.texts, corpus.labels, strict=True):
        said, ((start, end),) = bare(text)
        assert said[start:end] == {"good": "Al", "bad": "Bor"}[corpus.facts.classes[label]]
    sides = {bare(text).text: set() for text in corpus.texts}
    for text, side in zip(corpus.texts, corpus.sides, strict=True):
        sides[bare(text).text].add(side)
    assert all(len(found) == 1 for found in sides.values())
    assert not any("another label" in note for note in corpus.facts.notes)
    assert any("⟦" in text for _, text in corpus.examples())
    corpus.save(tmp_path / "kept")
    assert Corpus.load(tmp_path / "kept").texts == corpus.texts


def _by_label(corpus: Corpus) -> dict[str, list[str]]:
    classes = corpus.facts.classes
    return {
        name: [text for text, label in zip(corpus.texts, corpus.labels, strict=True) if classes[label] == name]
        for name in classes
    }


def test_two_columns_of_characters(tmp_path):
    rows = [
        f"Al rose as Al fell {n},{start},{end},{label}"
        for n in range(20)
        for start, end, label in ((0, 2, "up"), (11, 13, "down"))
    ]
    corpus = prepare(write(tmp_path / "news.csv", "text,start,end,label", rows), about="start,end")
    found = {
        label: {shown(text)[:15] for text in corpus.texts if text in own} for label, own in _by_label(corpus).items()
    }
    assert found == {"up": {"⟦Al⟧ rose as Al"}, "down": {"Al rose as ⟦Al⟧"}}


def test_a_row_that_stands_there_twice_about_one_thing_is_a_repeat(tmp_path):
    corpus = prepare(write(tmp_path / "news.csv", "text,entity,label", [*both(), *both(3)]), about="entity")
    assert corpus.facts.dropped == {"duplicate": 6}


def test_one_text_may_have_one_label_for_several_things(tmp_path):
    rows = [f"Al rose as Cid rose on day {n},{name},good" for n in range(9) for name in ("Al", "Cid")]
    corpus = prepare(write(tmp_path / "news.csv", "text,entity,label", [*both(), *rows]), about="entity")
    assert corpus.facts.dropped == {} and len(corpus.texts) == 78


def test_a_text_of_a_later_side_is_not_learnt_from_whatever_it_is_asked_about(tmp_path):
    train = write(tmp_path / "train.csv", "text,entity,label", both())
    test = write(tmp_path / "test.csv", "text,entity,label", both()[:1] + both(9)[8:])
    corpus = prepare(train, test=test, about="entity")
    assert corpus.facts.dropped["duplicate of a later split"] == 12


@pytest.mark.parametrize(
    ("header", "row", "about", "told"),
    [
        ("text,entity,label", "Al rose,Al,good", "name", "no column 'name'"),
        ("text,entity,label", "Al rose,Al,good", "text", "named as text and in --about"),
        ("text,entity,label", "Al rose,Al,good", "a,b,c", "expected a column of names, or two"),
        ("text,start,end,label", "Al rose,0,99,good", "start,end", "row 1 of the data: characters '0' to '99' of"),
        ("text,start,end,label", "Al rose,2,2,good", "start,end", "an end behind it"),
        ("text,start,end,label", "Al rose,-1,2,good", "start,end", "expected a start"),
        ("text,start,end,label", "Al rose,,2,good", "start,end", "expected a start"),
        ("text,entity,label", "Al rose,Zed,good", "entity", "does not name"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused(tmp_path, header, row, about, told):
    with pytest.raises(HeadworkError, match=told):
        prepare(write(tmp_path / "news.csv", header, [row] * 30), text="text", label="label", about=about)


def test_one_text_is_asked_by_name_or_by_characters():
    assert shown(about_one("Al rose, Al fell", "Al")) == "⟦Al⟧ rose, ⟦Al⟧ fell"
    assert shown(about_one("Al rose, Al fell", "9,11")) == "Al rose, ⟦Al⟧ fell"
    assert shown(about_one("won 9,11 percent", "9,11")) == "won ⟦9,11⟧ percent"
    for told in ("Zed", "", "3,99", "5,5", "9,"):
        with pytest.raises(HeadworkError, match="--about"):
            about_one("Al rose", told)
    assert about_columns(None) == () and about_columns(" start , end ") == ("start", "end")


@pytest.mark.row("UL13")
def test_two_entities_are_of_other_polarity_in_one_sentence_and_new_on_the_test_side():
    corpus = prepare("two-entities")
    assert corpus.facts.about_column == "entity" and len(corpus.facts.classes) == 5 and not corpus.facts.dropped
    rows: dict[str, list] = {}
    for text, label, side in zip(corpus.texts, corpus.labels, corpus.sides, strict=True):
        rows.setdefault(bare(text).text, []).append((bare(text).places, int(label), side))
    for asked in rows.values():
        (one, of_one, side), (other, of_other, same) = asked
        assert one != other and of_one != of_other and side == same
    assert not set(names("test")) & set(names("train"))
    words = {
        side: {word for text in corpus.part(side).texts for word in bare(text).text.split()}
        for side in ("train", "test")
    }
    assert not any(name in word for name in names("test") for word in words["train"])
