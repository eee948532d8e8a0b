"""Every scheme of tags for entities gives the same IOB2, and what is of none is refused where it breaks."""

import itertools

import pytest

from headwork.base.errors import HeadworkError
from headwork.base.tag import Entity, entities_of
from headwork.data.schemes import Tagged, to_iob2

LAYOUTS = [
    [Entity(0, 1, "x")],
    [Entity(1, 3, "x"), Entity(3, 4, "x")],
    [Entity(0, 2, "x"), Entity(2, 5, "y"), Entity(5, 6, "y")],
    [Entity(2, 6, "y")],
    [],
]
"""entities of sentences of six words, side by side too"""


def written(layout, scheme: str) -> list[str]:
    """The tags of the entities, from what each scheme says of each place."""
    tags = ["O"] * 6
    for entity in layout:
        inside = range(entity.start, entity.end)
        for place in inside:
            first, last = place == entity.start, place == entity.end - 1
            beside = any(other.end == entity.start and other.label == entity.label for other in layout)
            letter = {
                "IOB2": "B" if first else "I",
                "IOB1": "B" if first and beside else "I",
                "BILOU": "U" if first and last else "B" if first else "L" if last else "I",
                "BIOES": "S" if first and last else "B" if first else "E" if last else "I",
                "BMES": "S" if first and last else "B" if first else "E" if last else "M",
            }[scheme]
            tags[place] = f"{letter}-{entity.label}"
    return tags


def told(sentences) -> list[Tagged]:
    lines = itertools.count(1)
    return [Tagged(tags, [next(lines) for _ in tags], "mine.conll") for tags in sentences]


@pytest.mark.parametrize("scheme", ["IOB2", "IOB1", "BILOU", "BIOES", "BMES"])
def test_every_scheme_gives_the_same_entities(scheme):
    found, name = to_iob2(told(written(layout, scheme) for layout in LAYOUTS))
    assert found == [written(layout, "IOB2") for layout in LAYOUTS]
    assert [entities_of(tags) for tags in found] == LAYOUTS
    assert name == (scheme if scheme.startswith("IOB") else "BILOU")


@pytest.mark.parametrize(
    ("sentences", "message"),
    [
        ([["B-x", "O", "I-x"]], r"mine.conll, line 3: I-x behind O, but IOB2 .* line 1: B-x behind nothing, but IOB1"),
        ([["O"], ["B-x", "I-y"]], "line 3: I-y behind B-x"),
        ([["B-x", "O", "S-x"]], "line 2: an entity of x is not closed"),
        ([["S-x", "B-x"]], "line 2: an entity of x is not closed"),
        ([["O", "E-x"]], "line 2: E-x continues nothing"),
        ([["B-x", "L-y"]], "line 2: an entity of x is not closed"),
    ],
)
def test_what_is_of_no_scheme_is_refused_where_it_breaks(sentences, message):
    with pytest.raises(HeadworkError, match=message):
        to_iob2(told(sentences))


@pytest.mark.parametrize("tags", [["NOUN", "VERB"], ["O", "PER"], ["B-x", "CD"], ["O"], ["B-"]])
def test_other_tags_stay(tags):
    assert to_iob2(told([tags])) == ([tags], "plain")
