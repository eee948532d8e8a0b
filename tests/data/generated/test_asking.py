"""Questions about tables, read by hand."""

import numpy as np
import pytest

from headwork.data.drawn import prepare_drawn


@pytest.mark.row("ME05")
@pytest.mark.parametrize("depth", [1, 2])
def test_questions_about_tables_are_answered_by_reading_them(depth: int):
    names = ["sum", "maximum", "count", "greater", "lesser", "rows", "c1", "c2", "c3"]
    generator = prepare_drawn(f"tables:depth={depth}").generator
    for length in (3, 8):
        examples = generator.draw(np.random.default_rng(length), length, 600)
        seen = set()
        for steps, target in zip(examples.inputs.astype(float), examples.targets[:, -1, 0], strict=True):
            words = [names[place] for place in steps[: 2 * depth, :9].argmax(1)]
            table = [dict(zip(names[6:], row, strict=True)) for row in steps[2 * depth :, 10:]]
            assert len(table) == length and not steps[2 * depth :, :10].any()
            assert (steps[: 2 * depth, :9].sum(1) == 1).all()
            if depth == 2:
                number, sign = steps[3, 9], 1 if words[2] == "greater" else -1
                assert number > 0 and words[2] in ("greater", "lesser")
                table = [row for row in table if sign * row[words[3]] > sign * number]
            column = [row.get(words[1], 1.0) for row in table]
            expected = {"sum": sum(column), "maximum": max([0.0, *column]), "count": len(table)}[words[0]]
            assert target == pytest.approx(expected, abs=1e-5)
            assert (words[0] == "count") == (words[1] == "rows")
            seen.add(tuple(words))
        assert len(seen) == (3 + 3 + 1) * (1 if depth == 1 else 6)
