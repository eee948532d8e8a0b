"""Summaries of documents: what a fitted model can be asked, whether it chooses sentences or writes anew.

Stored as `model/{config.json, model.safetensors, tokenizer.json}`; nothing in these files is executed.

Axes: n sentences of a document.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np

from headwork.base.errors import HeadworkError
from headwork.base.files import read_config, write_json
from headwork.base.recipes import Recipe
from headwork.base.summary import Reading, Words
from headwork.data.summaries import Document, Summaries
from headwork.measure.rouge import SPLIT, Judge, by_ngrams, trigrams
from headwork.models import config_of, kind_of

MOST_SENTENCES = 10
"""that are tried on dev"""


NOTHING_LEARNT = "no training summary has a word in common with its document; are these the columns?"


class Chosen(NamedTuple):
    """A sentence of a document, and what spoke for it."""

    place: int
    score: float


class Summary(NamedTuple):
    text: str
    sentences: list[Chosen]
    """in the order of the document; none where the text is written anew"""


class StoredSummarizer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """model/config.json."""

    recipe: Recipe
    sentences: int
    listed: bool
    text_column: str = "text"
    settings: dict[str, Any] = {}
    """what the model keeps beside its tensors"""


class Summarizer(ABC):
    """A recipe around a model that summarises documents."""

    WRITES = False
    """are summaries written anew"""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.sentences = 0
        """of a summary; 0 where it is written anew"""
        self.listed = False
        """are lists in files taken for sentences"""
        self.text_column = "text"

    @abstractmethod
    def summarize(self, documents: Sequence[Document], *, sentences: int | None = None) -> list[Summary]:
        """A summary of each, empty of an empty one; `sentences` in the place of the number chosen on dev."""

    @abstractmethod
    def reading(self, documents: Sequence[Document]) -> Reading:
        """How documents are read."""

    @abstractmethod
    def settle(self, dev: Summaries) -> list[Summary]:
        """Choose on dev what was not learnt, and summarise it."""

    @property
    @abstractmethod
    def parameters(self) -> int: ...

    @abstractmethod
    def store(self, folder: Path) -> dict[str, Any]:
        """Write the tensors (and the tokenizer) and return the settings that belong into config.json."""

    def unlearnable(self, train: Summaries) -> int:
        """Training documents that no step learns from."""
        return 0

    def save(self, folder: Path) -> int:
        """Store the model and return the bytes it takes."""
        folder.mkdir(parents=True, exist_ok=True)
        stored = StoredSummarizer(
            recipe=self.recipe,
            sentences=self.sentences,
            listed=self.listed,
            text_column=self.text_column,
            settings=self.store(folder),
        )
        write_json(folder / "config.json", stored)
        return sum(file.stat().st_size for file in folder.iterdir() if file.name != "README.md")


class Chooser(Summarizer):
    """One that scores sentences and takes the best."""

    @abstractmethod
    def scores(self, documents: Sequence[Document]) -> list[np.ndarray]:
        """(n,) of each."""

    @property
    def blocks(self) -> bool:
        """Does no chosen sentence share three words in a row with another?"""
        return config_of(self.recipe).blocking

    def summarize(self, documents: Sequence[Document], *, sentences: int | None = None) -> list[Summary]:
        count = self.sentences if sentences is None else sentences
        return self.taking(documents, self.scores(documents), count)

    def taking(self, documents: Sequence[Document], scored: Sequence[np.ndarray], count: int) -> list[Summary]:
        """From the scores of the sentences."""
        found = []
        for document, scores in zip(documents, scored, strict=True):
            places = sorted(picked(document, scores, count, blocks=self.blocks))
            chosen = [Chosen(place, float(scores[place])) for place in places]
            found.append(Summary(joined(document, places), chosen))
        return found

    def settle(self, dev: Summaries) -> list[Summary]:
        scored = self.scores(dev.items)
        self.sentences, _ = best_count(dev, scored, blocks=self.blocks)
        return self.taking(dev.items, scored, self.sentences)


def joined(document: Document, places: Sequence[int]) -> str:
    """The sentences at these places as one text."""
    return " ".join(document[place] for place in places)


def picked(document: Document, scores: np.ndarray, most: int, *, blocks: bool) -> list[int]:
    """Places of the best sentences, best first, of equal ones the earlier first.

    blocks: one that shares three words in a row with one before is left out (Paulus, Xiong and Socher 2018, "A deep
    reinforced model for abstractive summarization"; of sentences Liu and Lapata 2019, section 3.3).
    """
    found: list[int] = []
    seen: set[tuple[str, ...]] = set()
    for place in np.argsort(-scores, kind="stable").tolist():
        if len(found) == most:
            break
        own = trigrams(SPLIT["any"](document[place])) if blocks else set()
        if seen.isdisjoint(own):
            found.append(place)
            seen |= own
    return found


def best_sentences(documents: Sequence[Document], references: Sequence[Sequence[str]], words: Words) -> list[list[int]]:
    """The sentences of each document that the first of its references is most like: what is to be chosen."""
    return [
        Judge(people[:1], words).chosen(document, by_ngrams)
        for document, people in zip(documents, references, strict=True)
    ]


def best_count(side: Summaries, scores: Sequence[np.ndarray], *, blocks: bool) -> tuple[int, float]:
    """How many sentences give the best mean ROUGE-L, the fewest of equally good, and that mean."""
    totals = np.zeros(MOST_SENTENCES)
    for document, references, own in zip(side.items, side.references, scores, strict=True):
        judge = Judge(references, side.words)
        split = [judge.split(sentence) for sentence in document]
        order = picked(document, own, MOST_SENTENCES, blocks=blocks)
        for count in range(MOST_SENTENCES):
            if count < len(order):
                words = [word for place in sorted(order[: count + 1]) for word in split[place]]
                last = judge.subsequence(words)
            totals[count] += last if order else 0.0
    best = int(np.argmax(np.round(totals, 9)))
    return best + 1, float(totals[best] / max(1, len(side)))


def new_summarizer(
    recipe: Recipe, train: Summaries, *, seed: int, offline: bool = False, device: str = "cpu"
) -> Summarizer:
    """A model to be fitted: for a neural recipe with its tokenizer, and its weights drawn or taken over."""
    return _made_by(recipe).new(recipe, train, seed=seed, offline=offline, device=device)


def load_summarizer(folder: Path, *, device: str = "cpu") -> Summarizer:
    """The model stored in `folder` (the `model` folder of a run); anything damaged is refused."""
    stored = read_config(folder, StoredSummarizer)
    loaded: Summarizer = _made_by(stored.recipe).restore(stored, folder, device=device)
    loaded.sentences, loaded.listed, loaded.text_column = stored.sentences, stored.listed, stored.text_column
    if not loaded.WRITES and loaded.sentences < 1:
        raise HeadworkError(f"{folder}: config.json says {loaded.sentences} sentences; train it again")
    return loaded


def _made_by(recipe: Recipe) -> Any:
    """The class of summarizers that a recipe makes."""
    kind = kind_of(recipe)
    if not kind.neural:
        from headwork.tasks.classical_summary import ClassicalChooser

        return ClassicalChooser
    if getattr(kind.load()[0], "WRITES", False):
        from headwork.tasks.neural_summary_writer import NeuralWriter

        return NeuralWriter
    from headwork.tasks.neural_summary import NeuralChooser

    return NeuralChooser
