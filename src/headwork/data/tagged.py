"""Tagged sentences on three sides, with an account of every one that was read.

A source is a file with a word a line (`headwork.data.conll`), a file of texts with spans (`headwork.data.spans`), or
the name of a data set. Tags that mark entities are brought to IOB2 (`headwork.data.schemes`).
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Self, TypeVar

import numpy as np
import pyarrow as pa
from msgspec.structs import replace
from pyarrow import parquet

from headwork.base.errors import HeadworkError
from headwork.base.files import read_json, write_atomically
from headwork.base.limits import DEFAULT_LIMITS, Limits
from headwork.base.results import DataFacts, Split
from headwork.base.tag import entities_of, is_iob2
from headwork.data.conll import Sentence, read_conll, read_conllu
from headwork.data.corpus import fingerprint
from headwork.data.facts import write_facts
from headwork.data.schemes import IOB2, PLAIN, Tagged, to_iob2
from headwork.data.sets import resolve
from headwork.data.sources import check_file
from headwork.data.spans import read_spans
from headwork.data.split import SHARES, SIDES, Side, split
from headwork.data.tables import suffix_of
from headwork.data.words import Splitting

FEWEST_SENTENCES = 20
SPANS = "spans"
"""the name of what tags come from, where a text has spans"""
CONLLU, JSONL = ".conllu", ".jsonl"
COLUMNS = (".conll", ".bio", ".iob", ".iob2", ".bioes", ".bmes", ".tsv", ".txt")
PACKED = ".gz"
FORMATS = tuple(suffix + packed for suffix in (CONLLU, JSONL, *COLUMNS) for packed in ("", PACKED))
NAMED = tuple(suffix + packed for suffix in (CONLLU, ".conll") for packed in ("", PACKED))
"""of data sets whose files can be nothing else"""


@dataclass(frozen=True, eq=False)
class TaggedExamples:
    """The sentences of one side. rows: (n,) int64, index in the source."""

    sentences: list[Sentence]
    rows: np.ndarray
    tags: list[str]

    def __len__(self) -> int:
        return len(self.sentences)

    def __getitem__(self, places: Sequence[int]) -> "TaggedExamples":
        chosen = list(places)
        return TaggedExamples([self.sentences[place] for place in chosen], self.rows[chosen], self.tags)

    @property
    def items(self) -> list[tuple[str, ...]]:
        """The words of each sentence, which is what a model is given."""
        return [sentence.words for sentence in self.sentences]

    @property
    def truth(self) -> list[tuple[str, ...]]:
        return [sentence.tags for sentence in self.sentences]

    @property
    def labels(self) -> np.ndarray:
        """(N,) int64 places among the tags, of the words of all sentences."""
        number = {tag: place for place, tag in enumerate(self.tags)}
        return np.array([number[tag] for sentence in self.sentences for tag in sentence.tags], dtype=np.int64)

    def share(self, share: float) -> "TaggedExamples":
        """A share of the sentences, at least one; a smaller share is part of a larger one."""
        if share == 1.0:
            return self
        order = np.random.default_rng(0).permutation(len(self))
        return self[sorted(order[: max(1, round(share * len(self)))].tolist())]


@dataclass(frozen=True, eq=False)
class TaggedCorpus:
    """All kept sentences, in the order of the source; sides: (n,) "train", "dev" or "test"."""

    facts: DataFacts
    whole: TaggedExamples
    sides: np.ndarray

    @property
    def name(self) -> str:
        """What to call it in the names of folders."""
        name = Path(self.facts.source).name if suffix_of(Path(self.facts.source), FORMATS) else self.facts.source
        return re.sub(r"[^\w.-]+", "-", name.removesuffix(suffix_of(Path(name), FORMATS) or "")).strip("-.") or "data"

    @property
    def splitting(self) -> Splitting:
        """How plain texts become words like those that were learnt from."""
        return "parts" if self.facts.label_column == SPANS else "words"

    def part(self, side: Side) -> TaggedExamples:
        return self.whole[np.flatnonzero(self.sides == side).tolist()]

    def examples(self) -> Iterator[tuple[str, ...]]:
        """Sentences of the test side on one line each, the tags first, or the entities."""
        for sentence in self.part("test").sentences:
            if is_iob2(self.facts.classes):
                entities = entities_of(sentence.tags)
                told = "; ".join(f"{' '.join(sentence.piece(e.start, e.end).split())} ({e.label})" for e in entities)
            else:
                told = " ".join(sentence.tags)
            yield told, " ".join(sentence.text.split())

    def save(self, folder: Path) -> None:
        """Write rows.parquet, split.json and data.json, the last one last."""
        sentences = self.whole.sentences
        columns = {
            "row": pa.array(self.whole.rows),
            "side": pa.array(self.sides.tolist(), pa.string()),
            "text": pa.array([each.text for each in sentences], pa.large_string()),
            "words": pa.array([each.words for each in sentences], pa.list_(pa.string())),
            "places": pa.array([[list(p) for p in each.places] for each in sentences], pa.list_(pa.list_(pa.int64()))),
            "tags": pa.array([each.tags for each in sentences], pa.list_(pa.string())),
        }
        table = pa.table(columns)
        write_atomically(folder / "rows.parquet", lambda path: parquet.write_table(table, path, compression="zstd"))
        self.save_facts(folder)

    def save_facts(self, folder: Path) -> None:
        """Write split.json (the rows of each side) and data.json."""
        write_facts(folder, self.facts, rows=self.whole.rows, sides=self.sides)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote; HeadworkError where it is missing or was changed."""
        facts, path = read_json(folder / "data.json", DataFacts), folder / "rows.parquet"
        try:
            found = parquet.read_table(path).to_pydict()
            whole = fingerprint(*(found[name] for name in MARKED)) == facts.fingerprint
        except (OSError, KeyError, TypeError, pa.ArrowException) as error:
            raise HeadworkError(f"{path}: missing or damaged ({error}); prepare the data again") from error
        if not whole:
            raise HeadworkError(f"{path}: not the sentences that data.json tells of; prepare the data again")
        sentences = [
            Sentence(text, tuple(words), tuple((start, end) for start, end in places), tuple(tags), ())
            for text, words, places, tags in zip(*(found[name] for name in MARKED[:4]), strict=True)
        ]
        rows = np.array(found["row"], dtype=np.int64)
        return cls(facts, TaggedExamples(sentences, rows, facts.classes), np.array(found["side"]))


MARKED = ("text", "words", "places", "tags", "side")
"""columns that the fingerprint is of"""


def prepare_tagged(
    source: str | Path,
    *,
    text: str | None = None,
    label: str | None = None,
    dev: str | Path | None = None,
    test: str | Path | None = None,
    seed: int = 0,
    limits: Limits = DEFAULT_LIMITS,
) -> TaggedCorpus:
    """Read, check and split tagged sentences: a file, or the name of a data set.

    text, label: columns of the words and the tags, by number, or in CoNLL-U by name; dev, test: files of official
    sides. A side without a file is cut from the training sentences, those with the same words together.
    """
    found = resolve(source, (*NAMED, JSONL, JSONL + PACKED))
    others: Mapping[Side, str | Path | None] = {"dev": dev, "test": test}
    files = {**found.files, **{side: Path(path) for side, path in others.items() if path is not None}}
    if "train" not in files:
        raise HeadworkError(f"{source}: its texts have no tagged words; name a file with a word and a tag a line")
    read: dict[Side, ReadFile] = {}
    for side in SIDES:
        if side in files:
            read[side] = read_tagged(files[side], text=text, label=label, limits=limits)
    kinds = {each.tagged_by for each in read.values()}
    if len(kinds) > 1:
        raise HeadworkError(f"{found.name}: tags come from {' and '.join(sorted(kinds))}; give files of one form")
    rows: list[tuple[Side, Sentence]] = [(side, one) for side, each in read.items() for one in each.sentences]
    tags, scheme = to_iob2([Tagged(each.tags, each.lines, str(files[side])) for side, each in rows])
    sentences = [each._replace(tags=tuple(own)) for (_, each), own in zip(rows, tags, strict=True)]
    return settled(
        found.name,
        [side for side, _ in rows],
        sentences,
        columns=(read["train"].words_by, read["train"].tagged_by),
        files=read,
        notes=list(_notes(scheme, sum(each.widened for each in read.values()))),
        seed=seed,
        limits=limits,
    )


C = TypeVar("C", bound=TaggedCorpus)


def settled(
    source: str,
    given: Sequence[Side],
    sentences: Sequence[Sentence],
    *,
    columns: tuple[str, str],
    files: Collection[Side],
    notes: Sequence[str],
    seed: int,
    limits: Limits,
    kind: type[C] = TaggedCorpus,
    unit: str = "sentences",
    split_by: str = "files",
    unread: Mapping[str, int] = MappingProxyType({}),
    more_tags: Collection[str] = (),
    rows: int | None = None,
) -> C:
    """Sentences on the sides that they were given, as a corpus; those of train are split where a side has no file.

    columns: what texts and tags come from; files: the sides that are given; unread: what was dropped before, by reason;
    more_tags: those that may be told though no word may have them; rows: training sentences that are kept, drawn at
    random.
    """
    kept, dropped = _kept(given, sentences)
    words = Counter(tag for place in kept for tag in sentences[place].tags)
    words.update(dict.fromkeys(more_tags, 0))
    limits.check("classes", len(words), f"{source}, {columns[1]}")
    if len(kept) < FEWEST_SENTENCES or len(words) < 2:
        raise HeadworkError(
            f"{source}: {len(kept)} {unit} with {len(words)} different tags; at least {FEWEST_SENTENCES} with 2 are "
            "needed"
        )
    sides = _sides([given[place] for place in kept], [sentences[place] for place in kept], words, files, seed)
    for side in SIDES:
        if side not in sides:
            different = len({sentences[place].words for place in kept})
            raise HeadworkError(
                f"{source}: of {len(kept)} {unit}, {different} of them different, none is left for {side}; give more, "
                "or other files with --dev and --test"
            )
    tags = _in_order(words)
    if rows is not None:
        kept, sides = _fewer(kept, sides, rows, dropped)
    words = Counter(tag for place in kept for tag in sentences[place].tags)
    facts = DataFacts(
        source=source,
        fingerprint="",
        text_column=columns[0],
        label_column=columns[1],
        rows=len(sentences) + sum(unread.values()),
        classes=tags,
        split=Split(**{side: sides.count(side) for side in SIDES}),
        dropped={**unread, **dropped},
        split_by=split_by if len(files) == len(SIDES) else f"{unit}, those with the same words together",
        class_rows={tag: words[tag] for tag in tags},
        notes=list(notes),
        unit=unit,
    )
    return _corpus(kind, facts, [sentences[place] for place in kept], sides, np.array(kept, dtype=np.int64))


@dataclass(frozen=True)
class ReadFile:
    """The sentences of a file, and what its columns are called."""

    sentences: list[Sentence]
    words_by: str
    tagged_by: str
    widened: int = 0


def read_tagged(
    path: Path, *, text: str | None = None, label: str | None = None, limits: Limits, tagged: bool = True
) -> ReadFile:
    """Sentences with their tags, or without where these are not asked for."""
    check_file(path, limits)
    suffix = suffix_of(path, FORMATS)
    if suffix is None:
        raise HeadworkError(f"{path}: tagged words are read from files that end in {', '.join(FORMATS)}")
    kind = suffix.removesuffix(PACKED)
    if kind == JSONL:
        if text or label:
            raise HeadworkError(f"{path}: --text and --label name columns; a text with spans has none")
        sentences, widened = read_spans(path, limits, tagged=tagged)
        return ReadFile(sentences, "text", SPANS, widened)
    read = read_conllu if kind == CONLLU else read_conll
    sentences = read(path, limits, word=text, tag=label, tagged=tagged)
    if kind == CONLLU:
        return ReadFile(sentences, text or "form", label or "upos")
    return ReadFile(sentences, f"column {text or 1}", f"column {label}" if label else "last column")


def _kept(sides: Sequence[Side], sentences: Sequence[Sentence]) -> tuple[list[int], dict[str, int]]:
    """Places of the sentences without the empty ones and those whose words a later side holds."""
    dropped: Counter[str] = Counter()
    latest: dict[tuple[str, ...], int] = {}
    for side, sentence in zip(sides, sentences, strict=True):
        latest[sentence.words] = max(latest.get(sentence.words, 0), SIDES.index(side))
    kept = []
    for place, (side, sentence) in enumerate(zip(sides, sentences, strict=True)):
        if not sentence.words:
            dropped["without words"] += 1
        elif SIDES.index(side) < latest[sentence.words]:
            dropped["duplicate of a later split"] += 1
        else:
            kept.append(place)
    return kept, dict(dropped)


def _sides(
    given: Sequence[Side],
    sentences: Sequence[Sentence],
    words: Mapping[str, int],
    files: Collection[Side],
    seed: int,
) -> list[Side]:
    """The side of each sentence; what is cut from train is dealt out by the rarest tag of a sentence."""
    shares: dict[Side, float] = {side: SHARES[side] for side in SIDES if side not in files}
    sides = list(given)
    if not shares:
        return sides
    shares["train"] = 1 - sum(shares.values())
    places = [place for place, side in enumerate(sides) if side == "train"]
    rarest = [min(sentences[place].tags, key=lambda tag: (words[tag], tag)) for place in places]
    groups = [sentences[place].words for place in places]
    for place, side in zip(places, split(rarest, seed=seed, groups=groups, shares=shares), strict=True):
        sides[place] = side
    return sides


def _fewer(
    kept: Sequence[int], sides: Sequence[Side], rows: int, dropped: dict[str, int]
) -> tuple[list[int], list[Side]]:
    """Of the training sentences so many, with a count of the others; fewer are a part of more."""
    training = [number for number, side in enumerate(sides) if side == "train"]
    if not 1 <= rows <= len(training):
        raise HeadworkError(f"--rows {rows}: expected 1 to {len(training):,}, as many as there are to learn from")
    out = set(np.random.default_rng(0).permutation(training)[rows:].tolist())
    dropped["more than --rows"] = len(out)
    left = [number for number in range(len(kept)) if number not in out]
    return [kept[number] for number in left], [sides[number] for number in left]


def _in_order(tags: Mapping[str, int]) -> list[str]:
    """O first, then by type, B before I."""
    return sorted(tags, key=lambda tag: (tag != "O", tag[2:] if is_iob2(list(tags)) else tag, tag))


def _notes(scheme: str, widened: int) -> Iterator[str]:
    if scheme not in (PLAIN, IOB2):
        yield f"the tags were in {scheme} and are now in IOB2"
    if widened:
        yield f"{widened:,} spans begin or end within a word and were widened to it"


def _corpus(kind: type[C], facts: DataFacts, sentences: list[Sentence], sides: list[Side], rows: np.ndarray) -> C:
    columns = {name: [getattr(each, name) for each in sentences] for name in MARKED[:4]}
    told = replace(facts, fingerprint=fingerprint(*columns.values(), sides))
    return kind(told, TaggedExamples(sentences, rows, facts.classes), np.array(sides))
