"""Words for the deletion check."""

import pytest

from headwork.base.results import Faithfulness
from headwork.report.faithful import faithfulness_table, in_words


@pytest.mark.parametrize(
    ("top", "random", "begins"),
    [
        (0.31, 0.05, "faithful"),
        (0.31, 0.0, "faithful"),
        (0.31, -0.02, "faithful"),
        (0.31, 0.2, "partly faithful"),
        (0.06, 0.05, "not faithful"),
        (0.01, 0.0, "not faithful"),
        (-0.1, 0.05, "not faithful"),
    ],
)
def test_words_follow_the_numbers(top, random, begins):
    assert in_words(Faithfulness(top=top, random=random, texts=100)).startswith(begins + ":")


def test_both_numbers_are_printed():
    table = faithfulness_table({"han": Faithfulness(top=0.314, random=0.052, texts=100)}, {"han": "attention"})
    texts = [cell.text for cell in table.rows[0].cells]
    assert texts[0] == "han" and texts[2:] == ["−0.31", "−0.05", "100", "attention"]


def test_an_empty_column_is_left_out():
    table = faithfulness_table({"han": Faithfulness(top=0.3, random=0.1, texts=100)}, {"han": ""})
    assert len(table.columns) == len(table.rows[0].cells) == 5
