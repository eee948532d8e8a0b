"""A generated data set as a source of a run: endless batches to learn from, fixed dev and test sides."""

import difflib
import hashlib
import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np

from headwork.base.errors import HeadworkError
from headwork.base.files import read_json, write_json
from headwork.base.results import DataFacts, Split
from headwork.data.generated import GENERATORS, Examples, Generated
from headwork.data.generated.base import settle

EPOCH = 100
"""batches between two looks at dev"""
DEV_ROWS, TEST_ROWS = 200, 250
"""examples of dev, and of test for each length"""
PARTS = 5
"""draws of a test length, which share what is drawn once for all of their examples"""
_STREAMS = {"train": 0, "dev": 1, "test": 2}


class Drawn:
    """A generator and its sides."""

    def __init__(self, generator: Generated):
        self.generator = generator

    @property
    def name(self) -> str:
        """`copy`, or `copy-longest-20` where settings were chosen."""
        chosen = {key: getattr(self.generator, key) for key in self.generator.__struct_fields__}
        plain = settle(type(self.generator), {})
        words = [f"{key}-{value}" for key, value in chosen.items() if value != getattr(plain, key)]
        return "-".join([self.generator.NAME, *words])

    def train(self, seed: int, index: int, steps: int, lengths: Sequence[int] | None = None) -> Examples:
        """Batch `index` of a training: as many examples of one length as have about `steps` steps together.

        `lengths`: those that the length is drawn from, all of training when not given.
        """
        random = np.random.default_rng([_STREAMS["train"], seed, index])
        length = int(random.choice(lengths or self.generator.lengths))
        return self.generator.draw(random, length, max(1, steps // self.generator.steps(length)))

    @cached_property
    def dev(self) -> list[Examples]:
        return self._fixed("dev", self.generator.lengths, DEV_ROWS // len(self.generator.lengths), 1)

    @cached_property
    def test(self) -> list[Examples]:
        return self._fixed("test", self.generator.test_lengths, TEST_ROWS // PARTS, PARTS)

    def _fixed(self, side: Literal["dev", "test"], lengths, rows: int, parts: int) -> list[Examples]:
        return [
            self.generator.draw(np.random.default_rng([_STREAMS[side], length, part]), length, max(1, rows))
            for length in lengths
            for part in range(parts)
        ]

    @property
    def facts(self) -> DataFacts:
        return self._facts

    @cached_property
    def _facts(self) -> DataFacts:
        split = Split(train=0, dev=sum(map(len, self.dev)), test=sum(map(len, self.test)))
        lengths, unit = self.generator.lengths, self.generator.UNIT
        told = f"{lengths[0]} to {lengths[-1]}" if len(lengths) > 1 else str(lengths[0])
        return DataFacts(
            source=self.generator.spec,
            fingerprint=self._fingerprint(),
            text_column="",
            label_column="",
            rows=split.dev + split.test,
            classes=[],
            split=split,
            dropped={},
            split_by="drawn",
            notes=[
                self.generator.TITLE,
                f"trained on {told} {unit}, drawn anew for each batch; tested on "
                f"{', '.join(map(str, self.generator.test_lengths))} {unit}",
                f"score: {self.generator.SCORE}",
            ],
        )

    def _fingerprint(self) -> str:
        digest = hashlib.sha256(self.generator.spec.encode())
        for examples in self.test:
            digest.update(np.ascontiguousarray(examples.inputs).tobytes())
            digest.update(np.ascontiguousarray(examples.targets).tobytes())
        return digest.hexdigest()

    def examples(self) -> Iterator[tuple[str, ...]]:
        """None on a line: they are numbers."""
        return iter(())

    def save(self, folder: Path) -> None:
        """There is nothing to keep but the generator's name and settings."""
        self.save_facts(folder)

    def save_facts(self, folder: Path) -> None:
        write_json(folder / "data.json", self.facts)

    @classmethod
    def load(cls, folder: Path) -> "Drawn":
        facts = read_json(folder / "data.json", DataFacts)
        drawn = prepare_drawn(facts.source)
        if drawn.facts.fingerprint != facts.fingerprint:
            raise HeadworkError(
                f"{folder}: {facts.source} draws other examples now than when this was made; choose another folder"
            )
        return drawn


def prepare_drawn(source: str) -> Drawn:
    """The data set that `copy` or `copy:longest=20,width=8` names."""
    name, _, words = source.partition(":")
    if name not in GENERATORS:
        near = difflib.get_close_matches(name, GENERATORS, n=1, cutoff=0.6)
        hint = f"did you mean {near[0]!r}?" if near else f"expected one of {', '.join(GENERATORS)}"
        raise HeadworkError(f"{source}: no generated data set of that name; {hint}")
    given = [word for word in words.split(",") if word]
    for word in given:
        if not re.fullmatch(r"[a-z_]+=[^=]+", word):
            raise HeadworkError(f"{source}: {word!r} is no setting; expected NAME:SETTING=VALUE,…")
    return Drawn(settle(GENERATORS[name], dict(word.split("=") for word in given)))
