"""One training by masked words with its state in a folder, and what it came to on held-out texts.

Axes: n held-out texts.
"""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

from headwork.base.files import read_json, write_json
from headwork.base.runs import Run
from headwork.data.plain_texts import Halves
from headwork.data.tokenizers import TextTokenizer
from headwork.models.published import Published
from headwork.tasks.masked import WholeWordReader, ask
from headwork.train.config import TrainConfig
from headwork.train.fit import fit
from headwork.train.masked import FillIn
from headwork.train.record import Fitted, Place, write_curve

CONFIG = TrainConfig(lr=2e-4, schedule="warmup-linear", epochs=40, patience=5, batch_tokens=2048)
"""Devlin et al. 2019, appendix A.2, with a rate for small encoders"""
MAX_TOKENS = 128
"""of a window; Devlin et al. 2019, appendix A.2, for most of their training"""
DEV_EVERY = 10
"""texts of which one is for choosing the best weights"""
MEASURED_TOKENS = 40_000
"""of held-out texts, of the old vocabulary"""


class Words(NamedTuple):
    """Texts to learn from, to choose by, and to measure with."""

    train: list[str]
    dev: list[str]
    measured: list[str]


class Trained(msgspec.Struct, frozen=True):
    """words.json; (n, 3) of each measured text: nats of the words asked for, how many they are, their characters."""

    nats_before: list[list[float]]
    nats_after: list[list[float]]
    seconds: float
    steps: int
    stopped: str
    notes: list[str]

    @property
    def before(self) -> np.ndarray:
        return np.array(self.nats_before)

    @property
    def after(self) -> np.ndarray:
        return np.array(self.nats_after)


def words_of(tokenizer: TextTokenizer, halves: Halves) -> Words:
    """The same texts for every training; those that are measured are taken evenly from the held-out half."""
    train = [text for place, text in enumerate(halves.learnt) if place % DEV_EVERY]
    lengths = [sum(len(word.ids) for word in words) for words in tokenizer.encode_words(halves.held_out)]
    step = max(1, -(-sum(lengths) // MEASURED_TOKENS))
    return Words(train, halves.learnt[::DEV_EVERY], halves.held_out[::step])


@dataclass
class Training:
    folder: Path
    budget_seconds: float
    seed: int
    device: str
    came_to: Trained | None = None

    @property
    def _file(self) -> Path:
        return self.folder / "words.json"

    @property
    def finished(self) -> bool:
        return self._file.is_file()

    def run(
        self, network: Published, tokenizer: TextTokenizer, words: Words, *, progress: Callable[[float], None]
    ) -> None:
        """Train `network`, which keeps its best weights; nothing is written but the state and the curve."""
        core, run = network.config.core, Run(self.folder)
        reader = WholeWordReader(tokenizer, min(MAX_TOKENS, core.positions - core.position_offset))
        network.to(self.device)
        before = self._measured(network, reader, words.measured)
        problem = FillIn(network, reader, words.train, words.dev, CONFIG, seed=self.seed, device=self.device)
        fitted = fit(problem, budget_seconds=self.budget_seconds, place=Place.of(run), progress=progress)
        write_curve(run, fitted)
        after = self._measured(network, reader, words.measured)
        self.came_to = _came_to(before, after, fitted)

    def finish(self) -> None:
        """Say that it is done, and forget the state."""
        write_json(self._file, self.came_to)
        shutil.rmtree(Run(self.folder).checkpoint, ignore_errors=True)

    def read(self) -> Trained:
        return read_json(self._file, Trained)

    def _measured(self, network: Published, reader: WholeWordReader, texts: Sequence[str]) -> np.ndarray:
        """(n, 3)"""
        read = reader.read(texts)
        found = ask(network, read, reader.tokenizer, device=self.device)
        rows, facts = read.texts[found.words], (found.nats, np.ones(len(found.words)), read.characters[found.words])
        return np.stack([np.bincount(rows, fact, minlength=len(texts)) for fact in facts], 1)


def _came_to(before: np.ndarray, after: np.ndarray, fitted: Fitted) -> Trained:
    cut, notes = fitted.cut, []
    if cut.rows:
        notes.append(f"{cut.rows:,} words do not fit a window and lost their ends")
    return Trained(before.tolist(), after.tolist(), fitted.seconds, fitted.steps, fitted.stopped, notes)
