"""Tables of texts with a marked word and its sense: which columns, what is left out, on which side."""

from collections import Counter
from pathlib import Path

import pytest
from tests.ducks import DUCKS, write_ducks

from headwork.base.disambiguate import Inventory
from headwork.base.errors import HeadworkError
from headwork.data.senses import SenseCorpus, prepare_senses


def table(path: Path, rows: list[str], header: str = "text,sense") -> Path:
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def two_words(count: int = 12) -> list[str]:
    """Two senses each of two words; a sense of each is called animal."""
    return [
        f"The {n} [{word}] {does},{sense}"
        for n in range(count)
        for word, sense, does in (
            ("duck", "animal", "swims"),
            ("duck", "cloth", "is sewn"),
            ("mole", "animal", "digs"),
            ("mole", "spy", "listens"),
        )
    ]


@pytest.mark.row("BE15")
def test_ducks_come_in_three_senses(tmp_path):
    corpus = prepare_senses(write_ducks(tmp_path / "duck.csv"))
    assert corpus.facts.classes == [f"duck: {sense}" for sense in DUCKS]
    assert corpus.facts.split.train + corpus.facts.split.dev + corpus.facts.split.test == 42
    lines = {line.strip() for lines in DUCKS.values() for line in lines.splitlines() if line.strip()}
    every = [item for side in ("train", "dev", "test") for item in corpus.part(side).items]
    assert {item.marked for item in every} == lines
    assert {item.surface for item in every} == {"duck"} and not any("[" in item.text for item in every)


def test_what_was_saved_is_loaded_and_what_was_changed_is_refused(tmp_path):
    corpus = prepare_senses(write_ducks(tmp_path / "duck.csv"))
    corpus.save(tmp_path / "kept")
    loaded = SenseCorpus.load(tmp_path / "kept")
    assert loaded.facts == corpus.facts and loaded.part("test").items == corpus.part("test").items
    facts = (tmp_path / "kept" / "data.json").read_text()
    (tmp_path / "kept" / "data.json").write_text(facts.replace(corpus.facts.fingerprint, "0" * 64))
    with pytest.raises(HeadworkError, match="not the rows"):
        SenseCorpus.load(tmp_path / "kept")


def test_one_name_of_a_sense_may_belong_to_two_words(tmp_path):
    corpus = prepare_senses(table(tmp_path / "two.csv", two_words()))
    assert corpus.facts.classes == ["duck: animal", "duck: cloth", "mole: animal", "mole: spy"]
    assert corpus.inventory.words == ["duck", "mole"] and corpus.inventory.of_class.tolist() == [0, 0, 1, 1]
    for side in ("train", "dev", "test"):
        assert set(Counter(corpus.part(side).labels.tolist())) == {0, 1, 2, 3}


def test_columns_may_say_which_word_is_meant(tmp_path):
    rows = [row.replace("[", "").replace("]", "") for row in two_words()]
    rows = [f"{row},{row.split(' ')[2]},2" for row in rows]
    path = table(tmp_path / "two.csv", rows, "text,sense,word,index")
    corpus = prepare_senses(path)
    marked = prepare_senses(table(tmp_path / "marked.csv", two_words()))
    assert corpus.part("test").items == marked.part("test").items
    assert corpus.asked_by.index == "index" and marked.asked_by.index is None
    other = table(tmp_path / "other.csv", rows, "text,sense,lemma,at")
    assert prepare_senses(other, word="lemma", index="at").facts.split == corpus.facts.split


def test_what_says_nothing_is_left_out_and_told(tmp_path):
    rows = [*two_words(), "A [duck] in cricket,zero", *(f"The {n} [seal] barked,animal" for n in range(9))]
    corpus = prepare_senses(table(tmp_path / "more.csv", rows))
    assert corpus.inventory.words == ["duck", "mole"] and "duck: zero" not in corpus.facts.classes
    assert corpus.facts.dropped == {"class too small": 1, "word with one sense": 9}
    assert any("'duck: zero' (1), 'seal: animal' (9)" in note for note in corpus.facts.notes)


def test_one_text_may_stand_there_with_another_word_marked(tmp_path):
    rows = [
        *two_words(),
        "The [duck] met a mole,animal",
        "The duck met a [mole],animal",
        "The [duck] met a mole,animal",
    ]
    corpus = prepare_senses(table(tmp_path / "both.csv", rows))
    assert corpus.facts.dropped == {"duplicate": 1}
    of_text = [corpus.sides[place] for place, text in enumerate(corpus.texts) if text == "The duck met a mole"]
    assert len(of_text) == 2 and len(set(of_text)) == 1, "a text that is learnt from is not asked about"


def test_rows_are_told_with_their_sense_and_mark(tmp_path):
    corpus = prepare_senses(write_ducks(tmp_path / "duck.csv"))
    sense, text = next(corpus.examples())
    assert sense in DUCKS and "[duck]" in text


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (["The duck swam,animal"] * 2, "row 1 of the data: no word is marked"),
        ([f"The {n} [duck],animal" for n in range(30)], "0 usable rows"),
        ([f"The {n} [duck],{('animal', 'cloth')[n % 2]}" for n in range(10)], "10 usable rows"),
    ],
)
def test_tables_that_cannot_be_learnt_from_are_refused(tmp_path, rows, told):
    with pytest.raises(HeadworkError) as refused:
        prepare_senses(table(tmp_path / "bad.csv", rows))
    assert told in str(refused.value)


def test_a_word_without_senses_is_named_with_those_that_have_some():
    inventory = Inventory(["bass: fish", "bass: guitar", "duck: bird"])
    assert inventory.numbers(["duck", "bass"]).tolist() == [1, 0]
    assert inventory.possible(["bass"]).tolist() == [[True, True, False]]
    with pytest.raises(
        HeadworkError, match="'goose': no sense of this word was learnt; those that were are of bass, du"
    ):
        inventory.numbers(["duck", "goose"])


@pytest.mark.row("BE15")
def test_the_published_set_is_read_whole(real_data):
    corpus = prepare_senses("coarsewsd20")
    assert (corpus.facts.split.train, corpus.facts.split.dev, corpus.facts.split.test) == (21028, 2340, 10195)
    assert len(corpus.inventory.words) == 20 and len(corpus.facts.classes) == 53 and not corpus.facts.dropped
    assert all(item.surface.lower() == item.word for item in corpus.part("test").items)
