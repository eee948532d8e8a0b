"""Which runs of tags are entities, held to loops over all runs and to the rules of conlleval as they are published.

seqeval itself is no part of the tests: it comes as source only. Its strict mode reads what the first oracle reads, its
other mode what the second does.
"""

import itertools

import pytest

from headwork.base.tag import Entity, entities_of, is_iob2, may_follow

TAGS = ("O", "B-x", "I-x", "B-y", "I-y")
SENTENCES = [tags for length in range(6) for tags in itertools.product(TAGS, repeat=length)]


def strict(tags) -> list[Entity]:
    """Every run that begins with B, goes on with I of its type, and could not be longer."""
    return [
        Entity(start, end, label)
        for label in ("x", "y")
        for start, end in itertools.combinations(range(len(tags) + 1), 2)
        if tags[start] == f"B-{label}"
        and all(tag == f"I-{label}" for tag in tags[start + 1 : end])
        and (end == len(tags) or tags[end] != f"I-{label}")
    ]


def conlleval(tags) -> list[Entity]:
    """Chunks by the rules of startOfChunk and endOfChunk (Tjong Kim Sang and De Meulder 2003)."""
    found, start = [], 0
    before, before_label = "O", ""
    for place, tag in enumerate([*tags, "O"]):
        letter, label = (tag[0], tag[2:]) if tag != "O" else ("O", "")
        ends = (before, letter) in {("B", "B"), ("B", "O"), ("I", "B"), ("I", "O")}
        if ends or (before != "O" and before_label != label):
            found.append(Entity(start, place, before_label))
        begins = (before, letter) in {("B", "B"), ("I", "B"), ("O", "B"), ("O", "I")}
        if begins or (letter != "O" and before_label != label):
            start = place
        before, before_label = letter, label
    return found


@pytest.mark.row("BE10")
def test_entities_are_those_of_both_oracles_for_every_sentence():
    for tags in SENTENCES:
        assert sorted(entities_of(tags)) == sorted(strict(tags)), tags
        assert sorted(entities_of(tags, "repaired")) == sorted(conlleval(tags)), tags


def test_both_readings_are_one_where_no_tag_contradicts_the_one_before():
    allowed = [t for t in SENTENCES if all(may_follow(a, b) for a, b in itertools.pairwise([None, *t]))]
    assert len(allowed) > 500
    assert all(entities_of(tags) == entities_of(tags, "repaired") for tags in allowed)
    assert any(entities_of(tags) != entities_of(tags, "repaired") for tags in SENTENCES)


@pytest.mark.parametrize(
    ("tags", "entities"),
    [
        (["O", "B-x"], True),
        (["O", "I-x"], False),
        (["NOUN", "B-x"], False),
        (["O"], False),
        (["O", "B-"], False),
        (["B-x", "I-x"], True),
    ],
)
def test_tags_of_entities_are_told_from_others(tags, entities):
    assert is_iob2(tags) == entities
