"""Tagged corpora: sides, what is dropped, what is stored, and data sets by name."""

from pathlib import Path

import msgspec
import numpy as np
import pyarrow.parquet as parquet
import pytest

from headwork.base.errors import HeadworkError
from headwork.base.tag import is_iob2
from headwork.data.sets import EMBEDDED, known_sets, resolve
from headwork.data.tagged import NAMED, TaggedCorpus, prepare_tagged


def rows(names, tag="B-x") -> str:
    return "".join(f"{name}\t{tag}\nslept\tO\n\n" for name in names)


def names(count: int, start: int = 0) -> list[str]:
    return [f"Name{number}" for number in range(start, start + count)]


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_a_file_is_cut_into_sides_with_the_same_words_together(tmp_path):
    path = write(tmp_path / "mine.conll", rows(names(40)) + rows(names(10)) + "Bob\tB-rare\nruns\tO\n\n" * 10)
    corpus = prepare_tagged(path)
    assert corpus.facts.rows == 60 and corpus.facts.classes == ["O", "B-rare", "B-x"]
    parts = {side: corpus.part(side) for side in ("train", "dev", "test")}
    assert sum(map(len, parts.values())) == 60
    seen = {side: set(part.items) for side, part in parts.items()}
    assert not (seen["train"] & seen["test"] or seen["train"] & seen["dev"] or seen["dev"] & seen["test"])
    assert len(parts["train"]) > len(parts["test"]) > len(parts["dev"]) > 0
    assert corpus.name == "mine" and corpus.splitting == "words"
    assert next(corpus.examples())[1].endswith("slept")


def test_what_a_later_side_holds_is_dropped_and_the_test_side_stays_whole(tmp_path):
    files = {
        side: write(tmp_path / f"{side}.conll", text)
        for side, text in {"train": rows(names(30)), "dev": rows(names(6, 25)), "test": rows(names(8, 29) * 2)}.items()
    }
    corpus = prepare_tagged(files["train"], dev=files["dev"], test=files["test"])
    assert corpus.facts.dropped == {"duplicate of a later split": 7}  # 25-28 and 29 of train, 29 and 30 of dev
    split = corpus.facts.split
    assert (split.train, split.dev, split.test) == (25, 4, 16)
    assert corpus.facts.split_by == "files"


def test_labels_shares_and_places_fit_together(tmp_path):
    corpus = prepare_tagged(write(tmp_path / "mine.conll", rows(names(50))))
    train = corpus.part("train")
    assert train.labels.tolist() == [train.tags.index(tag) for tags in train.truth for tag in tags]
    small, large = train.share(0.1), train.share(0.3)
    assert len(small) == round(0.1 * len(train)) and set(small.rows) < set(large.rows) < set(train.rows)
    assert train.share(1.0) is train


def test_it_is_stored_and_read_to_the_letter(tmp_path):
    text = "Ado\u0301\u200bn\tB-x\n👩‍🚀\tO\n\n" + rows(names(40))
    corpus = prepare_tagged(write(tmp_path / "mine.conll", text))
    corpus.save(tmp_path / "out")
    again = TaggedCorpus.load(tmp_path / "out")
    assert again.facts == corpus.facts and np.array_equal(again.sides, corpus.sides)
    plain = [each._replace(lines=()) for each in corpus.whole.sentences]
    assert again.whole.sentences == plain and np.array_equal(again.whole.rows, corpus.whole.rows)
    table = parquet.read_table(tmp_path / "out" / "rows.parquet")
    parquet.write_table(table.slice(1), tmp_path / "out" / "rows.parquet")
    with pytest.raises(HeadworkError, match="not the sentences"):
        TaggedCorpus.load(tmp_path / "out")
    (tmp_path / "out" / "rows.parquet").write_bytes(b"PAR1")
    with pytest.raises(HeadworkError, match="missing or damaged"):
        TaggedCorpus.load(tmp_path / "out")


def test_schemes_are_said(tmp_path):
    corpus = prepare_tagged(write(tmp_path / "mine.bmes", rows(names(30), "S-x")))
    assert corpus.facts.classes == ["O", "B-x"] and corpus.facts.notes == ["the tags were in BILOU and are now in IOB2"]


def test_spans_are_read(tmp_path):
    lines = [{"text": f"Ada met Bob{n}.", "spans": [[0, 3, "who"], [8, 12, "who"]]} for n in range(30)]
    path = tmp_path / "mine.jsonl"
    path.write_bytes(b"\n".join(map(msgspec.json.encode, lines)))
    corpus = prepare_tagged(path)
    assert is_iob2(corpus.facts.classes) and corpus.splitting == "parts"
    assert corpus.facts.notes == ["20 spans begin or end within a word and were widened to it"]  # Bob10 on


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("mine.conll", rows(names(5)), "5 sentences with 2 different tags; at least 20"),
        ("mine.conll", "a\tO\n\n" * 30, "30 sentences with 1 different tags"),
        (
            "mine.conll",
            rows(names(1) * 15 + names(1, 1) * 15),
            "of 30 sentences, 2 of them different, none is left",
        ),
        ("mine.csv", "text,label\na,b\n", "files that end in .conllu"),
        ("mine.conll", "", "the file is empty"),
    ],
)
def test_what_cannot_be_learnt_from_is_refused(tmp_path, name, text, told):
    with pytest.raises(HeadworkError, match=told):
        prepare_tagged(write(tmp_path / name, text))


def test_a_source_without_tags_is_refused(tmp_path):
    with pytest.raises(HeadworkError, match="no tagged words"):
        prepare_tagged("stdlib")
    one, other = write(tmp_path / "a.conll", rows(names(30))), write(tmp_path / "b.jsonl", '{"text": "a", "spans": []}')
    with pytest.raises(HeadworkError, match="tags come from last column and spans"):
        prepare_tagged(one, test=other)
    with pytest.raises(HeadworkError, match="--text and --label name columns"):
        prepare_tagged(other, label="2")


def test_sets_are_found_by_name_whatever_their_files_are_called(tmp_path, monkeypatch):
    for file in (
        *("plain/train.conll", "plain/test.conll", "parts/one.train.conll.gz", "parts/one.test.conll", "csv/train.csv"),
        *("bank/en_ewt-ud-train.conllu.gz", "bank/en_ewt-ud-dev.conllu", "bank/en_ewt-ud-test.conllu", "csv/test.csv"),
        *("half/train.conll", "odd/not-train.conll", "odd/not-test.conll"),
    ):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).touch()
    monkeypatch.setenv("HEADWORK_DATA", str(tmp_path))
    assert [each.name for each in known_sets(NAMED)] == [*EMBEDDED, "bank", "parts/one", "plain"]
    assert [each.name for each in known_sets()] == [*EMBEDDED, "csv"]
    assert {side: path.name for side, path in resolve("bank", NAMED).files.items()} == {
        "train": "en_ewt-ud-train.conllu.gz", "dev": "en_ewt-ud-dev.conllu", "test": "en_ewt-ud-test.conllu",
    }  # fmt: skip


@pytest.mark.row("BE10")
@pytest.mark.parametrize(
    ("name", "sentences", "words", "entities"),
    [
        ("wnut17", (3394, 1009, 1287), 62730 + 15733 + 23394, True),
        pytest.param("ud_english_ewt", (12164, 1914, 2077), None, False, marks=pytest.mark.slow),
        pytest.param("nemo_hebrew_ner/morph", (5168, 484, 491), 160201, True, marks=pytest.mark.slow),
    ],
)
def test_real_sets_are_whole(real_data, name, sentences, words, entities):
    corpus = prepare_tagged(name)
    split = corpus.facts.split
    assert (split.train, split.dev, split.test) == sentences
    assert words in (None, sum(corpus.facts.class_rows.values()))
    assert is_iob2(corpus.facts.classes) == entities
