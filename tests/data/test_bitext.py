"""Pairs come from tables, two files, or a folder; what cannot be paired is refused by line."""

import pytest

from headwork.base.errors import HeadworkError
from headwork.data.bitext import Bitext, known_bitexts, prepare_bitext


def lines(word: str, count: int = 60) -> str:
    return "".join(f"{word} sentence number {number}\n" for number in range(count))


def table(count: int = 60, header: str = "en\tde\n") -> str:
    return header + "".join(f'the "{number}" house\tdas "{number}" Haus\n' for number in range(count))


def test_two_files_of_lines(make_file) -> None:
    one, other = make_file("train.en", lines("a")), make_file("train.de.gz", lines("ein"))
    bitext = prepare_bitext(f"{one}+{other}")
    facts = bitext.facts
    assert (facts.text_column, facts.label_column, facts.rows) == ("en", "de", 60)
    assert facts.split.train + facts.split.dev + facts.split.test == 60
    assert all(source.split()[1:] == target.split()[1:] for source, target in _pairs(bitext))
    assert bitext.name == "train"


def test_a_table_keeps_quotes_and_names_its_columns(make_file) -> None:
    bitext = prepare_bitext(make_file("pairs.tsv", table()), source="de", target="en")
    assert (bitext.facts.text_column, bitext.facts.label_column) == ("de", "en")
    assert ('das "7" Haus', 'the "7" house') in list(_pairs(bitext))


def test_a_table_without_a_header_loses_no_pair(make_file) -> None:
    bitext = prepare_bitext(make_file("pairs.tsv", table(header="")))
    assert bitext.facts.rows == 60
    assert ('the "0" house', 'das "0" Haus') in list(_pairs(bitext))


def test_a_folder_is_read_in_the_direction_of_its_name(tmp_path, monkeypatch) -> None:
    folder = tmp_path / "talks_fr_en"
    folder.mkdir()
    for side in ("train", "dev", "test"):
        for end in ("en", "fr"):
            (folder / f"{side}.{end}").write_text(lines(f"{end} {side}", 30))
    bitext = prepare_bitext(folder)
    assert (bitext.facts.text_column, bitext.facts.label_column) == ("fr", "en")
    assert bitext.facts.split_by == "files"
    monkeypatch.setenv("HEADWORK_DATA", str(tmp_path))
    assert known_bitexts() == [("talks_fr_en", ("fr", "en"))]
    by_name = prepare_bitext("talks_fr_en", source="en", target="fr")
    assert by_name.facts.text_column == "en"
    assert len(by_name.part("test")) == 30


def test_official_sides_and_what_they_take_from_training(make_file) -> None:
    train = make_file("train.tsv", table(40) + "shared\tgeteilt\n\tleer\nempty\t \nshared\tgeteilt\n")
    test = make_file("test.tsv", "en\tde\n" + "shared\tanders\n" + table(30, header="").replace("house", "home"))
    facts = prepare_bitext(train, test=test).facts
    assert facts.dropped == {"empty side": 2, "duplicate of a later split": 2}
    assert facts.split.test == 31
    assert sum(facts.dropped.values()) + facts.split.train + facts.split.dev + facts.split.test == facts.rows


def test_translations_of_one_sentence_stay_on_one_side(make_file) -> None:
    rows = "".join(f"sentence {number // 3}\tSatz {number}\n" for number in range(90))
    bitext = prepare_bitext(make_file("pairs.tsv", "en\tde\n" + rows))
    parts = {side: set(bitext.part(side).sources) for side in ("train", "dev", "test")}
    assert not parts["train"] & parts["test"]
    assert not parts["train"] & parts["dev"]


def test_what_was_saved_is_what_is_loaded(make_file, tmp_path) -> None:
    bitext = prepare_bitext(make_file("pairs.tsv", table()))
    bitext.save(tmp_path / "kept")
    again = Bitext.load(tmp_path / "kept")
    assert again.facts == bitext.facts
    assert list(_pairs(again)) == list(_pairs(bitext))
    damaged = tmp_path / "kept" / "rows.parquet"
    damaged.write_bytes(damaged.read_bytes()[:-20])
    with pytest.raises(HeadworkError, match="damaged"):
        Bitext.load(tmp_path / "kept")


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"a.en": lines("a", 60), "a.de": lines("ein", 58)}, r"60 lines .* 58: line 59 of .*a\.en has no partner"),
        ({"a.en": lines("a", 60), "a.de": "\n" * 60}, "'de' is empty in every pair"),
        ({"a.en": b"abc\x00def\n" * 60, "a.de": lines("ein")}, "line 1: a zero byte"),
        ({"a.en": b"caf\xe9\n" * 60, "a.de": lines("ein")}, "UTF-8"),
        ({"a.en": lines("a", 5), "a.de": lines("ein", 5)}, "5 usable pairs"),
    ],
)
def test_bad_files_are_refused_in_one_line(make_file, files, told) -> None:
    one, other = (make_file(name, content) for name, content in files.items())
    with pytest.raises(HeadworkError, match=told):
        prepare_bitext(f"{one}+{other}")


def test_one_language_and_wrong_names_are_refused(make_file) -> None:
    with pytest.raises(HeadworkError, match="one file of lines"):
        prepare_bitext(make_file("text.en", lines("a")))
    with pytest.raises(HeadworkError, match="one column"):
        prepare_bitext(make_file("one.csv", "text\n" + lines("a")))
    with pytest.raises(HeadworkError, match="no column 'fr'; found 'en', 'de'"):
        prepare_bitext(make_file("pairs.tsv", table()), target="fr")


def _pairs(bitext: Bitext):
    return zip(bitext.pairs.sources, bitext.pairs.targets, strict=True)
