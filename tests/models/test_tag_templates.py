"""Expressions from training lines, against expressions that a person writes."""

import re
import time

import numpy as np
import pytest

from headwork.base.errors import HeadworkError
from headwork.data.spans import Named, with_spans
from headwork.data.words import places_of_words, words_at
from headwork.models.tag_templates import TagTemplates, TagTemplatesConfig

HEADER = r"\[(?P<Time>.+?)\] \[(?P<Level>.+?)\] "
BY_HAND = (
    r"jk2_init\(\) Found child (?P<value>.+?) in scoreboard slot (?P<value2>.+)",
    r"workerEnv\.init\(\) ok (?P<value>.+)",
    r"caught SIGTERM, shutting down",
    r"(?P<value>.+) is up",
)
TAGS = ["O", "B-Level", "I-Level", "B-Time", "I-Time", "B-value", "I-value"]


def line_of(text: str):
    """With the fields that the expressions above find."""
    for content in BY_HAND:
        found = re.fullmatch(HEADER + content, text)
        if found:
            spans = [Named(*found.span(name), name.rstrip("2")) for name in found.groupdict()]
            return with_spans(text, spans, "log").sentence
    raise AssertionError(text)


def lines(count: int, first: int = 0) -> list:
    made = []
    for n in range(first, first + count):
        content = (
            f"jk2_init() Found child {n} in scoreboard slot {n % 7}",
            f"workerEnv.init() ok /etc/v{n}/workers2.properties",
            "caught SIGTERM, shutting down",
            f"host-{n} of 10.0.0.{n} is up",
        )[n % 4]
        made.append(line_of(f"[Sun Dec {n:02} 04:4{n % 10}:02 2005] [{('notice', 'error')[n % 2]}] {content}"))
    return made


def fitted(sentences) -> TagTemplates:
    model, place = TagTemplates(TagTemplatesConfig()), {tag: number for number, tag in enumerate(TAGS)}
    labels = np.array([place[tag] for line in sentences for tag in line.tags])
    model.fit([line.words for line in sentences], labels, tags=TAGS, seed=0)
    return model


@pytest.fixture(scope="module")
def model() -> TagTemplates:
    return fitted(lines(40))


def read(model: TagTemplates, text: str) -> list[tuple[str, str]]:
    """The fields of a text."""
    places = places_of_words(text, "log")
    found = []
    for tag, (start, end) in zip(model.read(words_at(text, places, "log")), places, strict=True):
        if tag.startswith("B-"):
            found.append([tag[2:], start, end])
        elif tag != "O":
            found[-1][2] = end
    return [(label, text[start:end]) for label, start, end in found]


@pytest.mark.row("BE18")
def test_unseen_lines_are_read_as_by_hand(model):
    assert (len(model.headers), len(model.contents)) == (1, 4)
    for line in lines(60, first=100):
        assert model.read(line.words) == list(line.tags), line.text


@pytest.mark.row("BE18")
def test_a_broken_or_unknown_line_gives_what_it_can(model):
    head = [("Time", "Dec 9"), ("Level", "warn")]
    assert read(model, "[Dec 9] [warn] never seen 7 before") == head
    assert read(model, "[Dec 9]\t[warn]   caught SIGTERM, shutting   down") == head
    assert read(model, "05] [warn] workerEnv.init() ok /x") == [("value", "/x")]
    assert read(model, "[Dec 9] [warn] workerEnv.init() o") == head
    assert read(model, "{Dec 9} {warn} nothing that fits") == []
    assert read(model, "") == []


def test_the_most_literal_content_comes_first(model):
    assert read(model, "[Dec 9] [warn] workerEnv.init() ok and that is up")[2:] == [("value", "and that is up")]
    assert read(model, "[Dec 9] [warn] that is up")[2:] == [("value", "that")]


def test_a_literal_is_whole_words(model):
    assert read(model, "[Dec 9] [warn] workerEnv.init() okay /x") == [("Time", "Dec 9"), ("Level", "warn")]


def test_values_side_by_side_are_parted_as_in_training():
    def line(size: str, unit: str):
        text = f"free {size} {unit}, done"
        at = 5 + len(size)
        return with_spans(text, [Named(5, at, "value"), Named(at + 1, at + 1 + len(unit), "value")], "log").sentence

    model = fitted([line(f"{n}.5", "KB") for n in range(5)])
    assert read(model, "free 280.6 MB, done") == [("value", "280.6"), ("value", "MB")]


def test_a_header_with_and_without_a_part():
    def line(n: int, pid: str):
        text = f"sshd{pid}: user {n} left"
        at = text.index(f"{n} left")
        spans = [Named(0, 4, "Time"), *([Named(5, 4 + len(pid) - 1, "Level")] if pid else [])]
        return with_spans(text, [*spans, Named(at, at + len(str(n)), "value")], "log").sentence

    model = fitted([line(n, f"[{n}]" if n % 2 else "") for n in range(10)])
    assert read(model, "cron[77]: user 5 left") == [("Time", "cron"), ("Level", "77"), ("value", "5")]
    assert read(model, "cron: user 5 left") == [("Time", "cron"), ("value", "5")]
    assert read(model, "cron: unheard of") == [("Time", "cron")]


def test_hostile_lines_take_a_moment():
    """As many gaps as a template has words, on lines of one word that never end as it does."""
    words = ["x", " a", *[" a", " v"] * 200, " end"]
    tags = ["O", "O", *["O", "B-value"] * 200, "O"]
    model = TagTemplates(TagTemplatesConfig())
    model.fit([words], np.array([TAGS.index(tag) for tag in tags]), tags=TAGS, seed=0)
    assert model.read(words) == tags
    began = time.perf_counter()
    assert set(model.read(["x", *[" a"] * 50_000])) == {"O"}
    assert set(model.read(["a"] * 50_000)) == {"O"}
    assert time.perf_counter() - began < 4


def test_what_is_stored_comes_back_and_what_is_damaged_is_refused(model):
    again = TagTemplates.restore(model.settings(), model.tensors())
    probes = [line.words for line in lines(8, first=200)]
    assert np.array_equal(again.logits(probes), model.logits(probes)) and again.parameters == model.parameters > 0
    settings = model.settings()
    short = {**settings, "headers": [{"literals": ["a"], "fields": ["Time"]}]}
    strange = {**settings, "contents": [{"literals": ["", ""], "fields": ["Host"]}] * len(model.contents)}
    for damaged in (short, strange, {**settings, "tags": []}, {**settings, "more": 1}, {**settings, "headers": []}):
        with pytest.raises(HeadworkError):
            TagTemplates.restore(damaged, model.tensors())
