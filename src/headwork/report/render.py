"""Pages from templates: no scripts, nothing fetched, every text of a user escaped."""

import base64
from functools import cache
from importlib import resources

import jinja2
from markupsafe import Markup

from headwork.report import numbers
from headwork.report.glossary import GLOSSARY
from headwork.report.limits import unseen
from headwork.report.text import quoted, visible


def render(template: str, **values: object) -> str:
    """The page that a template of `report/templates` gives with these values."""
    return _environment().get_template(template).render(values)


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("headwork.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        count=numbers.count,
        decimal=numbers.decimal,
        milliseconds=numbers.milliseconds,
        percent=numbers.percent,
        png=lambda file: f"data:image/png;base64,{base64.b64encode(file).decode()}",
        quoted=quoted,
        rate=numbers.rate,
        seconds=numbers.seconds,
        size=numbers.size,
        unseen=unseen,
        visible=visible,
    )
    sheet = resources.files("headwork.report").joinpath("templates/style.css").read_text(encoding="utf-8")
    environment.globals.update(style=Markup(sheet), glossary=GLOSSARY)
    return environment
