"""Pairs from files: which columns, classes or scores, what is refused in which words, and sides that do not leak."""

from pathlib import Path

import numpy as np
import pytest

from headwork.base.errors import HeadworkError
from headwork.data.pairs import PairCorpus, prepare_pairs
from headwork.data.split import SIDES

ROWS = 60


def write(path: Path, header: str, rows: list[str]) -> Path:
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def classes(path: Path, header: str = "premise,hypothesis,label", rows: int = ROWS) -> Path:
    return write(path, header, [f"a dog number {n},an animal {n},{('yes', 'no', 'maybe')[n % 3]}" for n in range(rows)])


def scores(path: Path, rows: int = ROWS, values: int = ROWS) -> Path:
    lines = [f"{n},a dog number {n},an animal {n},{n % values / 10}" for n in range(rows)]
    return write(path, "id,sentence1,sentence2,similarity", lines)


def test_columns_are_guessed_and_said(tmp_path):
    facts = prepare_pairs(classes(tmp_path / "p.csv")).facts
    assert facts.columns == {"text": "premise", "second text": "hypothesis", "label": "label"}
    assert any("--text-b names another" in note for note in facts.notes)
    facts = prepare_pairs(scores(tmp_path / "s.csv")).facts
    assert facts.columns == {"text": "sentence1", "second text": "sentence2", "score": "similarity"}


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("question,answer,label", ("question", "answer")),
        ("text_b,text_a,kind", ("text_b", "text_a")),
        ("left text,right text,y", ("left text", "right text")),
        ("question1,question2,is_duplicate", ("question1", "question2")),
        ("Premise,Hypothesis,gold_label", ("Premise", "Hypothesis")),
    ],
)
def test_common_names_are_known(tmp_path, header, expected):
    facts = prepare_pairs(classes(tmp_path / "p.csv", header)).facts
    assert (facts.text_column, facts.second_column) == expected


def test_columns_that_are_named_are_taken(tmp_path):
    path = classes(tmp_path / "p.csv", "one,other,kind")
    facts = prepare_pairs(path, text="other", text_b="one", label="kind").facts
    assert (facts.text_column, facts.second_column, facts.label_column) == ("other", "one", "kind")
    assert not any("guessed" in note for note in facts.notes)
    facts = prepare_pairs(path, text_b="one").facts
    assert (facts.text_column, facts.second_column) == ("other", "one")


def test_classes_and_scores_are_told_from_the_column(tmp_path):
    found = prepare_pairs(classes(tmp_path / "p.csv"))
    assert found.facts.classes == ["maybe", "no", "yes"] and found.labels.dtype == np.int64
    found = prepare_pairs(scores(tmp_path / "s.csv"))
    assert not found.facts.classes and found.labels.dtype == np.float64
    few = scores(tmp_path / "few.csv", values=4)
    assert prepare_pairs(few).facts.classes == ["0.0", "0.1", "0.2", "0.3"]
    assert not prepare_pairs(few, as_scores=True).facts.classes
    many = scores(tmp_path / "many.csv", rows=150, values=25)
    assert len(prepare_pairs(many, as_classes=True).facts.classes) == 25


def test_saved_and_loaded_it_is_the_same(tmp_path):
    for name, path in (("p", classes(tmp_path / "p.csv")), ("s", scores(tmp_path / "s.csv"))):
        corpus, folder = prepare_pairs(path), tmp_path / name
        folder.mkdir()
        corpus.save(folder)
        again = PairCorpus.load(folder)
        assert again.facts == corpus.facts and again.seconds == corpus.seconds
        assert np.array_equal(again.labels, corpus.labels) and again.labels.dtype == corpus.labels.dtype
        data = (folder / "data.json").read_text()
        (folder / "data.json").write_text(data.replace(corpus.facts.fingerprint, "0" * 64))
        with pytest.raises(HeadworkError, match="not the rows"):
            PairCorpus.load(folder)


def test_parts_keep_their_pairs_together(tmp_path):
    corpus = prepare_pairs(classes(tmp_path / "p.csv"))
    for side in SIDES:
        part = corpus.part(side)
        for pair, row in zip(part.items, part.rows, strict=True):
            assert pair == (f"a dog number {row}", f"an animal {row}")
    third = corpus.part("train").share(0.3)
    assert set(third.items) < set(corpus.part("train").items) and len(third.labels) == len(third)


def test_low_and_high_scores_come_to_every_side(tmp_path):
    corpus = prepare_pairs(scores(tmp_path / "s.csv", rows=300, values=300))
    means = [corpus.part(side).labels.mean() for side in SIDES]
    assert max(means) - min(means) < 2  # of scores from 0 to 30
    assert sum(len(corpus.part(side)) for side in SIDES) == 300


def test_pairs_of_one_first_text_stay_on_one_side(tmp_path):
    lines = [f"a dog number {n // 3},an animal {n},{('yes', 'no', 'maybe')[n % 3]}" for n in range(120)]
    corpus = prepare_pairs(write(tmp_path / "p.csv", "premise,hypothesis,label", lines))
    sides = [set(corpus.part(side).texts) for side in SIDES]
    assert not (sides[0] & sides[1] or sides[0] & sides[2] or sides[1] & sides[2])
    assert all(sides)


def test_a_question_that_all_pairs_share_does_not_forbid_a_split(tmp_path):
    lines = [f"the one question of all,an answer {n},{('yes', 'no')[n % 2]}" for n in range(60)]
    corpus = prepare_pairs(write(tmp_path / "p.csv", "question,answer,label", lines))
    assert all(len(corpus.part(side)) for side in SIDES)


def test_a_pair_that_a_later_side_holds_is_dropped_either_way_round(tmp_path):
    train, test = classes(tmp_path / "train.csv"), tmp_path / "test.csv"
    lines = [
        "an animal 1,a dog number 1,yes",
        "a dog number 2,an animal 2,no",
        *[f"x {n},y {n},yes" for n in range(20)],
    ]
    lines += [f"v {n},w {n},no" for n in range(5)] + [f"t {n},u {n},maybe" for n in range(5)]
    corpus = prepare_pairs(train, test=write(test, "premise,hypothesis,label", lines))
    assert corpus.facts.dropped == {"duplicate of a later split": 2}
    assert len(corpus.part("test")) == len(lines)


def test_a_pair_the_other_way_round_is_another_row_of_its_side(tmp_path):
    path = classes(tmp_path / "p.csv")
    with path.open("a") as end:
        end.write("an animal 1,a dog number 1,no\na dog number 1,an animal 1,no\n")
    assert prepare_pairs(path).facts.dropped == {"duplicate": 1}


def refusals(folder: Path) -> dict[str, tuple[Path, str]]:
    ok = [f"a dog number {n},an animal {n},{n / 10}" for n in range(40)]
    header = "first text,second text,score"
    binary = folder / "picture.csv"
    binary.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20)
    return {
        "one text": (write(folder / "one.csv", "text,label", [f"a dog {n},{n % 2}" for n in range(40)]), "two texts"),
        "empty side": (write(folder / "side.csv", header, [*ok[:6], "a dog, ,3.3", *ok]), "row 7 of the data"),
        "no target": (write(folder / "target.csv", header, [*ok, "a dog,an animal,"]), "row 41 .*target"),
        "text": (write(folder / "word.csv", header, [*ok[:2], "a dog,an animal,high", *ok]), "row 3 .*'high'"),
        "one value": (write(folder / "value.csv", header, [f"{row[:-3]}2.5" for row in ok]), "one class only"),
        "binary": (binary, "not UTF-8"),
        "too few": (write(folder / "few.csv", header, ok[:5]), "row"),
    }


@pytest.mark.parametrize("case", ["one text", "empty side", "no target", "text", "one value", "binary", "too few"])
def test_what_cannot_be_used_is_refused_in_one_line(tmp_path, case):
    path, told = refusals(tmp_path)[case]
    with pytest.raises(HeadworkError, match=told) as refused:
        prepare_pairs(path)
    assert "\n" not in str(refused.value)


def test_scores_of_one_value_are_refused(tmp_path):
    path = write(tmp_path / "v.csv", "text_a,text_b,score", [f"a {n},b {n},2.5" for n in range(40)])
    with pytest.raises(HeadworkError, match=r"one value only, '2\.5'"):
        prepare_pairs(path, as_scores=True)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({"text": "premise", "text_b": "premise"}, "named twice"),
        ({"text": "premis"}, "did you mean 'premise'"),
        ({"as_classes": True, "as_scores": True}, "one or the other"),
        ({"as_scores": True}, "'yes' is no number"),
    ],
)
def test_words_that_contradict_are_refused(tmp_path, words, told):
    with pytest.raises(HeadworkError, match=told):
        prepare_pairs(classes(tmp_path / "p.csv"), **words)


def test_single_texts_are_no_pairs():
    with pytest.raises(HeadworkError, match="single ones"):
        prepare_pairs("stdlib")


def test_real_sets_are_understood(real_data):
    sick, likeness = prepare_pairs("sick"), prepare_pairs("stsb")
    assert sick.facts.classes == ["contradiction", "entailment", "neutral"]
    assert likeness.facts.columns == {"text": "sentence1", "second text": "sentence2", "score": "score"}
    assert len(sick.part("test")) == 4927 and not prepare_pairs("sick", label="relatedness").facts.classes
