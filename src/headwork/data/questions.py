"""Questions about passages on three sides, cleaned, with an account of every one that was read.

A person's answer that does not stand where its file says is moved to the nearest place of the passage that holds it,
or left out where none does; both are counted. Questions about one article stay on one side.
"""

import re
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from headwork.base.errors import HeadworkError
from headwork.base.files import read_json, write_atomically
from headwork.base.limits import DEFAULT_LIMITS, Limits
from headwork.base.results import DataFacts, Split
from headwork.data.corpus import fingerprint
from headwork.data.duplicates import normalised
from headwork.data.facts import write_facts
from headwork.data.sets import resolve, sets_of
from headwork.data.split import SHARES, SIDES, Side, linked, split
from headwork.data.squad import ENDS, Answer, Question, read_questions

FEWEST_QUESTIONS = 20
FEWEST_ARTICLES = 20
"""from so many on whole articles are shared out to the sides, and drawn again for intervals; else passages are"""


class Asked(NamedTuple):
    """What a model is given."""

    question: str
    passage: str


@dataclass(frozen=True, eq=False)
class Questions:
    """The questions of one side. rows: (n,) int64, index in the source; passages are shared by their questions."""

    asked: list[Asked]
    answers: list[tuple[Answer, ...]]
    """of people, none where the passage holds none; they stand where they say"""
    titles: list[str]
    ids: list[str]
    rows: np.ndarray

    def __len__(self) -> int:
        return len(self.asked)

    def __getitem__(self, places: Sequence[int]) -> "Questions":
        chosen = list(places)
        return Questions(
            [self.asked[place] for place in chosen],
            [self.answers[place] for place in chosen],
            [self.titles[place] for place in chosen],
            [self.ids[place] for place in chosen],
            self.rows[chosen],
        )

    @property
    def items(self) -> list[Asked]:
        return self.asked

    @property
    def labels(self) -> list[tuple[Answer, ...]]:
        return self.answers

    @property
    def people(self) -> list[list[str]]:
        """The texts of the answers."""
        return [[answer.text for answer in answers] for answers in self.answers]

    @property
    def unanswerable(self) -> np.ndarray:
        """(n,) true where the passage holds no answer."""
        return np.array([not answers for answers in self.answers], dtype=bool)

    def together(self) -> tuple[str, np.ndarray]:
        """What questions came in, and (n,) which of those each came in: articles where there are enough of them."""
        articles = np.unique(self.titles, return_inverse=True)[1]
        if len(set(self.titles)) >= FEWEST_ARTICLES:
            return "articles", articles
        return "passages", np.unique([asked.passage for asked in self.asked], return_inverse=True)[1]

    def sample(self, count: int) -> "Questions":
        """The same few questions for every model: chosen by a fixed generator."""
        return self[np.sort(np.random.default_rng(0).permutation(len(self))[:count]).tolist()]

    def share(self, share: float) -> "Questions":
        """A share of the questions, at least one; a smaller share is part of a larger one."""
        return self if share == 1.0 else self.sample(max(1, round(share * len(self))))


@dataclass(frozen=True, eq=False)
class QuestionCorpus:
    """All kept questions, in the order of the source; sides: (n,) "train", "dev" or "test"."""

    facts: DataFacts
    questions: Questions
    sides: np.ndarray

    @property
    def name(self) -> str:
        """What to call it in the names of folders."""
        name = Path(self.facts.source).name
        end = next((end for end in sorted(ENDS, key=len, reverse=True) if name.lower().endswith(end)), "")
        return re.sub(r"[^\w.-]+", "-", name[: len(name) - len(end)]).strip("-.") or "questions"

    @property
    def unanswerable(self) -> bool:
        """Are there questions that their passage does not answer?"""
        return bool(self.questions.unanswerable.any())

    def part(self, side: Side) -> Questions:
        return self.questions[np.flatnonzero(self.sides == side).tolist()]

    def examples(self) -> Iterator[tuple[str, ...]]:
        """Questions of the test side, an answer first."""
        test = self.part("test")
        for asked, people in zip(test.asked, test.people, strict=True):
            yield (people or ["(no answer)"])[0], asked.question, " ".join(asked.passage.split())

    def save(self, folder: Path) -> None:
        """Write passages.parquet, rows.parquet, split.json and data.json, the last one last."""
        found = self.questions
        passages = {passage: place for place, passage in enumerate(dict.fromkeys(a.passage for a in found.asked))}
        _write(folder / "passages.parquet", {"passage": pa.array(list(passages), pa.large_string())})
        columns = {
            "row": pa.array(found.rows),
            "side": pa.array(self.sides.tolist(), pa.string()),
            "id": pa.array(found.ids, pa.string()),
            "title": pa.array(found.titles, pa.string()),
            "question": pa.array([asked.question for asked in found.asked], pa.large_string()),
            "passage": pa.array([passages[asked.passage] for asked in found.asked], pa.int64()),
            "answers": pa.array(found.people, pa.list_(pa.large_string())),
            "starts": pa.array([[a.start for a in answers] for answers in found.answers], pa.list_(pa.int64())),
        }
        _write(folder / "rows.parquet", columns)
        self.save_facts(folder)

    def save_facts(self, folder: Path) -> None:
        """Write split.json (the rows of each side) and data.json."""
        write_facts(folder, self.facts, rows=self.questions.rows, sides=self.sides)

    @classmethod
    def load(cls, folder: Path) -> "QuestionCorpus":
        """Read what `save` wrote; HeadworkError where it is missing or was changed."""
        facts, path = read_json(folder / "data.json", DataFacts), folder / "rows.parquet"
        try:
            passages = parquet.read_table(folder / "passages.parquet")["passage"].to_pylist()
            rows = parquet.read_table(path).to_pydict()
            asked = [Asked(text, passages[p]) for text, p in zip(rows["question"], rows["passage"], strict=True)]
            pairs = zip(rows["answers"], rows["starts"], strict=True)
            answers = [tuple(map(Answer, texts, starts)) for texts, starts in pairs]
            found = Questions(asked, answers, rows["title"], rows["id"], np.array(rows["row"], dtype=np.int64))
            whole = _fingerprint(found, rows["side"]) == facts.fingerprint
        except (OSError, KeyError, IndexError, TypeError, ValueError, pa.ArrowException) as error:
            raise HeadworkError(f"{path}: missing or damaged ({error}); prepare the data again") from error
        if not whole:
            raise HeadworkError(f"{path}: not the questions that data.json tells of; prepare the data again")
        return cls(facts, found, np.array(rows["side"]))


def prepare_questions(
    source: str | Path,
    *,
    dev: str | Path | None = None,
    test: str | Path | None = None,
    seed: int = 0,
    limits: Limits = DEFAULT_LIMITS,
) -> QuestionCorpus:
    """Read, clean and split a source: a file of questions, or the name of a data set.

    dev, test: files of official sides; a side without a file is cut from the training questions. HeadworkError where
    a file is of another form, does not say what people answered, or leaves too little to learn from.
    """
    official: dict[Side, str | Path | None] = {"dev": dev, "test": test}
    files: dict[Side, Path] = {
        **resolve(source, ENDS).files,
        **{side: Path(path) for side, path in official.items() if path},
    }
    if "train" not in files:
        raise HeadworkError(f"{source}: holds no questions about passages; name a file that does")
    read: list[tuple[Side, Question]] = [
        (side, question) for side in SIDES if side in files for question in read_questions(files[side], limits)
    ]
    for side, question in read:
        if question.answers is None:
            raise HeadworkError(
                f"{files[side]}, {question.where}: no answers; a model learns from them, and an empty list says that "
                "the passage holds none"
            )
    kept, account = _cleaned(read)
    if len(kept) < FEWEST_QUESTIONS:
        told = ", ".join(f"{count:,} {reason}" for reason, count in account.dropped.items())
        raise HeadworkError(
            f"{source}: {len(kept)} usable questions{f' (dropped: {told})' if told else ''}; at least "
            f"{FEWEST_QUESTIONS} are needed"
        )
    sides, split_by = _sides(kept, files, seed, str(source))
    questions = Questions(
        [Asked(found.question, found.passage) for _, _, found in kept],
        [found.answers or () for _, _, found in kept],
        [found.title for _, _, found in kept],
        [found.id for _, _, found in kept],
        np.array([row for row, _, _ in kept], dtype=np.int64),
    )
    facts = DataFacts(
        source=str(source),
        fingerprint=_fingerprint(questions, sides),
        text_column="",
        label_column="",
        rows=len(read),
        classes=[],
        split=Split(**{side: sides.count(side) for side in SIDES}),
        dropped=dict(account.dropped),
        split_by=split_by,
        notes=list(_notes(questions, account)),
        unit="questions",
    )
    return QuestionCorpus(facts, questions, np.array(sides))


def known_questions() -> list[str]:
    """The data sets of questions below HEADWORK_DATA."""
    return [found.name for found in sets_of((".json", ".json.gz"))]


Kept = tuple[int, Side, Question]
"""row, side of its file, and the question"""


@dataclass
class _Account:
    """What became of the questions and answers that were read."""

    dropped: Counter[str]
    moved: int = 0
    """answers that stood elsewhere than their file says"""
    lost: int = 0
    """answers that stand nowhere, of questions that have others"""


def _cleaned(read: Sequence[tuple[Side, Question]]) -> tuple[list[Kept], _Account]:
    account, kept = _Account(Counter()), []
    latest: dict[str, int] = {}
    folded = {passage: normalised(passage) for passage in {question.passage for _, question in read}}
    for side, question in read:
        latest[folded[question.passage]] = SIDES.index(side)  # they come side by side, so that the last one stays
    seen: set[Hashable] = set()
    for row, (side, question) in enumerate(read):
        passage, asked = folded[question.passage], normalised(question.question)
        if not passage or not asked:
            account.dropped["empty passage" if asked else "empty question"] += 1
        elif latest[passage] > SIDES.index(side):
            account.dropped["passage of a later split"] += 1
        elif (key := (side, passage, asked, frozenset(question.answers or ()))) in seen:
            account.dropped["duplicate"] += 1
        else:
            answers = _standing(question)
            if question.answers and not answers:
                account.dropped["answer not in its passage"] += 1
                continue
            account.lost += len(question.answers or ()) - len(answers)
            account.moved += sum(answer not in (question.answers or ()) for answer in answers)
            seen.add(key)
            kept.append((row, side, question._replace(answers=answers)))
    return kept, account


def _standing(question: Question) -> tuple[Answer, ...]:
    """The answers where they stand in the passage."""
    answers = question.answers or ()
    places = [nearest(question.passage, answer) for answer in answers]
    return tuple(answer._replace(start=at) for answer, at in zip(answers, places, strict=True) if at is not None)


def nearest(passage: str, answer: Answer) -> int | None:
    """Where the text of an answer stands, as near to its place as it does; None where it stands nowhere."""
    if answer.start >= 0 and passage.startswith(answer.text, answer.start):
        return answer.start
    places = [found.start() for found in re.finditer(f"(?={re.escape(answer.text)})", passage)]
    return min(places, key=lambda place: abs(place - answer.start), default=None)


def _sides(kept: Sequence[Kept], files: Mapping[Side, Path], seed: int, source: str) -> tuple[list[Side], str]:
    """The side of each question, and how it was chosen."""
    sides: list[Side] = [side for _, side, _ in kept]
    shares: dict[Side, float] = {side: SHARES[side] for side in SIDES if side not in files}
    if not shares:
        return sides, "files"
    shares["train"] = 1 - sum(shares.values())
    training = [place for place, side in enumerate(sides) if side == "train"]
    passages = [normalised(kept[place][2].passage) for place in training]
    titles = [kept[place][2].title or passage for place, passage in zip(training, passages, strict=True)]
    by_article = len(set(titles)) >= FEWEST_ARTICLES
    groups = linked(passages, titles) if by_article else passages
    if len(set(groups)) < len(shares):
        raise HeadworkError(
            f"{source}: {len(set(groups))} passages, and questions about one stay together; give the sides as files "
            "with --dev and --test"
        )
    chosen = split([0] * len(training), seed=seed, groups=groups, shares=shares)
    for place, side in zip(training, chosen, strict=True):
        sides[place] = side
    cut = f"{' and '.join(side for side in ('dev', 'test') if side in shares)} cut from train"
    return sides, f"{cut}, by {'article' if by_article else 'passage'}"


def _notes(questions: Questions, account: _Account) -> Iterator[str]:
    lengths = [len(passage) for passage in {asked.passage for asked in questions.asked}]
    articles = len({title for title in questions.titles if title})
    named = f" of {articles:,} articles" if articles else ""
    mean, most = round(np.mean(lengths)), max(lengths)
    yield f"{len(lengths):,} passages{named}, {mean:,} characters on average, {most:,} at most"
    if silent := int(questions.unanswerable.sum()):
        yield f"{silent:,} questions have no answer in their passage"
    if account.moved:
        yield f"{account.moved:,} answers stood elsewhere in their passage than the file says, and were moved there"
    if account.lost:
        yield f"{account.lost:,} answers stand nowhere in their passage and were left out; their questions have others"


def _fingerprint(questions: Questions, sides: Sequence[str]) -> str:
    texts, passages = zip(*questions.asked, strict=True)
    answers = [repr([tuple(answer) for answer in found]) for found in questions.answers]
    return fingerprint(texts, passages, answers, list(sides))


def _write(path: Path, columns: dict[str, pa.Array]) -> None:
    table = pa.table(columns)
    write_atomically(path, lambda place: parquet.write_table(table, place, compression="zstd"))
