"""Documents with summaries that people wrote, on three sides, cleaned, with an account of every row that was read.

A document is a list of sentences, or a text that is cut into them; the items of a list that hold several sentences on
average, such as paragraphs, are cut too. Items are parted by empty lines, as lists of texts are read into cells; so
are several summaries of one document.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np

from headwork.base.errors import HeadworkError
from headwork.base.limits import DEFAULT_LIMITS, Limits
from headwork.base.results import DataFacts, Split
from headwork.base.summary import Words
from headwork.base.words import words_of
from headwork.data.columns import check_column, choose_summary_columns
from headwork.data.corpus import Corpus, Examples, fingerprint, split_by, tables_of
from headwork.data.sentences import sentence_starts
from headwork.data.sets import resolve
from headwork.data.sides import choose_sides_freely
from headwork.data.sieve import rows_of, sieved
from headwork.data.split import SIDES, Side

PARTING = "\n\n"
LONG_ITEMS = 1.25
"""sentences in an item of a list, on average, from which on items are cut"""
OTHER_SCRIPT = 0.1
"""share of the words of summaries beyond a-z and 0-9, from which on words of any script are counted"""

Document = tuple[str, ...]
"""sentences, none of them empty"""


@dataclass(frozen=True, eq=False)
class Summaries(Examples):
    """The documents of one side. labels: (n,) object, the summaries of each, PARTING between several."""

    words: Words = "latin"
    """what counts as one where summaries are compared"""

    @cached_property
    def items(self) -> list[Document]:
        return [tuple(text.split(PARTING)) for text in self.texts]

    @cached_property
    def references(self) -> list[list[str]]:
        return references_of(self.labels)


@dataclass(frozen=True, eq=False)
class SummaryCorpus(Corpus):
    """All kept documents, in the order of the source."""

    @cached_property
    def words(self) -> Words:
        return words_for([text for people in references_of(self.labels) for text in people])

    def part(self, side: Side) -> Summaries:
        whole = Summaries(self.texts, self.labels, self.rows, self.words)
        return whole[np.flatnonzero(self.sides == side).tolist()]

    def examples(self) -> Iterator[tuple[str, ...]]:
        """Documents of the test side on one line each, a summary first."""
        test = self.part("test")
        for sentences, references in zip(test.items, test.references, strict=True):
            yield " ".join(references[0].split()), " ".join(" ".join(sentences).split())

    def written(self) -> list[str]:
        return self.labels.tolist()

    @staticmethod
    def read_labels(cells: Sequence[str], classes: Sequence[str]) -> np.ndarray:
        return np.array(cells, dtype=object)


def prepare_summaries(
    source: str | Path,
    *,
    text: str | None = None,
    label: str | None = None,
    dev: str | Path | None = None,
    test: str | Path | None = None,
    seed: int = 0,
    limits: Limits = DEFAULT_LIMITS,
) -> SummaryCorpus:
    """Read, clean and split a source: a file, or the name of a data set.

    text, label: columns of the documents and of the summaries, guessed where not given; dev, test: files of official
    sides; a side without a file is cut from the training documents.
    """
    found = resolve(source)
    if not found.files:
        raise HeadworkError(f"{found.name}: its texts have no summaries; name a table of documents and summaries")
    tables = tables_of(found, {"dev": dev, "test": test}, limits)
    columns = choose_summary_columns(tables["train"], text=text, label=label)
    for table in tables.values():
        for name in (columns.text, columns.label):
            check_column(table, name)
    sieve = sieved(rows_of(tables, columns, None))
    sieve.drop("summary without words", {row.index for row in sieve.rows if not words_of(row.label)})
    sides = choose_sides_freely(sieve, files=tables, seed=seed, source=found.name, of="summary")
    for side in SIDES:
        if side not in sides:
            raise HeadworkError(
                f"{found.name}: of {len(sieve.rows)} usable documents none is left for {side}; give more, or other "
                "files with --dev and --test"
            )
    listed = are_sentences([row.text for row, side in zip(sieve.rows, sides, strict=True) if side == "train"])
    texts = [PARTING.join(sentences_of(row.text, listed=listed)) for row in sieve.rows]
    labels = [PARTING.join(items_of(row.label)) for row in sieve.rows]
    facts = DataFacts(
        source=found.name,
        fingerprint=fingerprint(texts, labels, sides),
        text_column=columns.text,
        label_column=columns.label,
        rows=sum(table.rows for table in tables.values()),
        classes=[],
        split=Split(**{side: sides.count(side) for side in SIDES}),
        dropped=dict(sieve.dropped),
        split_by=split_by(tables, None).replace("stratified", "at random"),
        notes=[
            *(
                f"guessed that {name!r} holds the {what}; --{option} names another"
                for name, what, option in ((columns.text, "documents", "text"), (columns.label, "summaries", "label"))
                if name in columns.guessed
            ),
            *_notes(texts, labels, listed=listed),
        ],
        unit="documents",
        listed=listed,
    )
    rows = np.array([row.index for row in sieve.rows], dtype=np.int64)
    return SummaryCorpus(facts, texts, np.array(labels, dtype=object), np.array(sides), rows)


def items_of(cell: str) -> list[str]:
    """What empty lines part, without blanks around."""
    return [item for part in re.split(r"\n\s*\n", cell) if (item := part.strip())]


def are_sentences(cells: Sequence[str]) -> bool:
    """Are the items of these lists one sentence each, as a rule? A text by itself is no list."""
    items = [item for cell in cells if len(found := items_of(cell)) > 1 for item in found]
    return bool(items) and sum(1 + len(sentence_starts(item)) for item in items) < LONG_ITEMS * len(items)


def sentences_of(cell: str, *, listed: bool) -> Document:
    """The items of a list of sentences; of anything else what the marks at their ends part."""
    items = items_of(cell)
    if listed and len(items) > 1:
        return tuple(items)
    edges = [(item, [0, *sentence_starts(item), len(item)]) for item in items]
    parts = [item[start:end].strip() for item, places in edges for start, end in pairwise(places)]
    return tuple(part for part in parts if part)


def references_of(labels: Iterable[str]) -> list[list[str]]:
    """From the summaries of each document, PARTING between several."""
    return [text.split(PARTING) for text in labels]


def words_for(references: Sequence[str]) -> Words:
    """Words of any script, where those of a-z and 0-9 would leave out too many."""
    words = [word for reference in references for word in words_of(reference)]
    other = sum(not re.search(r"[a-z0-9]", word) for word in words)
    return "any" if other > OTHER_SCRIPT * max(1, len(words)) else "latin"


def _notes(texts: Sequence[str], labels: Sequence[str], *, listed: bool) -> Iterator[str]:
    sentences = [text.count(PARTING) + 1 for text in texts]
    how = "as the lists have them" if listed else "as the marks at their ends part them"
    yield f"{np.mean(sentences):.1f} sentences in a document on average, {max(sentences):,} at most, {how}"
    several = sum(PARTING in label for label in labels)
    if several:
        yield (
            f"{several:,} documents have several summaries: a list, or texts with an empty line between; the best of "
            "them counts for each score, and the first is learnt from"
        )
