"""The page: any text stays text, nothing is fetched or run, the same folder gives the same bytes."""

import itertools
import shutil
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from headwork.base.errors import HeadworkError
from headwork.base.results import Comparison, Explanations, Mistake, RunResult, SeenText, WordWeight
from headwork.base.runs import ComparisonFolder, Run
from headwork.report.page import comparison_page, write_report, write_run_report
from headwork.report.pictures import Pictures
from headwork.report.standings import comparison_table
from headwork.report.text import quoted, visible

VOID = {"meta", "link", "img", "br"}


class Reader(HTMLParser):
    """Tags with their attributes in order, the text, and whether every tag is closed in its place."""

    def __init__(self, page: str):
        super().__init__()
        self.tags: list[tuple] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.well_formed = True
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, tuple(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, tuple(attrs)))

    def handle_endtag(self, tag):
        self.tags.append(("/" + tag, ()))
        self.well_formed &= bool(self.open) and self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)

    @property
    def text(self) -> str:
        return "".join(self.texts)

    def values(self, name: str) -> list[str]:
        return [value for _, attrs in self.tags for key, value in attrs if key == name]


@pytest.fixture(scope="module")
def slim(made: Comparison) -> Comparison:
    """Two models, so that many pages are made quickly."""
    return msgspec.structs.replace(made, models=[model for model in made.models if model.name in ("tfidf", "minilm")])


@pytest.fixture(scope="module")
def page(comparison_folder: ComparisonFolder) -> str:
    return write_report(comparison_folder).read_text(encoding="utf-8")


def comparison_with(made: Comparison, text: str) -> tuple[Comparison, dict[str, Explanations]]:
    """The comparison with `text` wherever a user's words can stand."""
    other = [f"{text} {place}" for place in range(len(made.data.classes))]
    data = msgspec.structs.replace(
        made.data, source=text, text_column=text, label_column=text, classes=other, class_rows={other[0]: 3},
        dropped={text: 1}, split_by=text, notes=[text],
    )  # fmt: skip
    comparison = msgspec.structs.replace(
        made,
        name=text,
        data=data,
        warnings=[text],
        command=text,
        per_class=[msgspec.structs.replace(one, name=name) for one, name in zip(made.per_class, other, strict=True)],
        mistakes={"minilm": [Mistake(row=1, text=text, label=text, predicted=text, probability=0.9)]},
    )
    words = [WordWeight(text="before ", weight=None), WordWeight(text=text, weight=1.0)]
    seen = SeenText(row=1, label=text, predicted=text + "!", probability=0.4, words=words, sentences=[(0, 1.0)])
    return comparison, {"han": Explanations(method=text, texts=[seen])}


@settings(deadline=None, max_examples=100)
@given(st.text(max_size=400) | st.text("<>&\"'/!-= scriptyle\x00\u202e", max_size=60))
def test_any_text_comes_back_and_changes_no_tag(slim: Comparison, text: str):
    read = read_page_with(slim, text)
    assert read.tags == read_page_with(slim, "calm").tags
    assert read.well_formed and not read.open
    if text:
        assert read.text.count(visible(text)) >= 4
        assert read.text.count(quoted(text)) >= 9


def read_page_with(comparison: Comparison, text: str) -> Reader:
    comparison, explanations = comparison_with(comparison, text)
    empty = Markup("<svg></svg>")
    pictures = Pictures(
        accuracy=empty,
        difference=empty,
        latency=empty,
        size=empty,
        reliability={model.name: empty for model in comparison.models},
        training={},
        learning=None,
    )
    return Reader(comparison_page(comparison, pictures, explanations))


def test_hostile_rows_stay_text(page: str):
    read = Reader(page)
    assert "<script>alert('pwned')</script><img src=x onerror=alert(1)>" in read.text
    assert "[U+202E]gnitset[U+202C]" in read.text
    tags = {tag for tag, _ in read.tags}
    assert not tags & {"script", "img", "iframe", "object", "embed", "form", "base"}
    assert not [key for _, attrs in read.tags for key, _ in attrs if key.startswith("on")]
    assert read.well_formed and not read.open


def test_nothing_is_fetched(page: str):
    read = Reader(page)
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    metas = [dict(attrs) for tag, attrs in read.tags if tag == "meta"]
    assert {"http-equiv": "Content-Security-Policy", "content": policy} in metas
    assert set(read.values("href")) >= {"result.json", "#models"}
    assert all(link.startswith(("#", "data:", "result.json")) for link in read.values("href"))
    assert not read.values("src")
    assert "url(" not in "".join(text for text in read.texts if "{" in text)


def test_ids_are_unique_and_links_lead_somewhere(page: str):
    read = Reader(page)
    ids = read.values("id")
    assert len(ids) == len(set(ids))
    links = [link[1:] for link in read.values("href") if link.startswith("#")]
    links += [value[5:-1] for value in read.values("clip-path")]
    links += read.values("aria-labelledby")
    assert links and set(links) <= set(ids)


def test_every_number_of_the_table_stands_on_the_page(page: str, made: Comparison):
    text = Reader(page).text
    for row in comparison_table(made).rows:
        for cell in row.cells:
            assert cell.text in text and cell.detail in text


def test_the_verdict_comes_first_and_headings_descend(page: str):
    levels = [int(tag[1]) for tag, _ in Reader(page).tags if tag in ("h1", "h2", "h3", "h4")]
    assert levels[:2] == [1, 2] and levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    assert page.index("Take tfidf") < page.index("Warnings about the data") < page.index("<svg")


def test_all_parts_are_there(page: str, made: Comparison):
    read = Reader(page)
    svgs = sum(tag == "svg" for tag, _ in read.tags)
    trained = sum(model.stopped != ["fitted"] for model in made.models)
    assert svgs == 4 + len(made.models) + trained + 1
    for words in ("Stopped by the budget", "not faithful:", "near-duplicate 23", made.command, made.data.fingerprint):
        assert words in read.text
    assert len(page) < 1_500_000


def test_the_same_folder_gives_the_same_bytes(comparison_folder: ComparisonFolder, page: str):
    markdown = comparison_folder.markdown_file.read_bytes()
    again = write_report(comparison_folder)
    assert again.read_text(encoding="utf-8") == page
    assert comparison_folder.markdown_file.read_bytes() == markdown


def test_without_trials_the_rest_is_shown(made: Comparison, folder_of: Callable[[Comparison], ComparisonFolder]):
    bare = [msgspec.structs.replace(model, curve=[], faithfulness=None) for model in made.models]
    read = Reader(write_report(folder_of(msgspec.structs.replace(made, models=bare, warnings=[]))).read_text())
    assert {"training", "learning", "words"} & set(read.values("id")) == set()
    assert {"#training", "#learning", "#words"} & set(read.values("href")) == set()
    assert "gave no warning" in read.text


def test_a_single_model_without_mistakes(made: Comparison, folder_of: Callable[[Comparison], ComparisonFolder]):
    only = [model for model in made.models if model.name == "tfidf"]
    comparison = msgspec.structs.replace(made, models=only, best="tfidf", mistakes={"tfidf": []})
    read = Reader(write_report(folder_of(comparison)).read_text())
    assert read.well_formed and "None on the test side." in read.text


def test_a_run_has_a_page_of_its_own(comparison_folder: ComparisonFolder):
    run = comparison_folder.trial("han", 0)
    page = write_run_report(run).read_text(encoding="utf-8")
    read = Reader(page)
    assert f"{100 * run.result(RunResult).test_accuracy:.1f}% of 300 test texts" in read.text
    assert {"cost", "calibration", "classes", "training", "words", "data", "reading"} <= set(read.values("id"))
    assert sum(tag == "svg" for tag, _ in read.tags) == 2
    assert len(read.values("id")) == len(set(read.values("id")))
    assert write_run_report(run).read_text(encoding="utf-8") == page


def test_a_run_without_curves_weights_or_predictions(comparison_folder: ComparisonFolder, tmp_path: Path):
    folder = shutil.copytree(comparison_folder.trial("tfidf", 0).folder, tmp_path / "tfidf")
    (folder / "predictions.parquet").unlink()
    read = Reader(write_run_report(Run(folder)).read_text())
    assert not {"calibration", "classes", "training", "words"} & set(read.values("id"))
    assert read.well_formed


def test_a_folder_without_result_is_refused(tmp_path: Path):
    with pytest.raises(HeadworkError, match="no such file"):
        write_report(ComparisonFolder(tmp_path))
    assert list(tmp_path.iterdir()) == []
