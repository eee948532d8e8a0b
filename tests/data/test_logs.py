"""Log lines from tables and from texts with spans: their words, fields and sides, and what is dropped."""

import itertools
import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwork.base.errors import HeadworkError
from headwork.base.tag import entities_of
from headwork.data.log_tables import values_of
from headwork.data.logs import LogCorpus, prepare_logs
from headwork.data.words import places_of_words, words_at

HEADER = "LineId,Time,Level,Content,EventId,EventTemplate,Split\n"


def rows(count: int = 40) -> list[str]:
    """Every fourth line is of dev or test."""
    found = []
    for number in range(count):
        side = ("dev", "test")[number % 8 // 4] if number % 4 == 3 else "train"
        found.append(f"{number},Dec {number},notice,child {number} of /a/b found,E1,child <*> of <*> found,{side}\n")
    return found


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def fields(line) -> list[tuple[str, str]]:
    return [
        (each.label, line.text[line.places[each.start][0] : line.places[each.end - 1][1]])
        for each in entities_of(line.tags)
    ]


@given(st.text())
def test_words_of_logs_are_all_but_blanks_and_runs_of_letters_and_digits_stay_whole(text):
    places = places_of_words(text, "log")
    assert "".join(text[start:end] for start, end in places) == "".join(text.split())
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(places))
    words = words_at(text, places, "log")
    assert "".join(words) == " ".join(["", *text.split()] if text[:1].isspace() else text.split())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("id 0x0b85eee0, 10.251.43:50010", ["id", " 0x0b85eee0", ",", " 10", ".", "251", ".", "43", ":", "50010"]),
        ("blk_-6952\t R24-M0:J18", ["blk", "_", "-", "6952", " R24", "-", "M0", ":", "J18"]),
        ("uid=0é", ["uid", "=", "0é"]),
    ],
)  # fmt: skip
def test_addresses_ids_and_hexadecimal_numbers_become_words(text, words):
    assert list(words_at(text, places_of_words(text, "log"), "log")) == words


@pytest.mark.row("BE18")
def test_a_table_becomes_lines_with_fields(tmp_path):
    corpus = prepare_logs(write(tmp_path / "mine.csv", HEADER + "".join(rows())))
    facts = corpus.facts
    assert facts.rows == 40 and facts.dropped == {} and facts.split_by == "column Split" and facts.unit == "lines"
    assert (facts.split.train, facts.split.dev, facts.split.test) == (30, 5, 5)
    line = corpus.part("test").sentences[0]
    assert line.text == "[Dec 7] [notice] child 7 of /a/b found"
    assert fields(line) == [("Time", "Dec 7"), ("Level", "notice"), ("value", "7"), ("value", "/a/b")]
    assert corpus.name == "mine" and corpus.splitting == "log" and not corpus.unseen.any()
    assert "[<Time>] [<Level>] <Content> (that of Apache, by the columns)" in facts.notes[0]
    corpus.save(tmp_path / "out")
    again = LogCorpus.load(tmp_path / "out")
    assert again.degraded.kinds == corpus.degraded.kinds and again.whole.sentences == corpus.whole.sentences


def test_what_does_not_fit_is_dropped_with_a_count_and_blanks_may_differ(tmp_path):
    odd = [
        "90,Dec 1,notice,a  doubled 5  blank,E2,a doubled <*> blank,train\n",
        "91,Dec 1,notice,user= gone,E3,user=<*> gone,train\n",
        "92,Dec 1,notice,something else,E1,child <*>,train\n",
        "93,Dec 1,notice,,E1,child <*>,train\n",
        '94,Dec 1,notice,"two\nlines",E1,"two\nlines",train\n',
        "95,Dec 1,notice,took 12ms ok,E4,took <*>ms ok,train\n",
        "96,Dec 1,notice,part1x2,E5,part<*>x<*>,train\n",
    ]
    corpus = prepare_logs(write(tmp_path / "mine.csv", HEADER + "".join(rows() + odd)))
    assert corpus.facts.dropped == {
        "content does not fit its template": 1,
        "without content": 1,
        "with a line break within": 1,
        "two fields share a word": 1,
    }
    assert corpus.facts.rows == 47 == sum(corpus.facts.dropped.values()) + len(corpus.whole)
    found = {line.text: fields(line)[2:] for line in corpus.whole.sentences}
    assert found["[Dec 1] [notice] a  doubled 5  blank"] == [("value", "5")]
    assert found["[Dec 1] [notice] user= gone"] == []
    assert found["[Dec 1] [notice] took 12ms ok"] == [("value", "12ms")]
    assert "1 lines have a field that begins or ends within a word, and was widened to it" in corpus.facts.notes


@given(st.lists(st.sampled_from(["a", "b ", " c", "  ", "<*>"]), max_size=6), st.text("ab c", max_size=12))
def test_values_stand_where_the_template_says(pieces, content):
    """What stands outside of them is the template, but for the number of blanks."""
    template = "".join(pieces)
    gaps = values_of(template, content)
    if gaps is None:
        return
    rest, at = [], 0
    for start, end in gaps:
        rest.append(content[at:start])
        at = end
    rest.append(content[at:])
    assert " ".join("<*>".join(rest).split()).replace(" ", "") == template.replace(" ", "")


def test_contents_that_no_training_line_has_are_counted(tmp_path):
    odd = ["90,Dec 1,error,child 5 of /x gone,E2,child <*> of <*> gone,test\n"]
    corpus = prepare_logs(write(tmp_path / "mine.csv", HEADER + "".join(rows() + odd)))
    assert corpus.unseen.tolist() == [False] * 5 + [True]


def test_a_hostile_template_takes_a_moment():
    began = time.perf_counter()
    assert values_of("<*>a" * 300 + "b", "a  " * 50_000) is None
    assert values_of("<*> " * 300, "a  " * 50_000) is not None
    assert time.perf_counter() - began < 2


def test_columns_with_gaps_lose_the_zero_that_pandas_gives_them(tmp_path):
    header = "Month,Date,Time,Level,Component,PID,Content,EventTemplate\n"
    lines = [f"Jun,{n},1:0{n % 10},combo,sshd,{f'{n}.0' if n % 2 else ''},x {n},x <*>\n" for n in range(40)]
    corpus = prepare_logs(write(tmp_path / "linux.csv", header + "".join(lines)))
    texts = {line.text for line in corpus.whole.sentences}
    assert "Jun 3 1:03 combo sshd[3]: x 3" in texts and "Jun 2 1:02 combo sshd: x 2" in texts
    assert any("PID has gaps" in note for note in corpus.facts.notes)


def test_texts_with_spans_are_lines_too(tmp_path):
    lines = [{"text": f"up\t{n}s 0x{n:04x}", "spans": [[3, 3 + len(f"{n}s"), "age"]]} for n in range(40)]
    corpus = prepare_logs(write(tmp_path / "own.jsonl", "".join(json.dumps(each) + "\n" for each in lines)))
    line = corpus.whole.sentences[7]
    assert line.words == ("up", " 7s", " 0x0007") and fields(line) == [("age", "7s")]
    assert corpus.facts.label_column == "spans"


def test_fewer_training_lines_leave_the_other_sides_as_they_are(tmp_path):
    path = write(tmp_path / "mine.csv", HEADER + "".join(rows(80)))
    whole, few, fewer = prepare_logs(path), prepare_logs(path, rows=30), prepare_logs(path, rows=25)
    assert len(few.part("train")) == 30 and few.facts.dropped == {"more than --rows": 30}
    assert set(fewer.part("train").items) < set(few.part("train").items) < set(whole.part("train").items)
    assert few.part("test").sentences == whole.part("test").sentences
    assert few.degraded.examples.sentences == whole.degraded.examples.sentences
    assert few.facts.classes == whole.facts.classes and few.facts.class_rows["O"] < whole.facts.class_rows["O"]
    unsplit = write(tmp_path / "own.csv", "\n".join(line.rpartition(",")[0] for line in (HEADER, *rows(80))))
    whole, few = prepare_logs(unsplit), prepare_logs(unsplit, rows=30)
    assert len(few.part("train")) == 30 < len(whole.part("train"))
    assert few.part("test").sentences == whole.part("test").sentences


@pytest.mark.parametrize(
    ("text", "options", "told"),
    [
        ("Time,Level,Line\n1,a,b\n", {}, "no column 'Content' among Time, Level, Line"),
        ("Host,Content,EventTemplate\nh,a 1,a <*>\n", {}, r"no system of loghub .* --format '\[<Host>\]"),
        ("Time,Level,Content,EventTemplate\n1,a,b,b\n", {"format": "<Day> <Content>"}, "no column 'Day'"),
        (HEADER + "1,a,b,c,E,c,later\n", {}, "row 1: Split is 'later'; expected train, dev, test"),
        (HEADER + "".join(rows(12)), {}, "12 lines with 7 different tags; at least 20 with 2"),
        (HEADER + "".join(rows()), {"rows": 31}, "--rows 31: expected 1 to 30"),
        (HEADER + "".join(rows()), {"test": "mine.csv"}, "its column Split says"),
    ],
)  # fmt: skip
def test_bad_tables_are_refused(tmp_path, monkeypatch, text, options, told):
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "mine.csv", text)
    with pytest.raises(HeadworkError, match=told) as refused:
        prepare_logs("mine.csv", **options)
    assert "\n" not in str(refused.value)


def test_a_set_is_found_below_the_folder_of_data_sets(tmp_path, monkeypatch):
    (tmp_path / "logs").mkdir()
    write(tmp_path / "logs" / "Mine.csv", HEADER + "".join(rows()))
    monkeypatch.setenv("HEADWORK_DATA", str(tmp_path))
    assert prepare_logs("logs/Mine.csv").name == "Mine"
    with pytest.raises(HeadworkError, match="no such file"):
        prepare_logs("logs/Other.csv")


@pytest.mark.row("BE18")
def test_all_real_lines_become_fields_on_word_borders(real_data):
    for system in ("Apache", "Linux"):
        corpus = prepare_logs(real_data / "loghub_2k" / f"{system}.csv")
        assert corpus.facts.rows == 2000 and "content does not fit its template" not in corpus.facts.dropped
        assert not any("within a word" in note for note in corpus.facts.notes)
        assert len(corpus.part("test")) == 400
