"""report.md: whatever users write stays text."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from headwork.base.results import Comparison
from headwork.report.markdown import comparison_markdown, plain
from headwork.report.text import visible

reader = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
awkward = st.text() | st.text("\\`*_[]()|~$#!@:/.<>&-+= 1a\n", max_size=30)


def contents(tokens) -> list[str]:
    """Text of all inline tokens; anything but text in them is a failure of the caller's assertion."""
    found = []
    for token in tokens:
        if token.type == "inline":
            children = token.children or []
            assert {child.type for child in children} <= {"text", "text_special"}, token.content
            found.append("".join(child.content for child in children))
    return found


@given(awkward)
def test_any_text_in_a_cell_comes_back(text):
    tokens = reader.parse(f"| a | b |\n| --- | --- |\n| {plain(text)} | x |\n")
    assert contents(tokens) == ["a", "b", " ".join(visible(text).split()), "x"]


@given(awkward)
def test_any_text_in_a_list_comes_back(text):
    tokens = reader.parse(f"- {plain(text)}\n- x\n")
    wanted = " ".join(visible(text).split())
    assert contents(tokens) == ([wanted, "x"] if wanted else ["x"])
    kinds = [token.type for token in tokens if token.type.endswith("_open")]
    assert set(kinds) <= {"bullet_list_open", "list_item_open", "paragraph_open"}
    assert kinds.count("bullet_list_open") == 1


@pytest.mark.parametrize("text", ["https://example.org", "www.example.org", "HTTP://a.b", "<b@c.org>"])
def test_github_makes_no_link_of_it(text):
    """GitHub links bare addresses, which the reader of these tests does not."""
    escaped = plain(f"see {text} now").lower()
    assert not any(opening in escaped for opening in ("http://", "https://", "www.", "<"))


def test_a_hostile_comparison_stays_text(made: Comparison):
    evil = "<script>alert(1)</script> | ``` \n# gone"
    comparison = msgspec.structs.replace(
        made,
        name=evil,
        warnings=[evil],
        command=f"headwork compare '{evil}'",
        data=msgspec.structs.replace(made.data, source=evil, notes=[evil], dropped={evil: 3}),
    )
    text = comparison_markdown(comparison, {})
    tokens = reader.parse(text)
    assert "html_block" not in {token.type for token in tokens}
    inline = {child.type for token in tokens for child in token.children or []}
    assert inline <= {"text", "text_special", "strong_open", "strong_close", "code_inline", "softbreak"}
    headings = sum(token.type == "heading_open" for token in tokens)
    plain_tokens = reader.parse(comparison_markdown(made, {}))
    assert headings == sum(token.type == "heading_open" for token in plain_tokens)
    fences = [token.content for token in tokens if token.type == "fence"]
    assert fences == [comparison.command + "\n"]


def test_the_verdict_comes_first_and_tables_are_whole(made: Comparison):
    text = comparison_markdown(made, {"han": "attention"})
    assert text.index("Take tfidf") < text.index("## Warnings") < text.index("## All models")
    tokens = reader.parse(text)
    rows = sum(token.type == "tr_open" for token in tokens)
    checked = sum(model.faithfulness is not None for model in made.models)
    mistakes = sum(map(len, made.mistakes.values()))
    tables = 3 + (checked > 0) + len(made.mistakes)
    assert rows == tables + 2 * len(made.models) + len(made.per_class) + checked + mistakes
