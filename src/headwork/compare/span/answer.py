"""Answers of a trained model to new questions: about the passage of each, or about a folder of texts."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from headwork.base.errors import HeadworkError
from headwork.base.limits import DEFAULT_LIMITS, Limits
from headwork.compare.asked import Asked as Given
from headwork.compare.asked import lines_of
from headwork.data.documents import Passage, passages_of
from headwork.data.questions import Asked
from headwork.data.squad import read_questions
from headwork.models.retrieval import Index, Search
from headwork.tasks.classify import in_blocks
from headwork.tasks.span import Answerer, Found

BLOCK = 64
"""questions answered together: a reader of the output waits for no more"""


class Named(NamedTuple):
    """A question as it was asked, with the id that its file gives it."""

    asked: Asked
    id: str | None = None


def questions_asked(answerer: Answerer, given: Given) -> list[Named]:
    """Of --text and --text-b, of a file, or of lines with a tab between question and passage."""
    if given.image is not None or any(given.columns):
        raise HeadworkError("--image, --column, --column-b: mean nothing for questions about passages; leave them out")
    question, passage = given.texts
    if question is not None or passage is not None:
        if not (question or "").strip() or not (passage or "").strip():
            raise HeadworkError("--text, --text-b: give the question with --text and the passage with --text-b")
        return [Named(Asked(question or "", passage or ""))]
    if given.file is not None:
        return _of_file(Path(given.file), given.limits)
    lines = [line.split("\t") for line in lines_of(given.stream)]
    for number, texts in enumerate(lines, 1):
        if len(texts) != 2 or not all(text.strip() for text in texts):
            raise HeadworkError(f"standard input, line {number}: expected a question, one tab, and its passage")
    return [Named(Asked(*texts)) for texts in lines]


def _of_file(path: Path, limits: Limits) -> list[Named]:
    found = read_questions(path, limits)
    for each in found:
        if not each.question.strip() or not each.passage.strip():
            what = "passage" if each.question.strip() else "question"
            raise HeadworkError(f"{path}, {each.where}: the {what} is empty")
    return [Named(Asked(each.question, each.passage), each.id) for each in found]


def answers(answerer: Answerer, named: Sequence[Named]) -> Iterator[dict[str, Any]]:
    """{"question", "answer", "start", "end", "score"} for each; the answer is null where it is withheld."""
    for block in in_blocks(named, BLOCK):
        for (asked, name), found in zip(block, answerer.find([each.asked for each in block]), strict=True):
            answer: dict[str, Any] = {"id": name} if name is not None else {}
            answer["question"] = asked.question
            if answerer.withheld(found):
                answer |= {"answer": None, "start": None, "end": None}
            else:
                answer |= {"answer": asked.passage[found.start : found.end], "start": found.start, "end": found.end}
            yield answer | {"score": found.score if found.end > found.start else None}


class Hit(NamedTuple):
    """An answer out of a folder; start and end count the characters of its file."""

    answer: str
    score: float
    file: str
    start: int
    end: int
    before: str
    behind: str
    """what stands around it"""


class Library:
    """A folder of texts to be asked, its passages indexed once."""

    def __init__(self, folder: Path, *, by: Search = "bm25", limits: Limits = DEFAULT_LIMITS):
        self.passages = passages_of(folder, limits)
        self.index = Index([passage.text for passage in self.passages], by=by)

    def ask(
        self, answerer: Answerer, question: str, *, passages: int, count: int, threshold: float | None = None
    ) -> list[Hit]:
        """The best answers out of the `passages` most like the question, best first; none below the threshold.

        Without a threshold that of the run counts. A passage gives one answer at most.
        """
        if not question.strip():
            raise HeadworkError("--question: it is empty")
        chosen = [self.passages[place] for place in self.index.best(question, passages)]
        found = answerer.find([Asked(question, passage.text) for passage in chosen])
        least = answerer.threshold if threshold is None else threshold
        hits = [_hit(*pair) for pair in zip(chosen, found, strict=True) if not answerer.withheld(pair[1], least)]
        return sorted(hits, key=lambda hit: -hit.score)[:count]


AROUND = 80
"""characters shown before and behind an answer"""


def _hit(passage: Passage, span: Found) -> Hit:
    text = passage.text
    return Hit(
        answer=text[span.start : span.end],
        score=span.score,
        file=passage.file,
        start=passage.start + span.start,
        end=passage.start + span.end,
        before=text[max(0, span.start - AROUND) : span.start],
        behind=text[span.end : span.end + AROUND],
    )
