"""What pages on language models show of the inside of a model."""

import re

import pytest

from headwork.base.language import Entries, Insights, Opened, Ponder
from headwork.report.render import _environment

TOKENS, VALUES = ["a", "<b>", "c"], [0.25, 0.5, 1.0]


def shown(insights: Insights) -> str:
    parts = _environment().get_template("language_parts.html.jinja").module
    found = {"model": insights}
    assert parts.any(found).strip() == "yes"  # type: ignore[attr-defined]
    return str(parts.insights(found))  # type: ignore[attr-defined]


def entries(share: float, **how: object) -> Insights:
    return Insights(entries=Entries(entries=900, share=share, nats=1.0, nats_without=1.5, **how))  # type: ignore[arg-type]


@pytest.mark.row("LC17")
def test_a_gate_is_shown_by_its_mean_and_token_by_token() -> None:
    page = shown(entries(0.4, opened=Opened(tokens=TOKENS, gates=VALUES)))
    assert "40.0% of a state on average, by a learned gate" in page and "25.0% to 100.0%" in page
    marks = re.findall(r'<b class="w(\d)" title="([^"]*)">([^<]*)</b>', page)
    assert marks == [("1", "25.0%", "a"), ("4", "50.0%", "&lt;b&gt;"), ("9", "100.0%", "c")]
    assert "temperature" not in page


@pytest.mark.row("LC16")
def test_a_fixed_share_is_shown_with_its_temperature() -> None:
    page = shown(entries(0.3, temperature=4.0))
    assert "30.0% of each prediction, at temperature 4, both chosen on dev" in page and "gate" not in page


def test_steps_are_shown_token_by_token() -> None:
    page = shown(Insights(ponder=Ponder(tokens=TOKENS, steps=[1.0, 2.0, 5.0])))
    assert 'title="1.0 steps">a</b>' in page and 'title="5.0 steps">c</b>' in page and "1.0 to 5.0" in page
