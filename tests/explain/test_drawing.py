"""Maps in files: the values are the tensor's, labels are text, a browser shows the page and asks for nothing."""

import io
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.image import imread
from PIL import Image

from headwork.base.errors import HeadworkError
from headwork.explain.drawing import FORMATS, Drawing, Map, page, png, shades, svg, write_drawing
from headwork.explain.drawing.colors import SCALE
from headwork.explain.drawing.map import label, thinned

WORDS = ("the", "<script>alert(1)</script>", "$x^2$", '"quoted" & more', "antidisestablishmentarianism", "נכון")


def weights(rows: int, columns: int, seed: int = 0) -> np.ndarray:
    powers = np.exp(2 * np.random.default_rng(seed).normal(size=(rows, columns)))
    return powers / powers.sum(1, keepdims=True)


def drawing_of(*maps: Map) -> Drawing:
    return Drawing("a model: attention in layer 1 of 2, <b>head 1</b>", "Row: the token that looks.", maps)


@pytest.fixture(scope="module")
def heads() -> Drawing:
    return drawing_of(*(Map(f"head {head}", weights(6, 6, head), WORDS, WORDS) for head in range(1, 4)))


class Cells(HTMLParser):
    """Values of the `data` elements, cell by cell, and the tags that the page has."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[list[list[float]]] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag == "data":
            self.tables[-1][-1].append(float(dict(attrs)["value"] or "nan"))


def values_of_page(text: str) -> list[np.ndarray]:
    cells = Cells()
    cells.feed(text)
    assert "script" not in cells.tags
    return [np.array([row for row in table if row]) for table in cells.tables]


def text_chunk(picture: bytes, name: str) -> str:
    with Image.open(io.BytesIO(picture)) as image:
        return image.text[name]


@pytest.mark.row("AT36")
def test_every_file_holds_the_exact_values(heads: Drawing, tmp_path: Path) -> None:
    for ending in FORMATS:
        write_drawing(heads, tmp_path / f"map{ending}")
    root = ElementTree.parse(tmp_path / "map.svg").getroot()
    in_svg = json.loads(root.find("{http://www.w3.org/2000/svg}metadata").text)
    in_png = json.loads(text_chunk((tmp_path / "map.png").read_bytes(), "Values"))
    in_json = json.loads((tmp_path / "map.json").read_text())
    in_html = values_of_page((tmp_path / "map.html").read_text())
    for place, each in enumerate(heads.maps):
        for facts in (in_svg, in_png, in_json):
            assert np.array_equal(facts["maps"][place]["values"], each.values)
            assert facts["maps"][place]["columns"] == list(WORDS)
        assert np.array_equal(in_html[place], each.values)
        np.testing.assert_allclose(in_html[place].sum(1), 1)
    assert [file.name for file in tmp_path.iterdir() if file.name.startswith(".")] == []


@pytest.mark.row("AT36")
def test_text_shows_two_decimals_of_each_weight(heads: Drawing) -> None:
    lines = shades(drawing_of(heads.maps[0])).splitlines()[-6:]
    for line, row in zip(lines, heads.maps[0].values, strict=True):
        numbers = [
            0.0 if each == "·" else float(each) for each in re.findall(r"(?<!\S)(?:\.\d\d|\d\.\d|·)(?!\S)", line)
        ]
        np.testing.assert_allclose(numbers, row, atol=0.05 if row.max() > 0.99 else 0.0051)


def test_a_row_becomes_a_list_of_words_with_bars() -> None:
    words = Map("words", np.array([[0.25, 0.75]]), ("weight",), ("good", "thing"))
    assert shades(drawing_of(words)).splitlines()[-2:] == [
        f"  good   0.250  {'█' * 10}",
        f"  thing  0.750  {'█' * 30}",
    ]
    assert np.array_equal(values_of_page(page(drawing_of(words)))[0].T, words.values)


def test_a_picture_is_darkest_where_the_weight_is_greatest(tmp_path: Path) -> None:
    one = Map("one", np.eye(3), ("a", "b", "c"), ("a", "b", "c"))
    write_drawing(drawing_of(one), tmp_path / "map.png")
    pixels = imread(tmp_path / "map.png")[..., :3].reshape(-1, 3)
    darkest = np.array(SCALE(1.0)[:3])
    assert (np.abs(pixels - darkest).max(1) < 0.01).sum() > 3 * 50 * 50
    assert (pixels.min(1) > 0.99).mean() > 0.5


def test_the_scale_rises_from_white_and_only_darkens() -> None:
    light = [np.dot(SCALE(share)[:3], (0.2126, 0.7152, 0.0722)) for share in np.linspace(0, 1, 50)]
    assert light[0] == pytest.approx(1)
    assert all(np.diff(light) < 0)


def test_labels_in_the_picture_are_text_and_escaped(heads: Drawing) -> None:
    root = ElementTree.fromstring(svg(heads))
    shown = ["".join(element.itertext()) for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "<script>alert(1)<…" in shown and "$x^2$" in shown and "head 3" in shown
    assert not list(root.iter("{http://www.w3.org/2000/svg}script"))


def test_the_same_drawing_gives_the_same_bytes(heads: Drawing) -> None:
    assert svg(heads) == svg(heads)
    assert png(heads) == png(heads)
    assert page(heads) == page(heads)


def test_many_labels_are_thinned_and_long_ones_cut() -> None:
    assert list(thinned(60, 60)) == list(range(60))
    assert len(thinned(200, 60)) <= 60 and thinned(200, 60)[0] == 0
    assert label("antidisestablishmentarianism") == "antidisestablishm…"
    assert label("a\n b\x1b[0m\u202e") == "a b[U+001B][0m[U+…"
    long = tuple(f"word{place}" for place in range(150))
    root = ElementTree.fromstring(svg(drawing_of(Map("long", weights(150, 150), long, long))))
    shown = [one for one in root.iter("{http://www.w3.org/2000/svg}text") if "".join(one.itertext()) in long]
    assert 60 < len(shown) <= 120
    assert len(shades(drawing_of(Map("long", weights(150, 150), long, long))).splitlines()) > 300


@settings(max_examples=25)
@given(words=st.lists(st.text(max_size=30), min_size=2, max_size=3))
def test_any_label_gives_a_file_that_can_be_read(words: list[str]) -> None:
    drawing = drawing_of(Map("any", weights(len(words), len(words)), tuple(words), tuple(words)))
    ElementTree.fromstring(svg(drawing))
    assert np.array_equal(values_of_page(page(drawing))[0], drawing.maps[0].values)
    assert shades(drawing).isprintable() or "\n" in shades(drawing)


def test_what_cannot_be_drawn_is_refused_in_one_line(tmp_path: Path, heads: Drawing) -> None:
    with pytest.raises(HeadworkError, match=r"must end in \.svg, \.png, \.html, \.txt"):
        write_drawing(heads, tmp_path / "map.pdf")
    assert not list(tmp_path.iterdir())
    with pytest.raises(HeadworkError, match="labels"):
        Map("few", weights(2, 2), ("a",), ("a", "b"))
    with pytest.raises(HeadworkError, match="0 or more"):
        Map("less", np.array([[-1.0]]), ("a",), ("a",))
    names = tuple(map(str, range(400)))
    with pytest.raises(HeadworkError, match="160,000 weights"):
        page(drawing_of(Map("huge", weights(400, 400), names, names)))


@pytest.mark.parametrize("ending", FORMATS)
def test_a_failed_write_leaves_the_old_file(
    ending: str, heads: Drawing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"map{ending}"
    path.write_text("old")

    def fails(self: Path, content: bytes) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "write_bytes", fails)
    with pytest.raises(KeyboardInterrupt):
        write_drawing(heads, path)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    assert path.read_text() == "old"


@pytest.fixture
def visit(browser, heads: Drawing, tmp_path: Path) -> Iterator:
    """The open page, with what it said and asked for."""
    words = Map("words", weights(1, 6), ("weight",), WORDS)
    write_drawing(drawing_of(*heads.maps, words), tmp_path / "map.html")
    page = browser.new_page(viewport={"width": 390, "height": 900})
    page.said, page.asked = [], []
    page.on("console", lambda message: page.said.append(message.text))
    page.on("pageerror", lambda error: page.said.append(str(error)))
    page.on("dialog", lambda dialog: page.said.append(dialog.message) or dialog.dismiss())
    page.on("request", lambda asked: page.asked.append(asked.url))
    page.goto((tmp_path / "map.html").as_uri(), wait_until="load")
    yield page
    page.close()


@pytest.mark.row("AT36")
def test_the_page_shows_in_a_browser_and_asks_for_nothing(visit, heads: Drawing) -> None:
    assert visit.said == []
    assert [url for url in visit.asked if not url.startswith(("file:", "data:"))] == [] and len(visit.asked) <= 2
    assert visit.locator("script, img").count() == 0
    assert "<script>alert(1)</script>" in visit.inner_text("body")
    assert "<b>head 1</b>" in visit.inner_text("h1")
    shown = visit.eval_on_selector_all("table:first-of-type td data", "all => all.map(one => Number(one.value))")
    assert np.array_equal(shown[:36], heads.maps[0].values.ravel())


def test_the_page_fits_a_narrow_window_and_shades_its_cells(visit, heads: Drawing) -> None:
    assert visit.evaluate("document.documentElement.scrollWidth <= innerWidth")
    colors = visit.eval_on_selector_all(
        "td", "all => all.slice(0, 36).map(one => getComputedStyle(one).backgroundColor)"
    )
    sums = [sum(map(int, re.findall(r"\d+", color))) for color in colors]
    values = heads.maps[0].values.ravel()
    assert sums[int(values.argmax())] == min(sums) < max(sums)
