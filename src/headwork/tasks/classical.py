"""A classical model (`headwork.models.linear`) as a classifier of texts. Needs no torch."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from headwork.base.arrays import load_arrays, save_arrays
from headwork.base.files import write_atomically
from headwork.base.recipes import Recipe
from headwork.base.results import Cut
from headwork.models import config_of, kind_of
from headwork.tasks.classify import Classifier, Seen, Span, StoredClassifier


class ClassicalClassifier(Classifier):
    """A model that is fitted in one call and reads whole texts."""

    def __init__(self, recipe: Recipe, classes: Sequence[str]):
        super().__init__(recipe, classes)
        model, _ = kind_of(recipe).load()
        self.model = model(config_of(recipe))

    @classmethod
    def restore(cls, stored: StoredClassifier, folder: Path) -> "ClassicalClassifier":
        classifier = cls(stored.recipe, stored.classes)
        classifier.model = type(classifier.model).restore(stored.settings, load_arrays(folder / "model.safetensors"))
        return classifier

    def fit(self, texts: Sequence[str], labels: np.ndarray, *, seed: int) -> None:
        self.model.fit(texts, labels, classes=len(self.classes), seed=seed)

    def logits(self, texts: Sequence[str]) -> np.ndarray:
        return self.model.logits(texts)

    def cut(self, texts: Sequence[str]) -> Cut:
        return Cut(rows=0, tokens=0, of_tokens=sum(len(text.split()) for text in texts))

    def look(self, texts: Sequence[str]) -> list[Seen] | None:
        if not hasattr(self.model, "word_weights"):
            return None
        answers = self.logits(texts).argmax(axis=1)
        return [
            Seen(
                [
                    Span(start, end, max(0.0, weight))
                    for start, end, weight in self.model.word_weights(text, int(answer))
                ],
                [],
            )
            for text, answer in zip(texts, answers, strict=True)
        ]

    @property
    def parameters(self) -> int:
        return self.model.parameters

    def store(self, folder: Path) -> StoredClassifier:
        write_atomically(folder / "model.safetensors", lambda path: save_arrays(self.model.tensors(), path))
        return StoredClassifier(
            recipe=self.recipe,
            classes=self.classes,
            temperature=self.temperature,
            text_column=self.text_column,
            about_column=self.about_column,
            settings=self.model.settings(),
        )
