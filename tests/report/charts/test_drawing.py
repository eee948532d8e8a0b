"""Pictures: the same bytes each time, ids of their own, letters as letters."""

from html.parser import HTMLParser

import matplotlib
import pytest
from matplotlib.figure import Figure

from headwork.report.charts.drawing import looks, picture


def draw(figure: Figure) -> None:
    axes = figure.subplots()
    axes.plot([1, 2, 3], [1, 4, 9], marker="o")
    axes.set_title("$x$ & </svg><script>1</script> שלום")


def made(name: str = "one") -> str:
    return picture(draw, name=name, title="<b>what</b>", width=200, height=150)


class Reader(HTMLParser):
    def __init__(self, page: str):
        super().__init__()
        self.tags, self.ids, self.references, self.texts = [], [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        values = dict(attrs)
        self.ids += [values["id"]] if "id" in values else []
        links = [values.get("href"), values.get("clip-path")]
        self.references += [link.strip("url()#") for link in links if link]

    def handle_data(self, data):
        self.texts.append(data)


def test_the_same_picture_has_the_same_bytes():
    assert made() == made()


def test_a_users_own_settings_change_nothing():
    before = made()
    with matplotlib.rc_context({"lines.linewidth": 9, "font.size": 30, "svg.fonttype": "path"}):
        assert made() == before


def test_two_pictures_share_no_id_and_every_reference_has_its_target():
    one, two = Reader(made("one")), Reader(made("two"))
    assert not set(one.ids) & set(two.ids)
    assert one.references and set(one.references) <= set(one.ids)
    assert len(one.ids) == len(set(one.ids))


def test_text_stays_text():
    page = Reader(made())
    assert "script" not in page.tags and "style" not in page.tags
    assert "$x$ & </svg><script>1</script> שלום" in page.texts
    assert page.texts[0] == "<b>what</b>"


@pytest.mark.parametrize("models", [1, 9, 14, 30])
def test_models_look_different(models):
    found = looks([f"model {place}" for place in range(models)])
    assert len({(look.color, look.marker) for look in found.values()}) == models
