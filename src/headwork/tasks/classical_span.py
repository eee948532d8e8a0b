"""A baseline of `headwork.models.span_overlap` as one that answers from passages. Needs no torch."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from headwork.base.recipes import Recipe
from headwork.base.span import Reading
from headwork.data.questions import Asked
from headwork.data.sentences import sentence_starts
from headwork.data.squad import Answer
from headwork.models import config_of, kind_of
from headwork.tasks.span import NOWHERE, Answerer, Found, StoredAnswerer


class ClassicalAnswerer(Answerer):
    """A model that is fitted in one call and reads whole passages."""

    def __init__(self, recipe: Recipe):
        super().__init__(recipe)
        model, _ = kind_of(recipe).load()
        self.model = model(config_of(recipe))

    @classmethod
    def restore(cls, stored: StoredAnswerer) -> "ClassicalAnswerer":
        answerer = cls(stored.recipe)
        answerer.model = type(answerer.model).restore(stored.settings)
        return answerer

    def fit(self, items: Sequence[Asked], labels: Sequence[tuple[Answer, ...]], *, seed: int) -> None:
        self.model.fit([answer.text for answers in labels for answer in answers])

    def find(self, asked: Sequence[Asked]) -> list[Found]:
        answers = [self.model.answer(one.question, one.passage, sentence_starts(one.passage)) for one in asked]
        return [Found(*answer) if answer else NOWHERE for answer in answers]

    def reading(self, asked: Sequence[Asked]) -> Reading:
        return Reading(windows=len(asked))

    @property
    def parameters(self) -> int:
        return self.model.parameters

    def store(self, folder: Path) -> dict[str, Any]:
        return self.model.settings()
