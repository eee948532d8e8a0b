"""A small corpus that needs no file."""

import numpy as np
import pytest

from headwork.data.corpus import Examples


def make_examples(count: int, *, seed: int = 0) -> Examples:
    """Texts of 3 to 30 words; the class is told by one word in each."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, 3, count)
    texts = []
    for label in labels:
        words = [f"word{number}" for number in random.integers(0, 40, random.integers(2, 30))]
        words.insert(int(random.integers(0, len(words))), ("red", "green", "blue")[label])
        texts.append(" ".join(words))
    return Examples(texts, labels.astype(np.int64), np.arange(count))


@pytest.fixture(scope="session")
def train() -> Examples:
    return make_examples(120)


@pytest.fixture(scope="session")
def dev() -> Examples:
    return make_examples(40, seed=1)
