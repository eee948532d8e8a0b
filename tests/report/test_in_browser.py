"""The report in a real browser: it renders, says nothing on the console, asks for nothing, fits the window."""

from collections.abc import Iterator

import pytest

from headwork.base.runs import ComparisonFolder
from headwork.report import write_report, write_run_report

WIDTHS = [390, 1280]


@pytest.fixture(scope="module", params=["comparison", "run"])
def address(request: pytest.FixtureRequest, comparison_folder: ComparisonFolder) -> str:
    if request.param == "comparison":
        return write_report(comparison_folder).as_uri()
    return write_run_report(comparison_folder.trial("han", 1)).as_uri()


@pytest.fixture(params=WIDTHS)
def visit(request: pytest.FixtureRequest, browser, address: str) -> Iterator:
    """The open page, with what it said and asked for."""
    page = browser.new_page(viewport={"width": request.param, "height": 900})
    page.said, page.asked = [], []
    page.on("console", lambda message: page.said.append(message.text))
    page.on("pageerror", lambda error: page.said.append(str(error)))
    page.on("dialog", lambda dialog: page.said.append(dialog.message) or dialog.dismiss())
    page.on("request", lambda asked: page.asked.append(asked.url))
    page.goto(address, wait_until="load")
    yield page
    page.close()


def test_it_is_silent_and_asks_for_nothing(visit, address):
    assert visit.said == []
    assert [url for url in visit.asked if url != address and not url.startswith("data:")] == []


def test_it_fits_the_window(visit):
    sizes = visit.evaluate("[document.documentElement.scrollWidth, document.body.scrollWidth, innerWidth]")
    assert max(sizes[:2]) <= sizes[2]


def test_every_picture_has_a_size_and_letters_inside_it(visit):
    boxes = visit.eval_on_selector_all("svg", "all => all.map(one => [one.clientWidth, one.clientHeight])")
    assert boxes and all(width > 100 and height > 100 for width, height in boxes)
    outside = visit.eval_on_selector_all(
        "svg text",
        """all => all.filter(one => {
            const text = one.getBoundingClientRect(), frame = one.ownerSVGElement.getBoundingClientRect();
            return text.left < frame.left - 1 || text.right > frame.right + 1
                || text.top < frame.top - 1 || text.bottom > frame.bottom + 1;
        }).map(one => one.textContent)""",
    )
    assert outside == []


def test_names_in_a_picture_do_not_cover_each_other(visit):
    covered = visit.eval_on_selector_all(
        "svg",
        """pictures => pictures.flatMap(picture => {
            const texts = [...picture.querySelectorAll('text')]
                .map(one => [one.textContent, one.getBoundingClientRect()]);
            return texts.flatMap(([a, one], place) => texts.slice(place + 1).filter(([b, other]) =>
                Math.min(one.right, other.right) - Math.max(one.left, other.left) > 1 &&
                Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top) > 0.35 * one.height
            ).map(([b]) => a + ' over ' + b));
        })""",
    )
    assert covered == []


def test_a_script_in_the_data_stays_text(visit):
    assert visit.locator("script, img").count() == 0
    assert "<script>alert('pwned')</script>" in visit.inner_text("body")


def test_hebrew_runs_from_right_to_left(visit):
    paragraph = visit.locator("p[dir=auto]", has_text="מחזירה").first
    assert paragraph.evaluate("one => getComputedStyle(one).direction") == "rtl"
